/** What a script of another origin may read beside the safelisted fields (Fetch standard, "CORS-exposed header-name"). */
const EXPOSED =
  'ETag, Link, X-Total-Count, Content-Disposition, Content-Range, Accept-Ranges, Repr-Digest, Retry-After, X-Request-Id';

/**
 * The fields that let scripts of other origins read an answer. There are no credentials, so `*` gives nothing away.
 * @param origins as configured: empty for none, `*` alone for all
 */
export function corsHeaders(origins: readonly string[], origin: string | undefined): Record<string, string> {
  if (origins.length === 0) return {};
  const shared = { 'access-control-expose-headers': EXPOSED, 'cross-origin-resource-policy': 'cross-origin' };
  if (origins.includes('*')) return { 'access-control-allow-origin': '*', ...shared };
  // Said on every answer: a cache must not give one origin what was made for another, or for none.
  const vary = { vary: 'Origin' };
  if (origin === undefined || !origins.includes(origin)) return vary;
  return { ...vary, 'access-control-allow-origin': origin, ...shared };
}

/** Whether what a browser of any origin is answered is what everybody is. */
export function isSameForAll(origins: readonly string[]): boolean {
  return origins.length === 0 || origins.includes('*');
}

/** What a preflight request is told (Fetch standard, "CORS-preflight fetch"). */
export const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'Accept, If-Match, If-None-Match, If-Range, Range',
  'access-control-max-age': '86400',
} as const;
