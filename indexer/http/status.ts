import { RegistryError, type ErrorCode } from '../model/errors.ts';

const CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['auth', 'refuses the credential or wants one; see that the token is valid and not expired'],
  403: ['auth', 'is not allowed to us; configure a token, and give it the scopes that the guide names'],
  404: ['not_found', 'has no such thing, or does not show it to this token'],
  410: ['not_found', 'says that this is gone'],
  429: ['rate_limit', 'asks us to slow down; try again later, an indexer with less [indexer] concurrency'],
  500: ['bad_answer', 'failed within; see its log'],
  502: ['unreachable', 'is not reachable behind its gateway; see whether it runs'],
  503: ['rate_limit', 'is overloaded or stopped; see whether it runs'],
  504: ['timeout', 'did not answer its gateway in time; see whether it is overloaded'],
};

/** The one place where a backend's unexpected status becomes an error. */
export function statusError(status: number, subject: string, retryAfter: string | undefined): RegistryError {
  const [code, sentence] = CODES[status] ?? ['bad_answer', 'answered something unexpected; see its log'];
  const retryAfterMs = parseRetryAfterMs(retryAfter);
  return new RegistryError(code, `${subject} ${sentence} (HTTP ${status}).`, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Retry-After in seconds (RFC 9110, section 10.2.3); its date form is not worth a clock and counts as absent. */
export function parseRetryAfterMs(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,6}$/.test(field) ? Number(field) * 1_000 : undefined;
}
