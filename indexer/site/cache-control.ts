/** How long each class of document may be kept by others (security-and-operations, section 4.2). */
export const CACHE_CONTROL = {
  /** Named by its own bytes. */
  forever: 'public, max-age=31536000, immutable',
  /** Which generation is current, and what changes with every crawl: it proves freshness, so it is never served stale. */
  pointer: 'public, max-age=10, must-revalidate',
  document: 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400',
  notFound: 'public, max-age=10',
  never: 'no-store',
} as const;
