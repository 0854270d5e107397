const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** If-None-Match: whether the client has this representation already (RFC 9110, section 13.1.2: weak comparison). */
export function isNoneMatch(field: string | undefined, etag: string | undefined): boolean {
  if (field === undefined) return false;
  return (
    field.trim() === '*' || (etag !== undefined && tagsOf(field).map(withoutWeakness).includes(withoutWeakness(etag)))
  );
}

/** If-Match: whether the condition fails (section 13.1.1: strong comparison, so a weak tag never matches). */
export function isMatchFailed(field: string | undefined, etag: string | undefined): boolean {
  if (field === undefined || field.trim() === '*') return false;
  return etag === undefined || !tagsOf(field).includes(etag);
}

/** If-Range: whether a Range still counts (section 13.1.5: strong comparison; we have no dates to compare). */
export function isRangeCurrent(field: string | undefined, etag: string | undefined): boolean {
  return field === undefined || (etag !== undefined && field.trim() === etag);
}

function tagsOf(field: string): string[] {
  return [...field.matchAll(ENTITY_TAG)].map(([tag]) => tag);
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
