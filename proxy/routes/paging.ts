import { ApiError } from '../error-table.ts';

export interface Paging {
  /** Undefined for everything. */
  limit?: number;
  offset: number;
}

const MAX_LIMIT = 1_000;
const MAX_OFFSET = 10_000_000;

/** @throws ApiError `invalid_request` */
export function parsePaging(query: unknown): Paging {
  const limit = parseWhole(query, 'limit', { from: 1, to: MAX_LIMIT });
  const offset = parseWhole(query, 'offset', { from: 0, to: MAX_OFFSET });
  return { ...(limit !== undefined && { limit }), offset: offset ?? 0 };
}

/** A parameter that may be given once; an empty one counts as absent. @throws ApiError `invalid_request` */
export function singleValue(query: unknown, name: string): string | undefined {
  const value = (query as Record<string, unknown>)[name];
  if (Array.isArray(value)) throw new ApiError('invalid_request', `${name} is given more than once; give it once.`);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** RFC 8288, with a target of its query alone, which is right behind whatever prefix or host the client came by. */
export function linkToNext(query: unknown, offset: number): string {
  const next = new URLSearchParams(query as Record<string, string>);
  next.set('offset', String(offset));
  return `<?${next.toString()}>; rel="next"`;
}

function parseWhole(query: unknown, name: string, { from, to }: { from: number; to: number }): number | undefined {
  const text = singleValue(query, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new ApiError('invalid_request', `${name} is not a whole number from ${from} to ${to}; correct it.`);
}
