import { RegistryError, messageOf } from '../model/errors.ts';

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)|^EPROTO$/;

/** What a failed request or a broken body means, as one of our errors; ours pass unchanged. */
export function networkError(error: unknown, subject: string): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = innermostCode(error);
  if (TIMEOUTS.has(code)) {
    return new RegistryError('timeout', `${subject} did not answer in time; see whether it is overloaded.`, {
      cause: error,
    });
  }
  if (TLS.test(code)) {
    return new RegistryError(
      'tls',
      `${subject} cannot be spoken to over TLS (${code}); correct its certificate, or scheme and host in the configuration.`,
      { cause: error },
    );
  }
  return new RegistryError(
    'unreachable',
    `${subject} cannot be reached or broke off (${code === '' ? messageOf(error) : code}); see whether it runs.`,
    { cause: error },
  );
}

/** undici wraps the system's error, and a host with several addresses gives an AggregateError. */
function innermostCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  const inner = innermostCode(cause) || (Array.isArray(errors) ? innermostCode(errors[0]) : '');
  return inner || (typeof code === 'string' ? code : '');
}
