import { messageOf, RegistryError, type ErrorCode } from '../model/errors.ts';

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
/** A broken status line or chunk, or lengths that contradict each other; undici gives the first no code. */
const MALFORMED = new Set(['HTTPParserError', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);
const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)|^EPROTO$/;

/** What to do about the certificates that are refused most (OpenSSL's verification codes, and Node's own). */
const TLS_REMEDIES: readonly (readonly [codes: RegExp, fault: string, remedy: string])[] = [
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired', 'renew it there'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet', 'set the clocks right'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another host name',
    'correct the host in the configuration, or have the certificate issued for it',
  ],
  [
    /^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)/,
    'its certificate is from nobody that we trust',
    'set ca_path to the file of the CA that issued it',
  ],
];

/** What a failed request or a broken body means, as one of our errors; ours pass unchanged. */
export function networkError(error: unknown, subject: string): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = innermostCode(error);
  const fails = (as: ErrorCode, sentence: string): RegistryError =>
    new RegistryError(as, `${subject} ${sentence}.`, { cause: error });
  if (TIMEOUTS.has(code)) return fails('timeout', 'did not answer in time; see whether it is overloaded');
  if (TLS.test(code)) {
    const [, fault, remedy] = TLS_REMEDIES.find(([codes]) => codes.test(code)) ?? UNKNOWN_TLS;
    return fails('tls', `cannot be spoken to over TLS: ${fault} (${code}); ${remedy}`);
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return fails('too_large', 'answers a longer header than is read; see what is in front of it');
  }
  // What undici says of a forward proxy that refuses: before a tunnel, and instead of an answer.
  const [, refused] = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messageOf(error)) ?? [];
  if (refused !== undefined) {
    return fails('unreachable', `is not let through (HTTP ${refused}); see what that proxy allows, and to whom`);
  }
  if (MALFORMED.has(code)) return fails('bad_answer', 'answers what is no proper HTTP; see what is in front of it');
  return fails(
    'unreachable',
    `cannot be reached or broke off (${code === '' ? messageOf(error) : code}); see whether it runs`,
  );
}

const UNKNOWN_TLS = [
  /./,
  'the handshake fails',
  'correct its certificate, or scheme and host in the configuration',
] as const;

/** undici wraps the system's error, and a host with several addresses gives an AggregateError. */
function innermostCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name, code, cause, errors } = error as { name?: unknown; code?: unknown; cause?: unknown; errors?: unknown };
  if (name === 'HTTPParserError') return name;
  const inner = innermostCode(cause) || (Array.isArray(errors) ? innermostCode(errors[0]) : '');
  return inner || (typeof code === 'string' ? code : '');
}
