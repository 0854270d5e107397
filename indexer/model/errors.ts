/**
 * Every error that the product throws on purpose. Two tables read the code and nothing else: `exit-codes.ts` turns it
 * into an exit code, the proxy's `error-table.ts` into an HTTP status.
 */
export type ErrorCode =
  /** The command line is wrong. */
  | 'usage'
  /** The configuration is wrong. */
  | 'config'
  /** A string is not the name, version, digest or range that it should be. */
  | 'invalid_name'
  | 'invalid_type'
  | 'invalid_version'
  | 'invalid_digest'
  | 'invalid_request'
  /** The other side says that it has no such thing. */
  | 'not_found'
  /** The other side refuses our credential, or the lack of one. */
  | 'auth'
  /** The other side asks us to slow down (429), or is overloaded (503). */
  | 'rate_limit'
  /** No connection, or one that broke: DNS, refused, reset, TLS, an answer cut short. */
  | 'unreachable'
  /** A certificate that is not trusted. */
  | 'tls'
  /** No answer in time. */
  | 'timeout'
  /** An answer that we did not expect: its status, its form, its encoding. */
  | 'bad_answer'
  /** More bytes than we accept. */
  | 'too_large'
  /** A redirect that we do not follow. */
  | 'redirect'
  /** Bytes that are not those the digest names. */
  | 'digest_mismatch'
  /** A source as a whole has failed: access lost, deadline passed. */
  | 'source_failed'
  /** A file or an object could not be read or written. */
  | 'storage'
  /** A published site that is damaged or newer than we understand. */
  | 'invalid_site'
  /** Another indexer runs. */
  | 'locked'
  /** What would be published, or undone, is hardly meant. */
  | 'refused'
  /** Somebody else published meanwhile. */
  | 'conflict'
  /** Nothing is published yet. */
  | 'unavailable';

export interface RegistryErrorOptions {
  cause?: unknown;
  /** The HTTP status that the other side gave, where there was one. */
  status?: number;
  /** What the other side asked us to wait, in milliseconds. */
  retryAfterMs?: number;
}

export class RegistryError extends Error {
  readonly code: ErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  /** @param message one sentence that names the subject and the remedy; it never holds a credential. */
  constructor(code: ErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RegistryError';
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The code of an error, or undefined for one that is not ours. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof RegistryError ? error.code : undefined;
}

/** The sentence of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
