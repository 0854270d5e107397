import type { FastifyRequest } from 'fastify';
import { ApiError } from './error-table.ts';

/** OPTIONS has a route of its own, for preflight requests. */
const SERVED: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Longer than any URL that we have a meaning for: three names, a version, an asset's name and a query. */
const MAX_URL_LENGTH = 4_096;
const CLOSE = { connection: 'close' } as const;

/**
 * What every request must be before it is looked at: of a method that reads, for a host (RFC 9112, section 3.2), and
 * without a body. A body that nobody reads would be taken for the next request, so its connection is closed.
 * @throws ApiError `method_not_allowed`, `invalid_request`
 */
export function checkRequest({ method, headers, raw }: Pick<FastifyRequest, 'method' | 'headers' | 'raw'>): void {
  const length = headers['content-length'];
  const hasBody = headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
  if (!SERVED.has(method)) throw methodNotAllowed(method, hasBody ? CLOSE : {});
  if (hasBody) {
    throw new ApiError('invalid_request', `A ${method} request takes no body; send it without one.`, {
      headers: CLOSE,
    });
  }
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    throw new ApiError('invalid_request', 'The request names no host; send the field Host.', { headers: CLOSE });
  }
  if ((raw.url ?? '').length > MAX_URL_LENGTH) {
    throw new ApiError('invalid_request', `The URL is longer than ${MAX_URL_LENGTH} characters; shorten it.`, {
      status: 414,
    });
  }
}

export function methodNotAllowed(method: string, headers: Readonly<Record<string, string>> = {}): ApiError {
  return new ApiError('method_not_allowed', `${method} is not served here; the registry is read with GET and HEAD.`, {
    headers: { allow: 'GET, HEAD', ...headers },
  });
}
