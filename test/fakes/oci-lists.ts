import { FLAVOURS, ociJson, refuseOci, type OciFlavour } from './oci-flavours.ts';
import type { StoredRepository } from './oci-store.ts';
import type { LoggedRequest, Reply } from './replies.ts';

interface Asked {
  readonly flavour: OciFlavour;
  readonly request: LoggedRequest;
}

interface Page {
  readonly items: readonly string[] | null;
  /** The Link's query; undefined: no Link. */
  readonly next?: string;
}

/** Each flavour's reading of `n` and `last`; a string is an error's status. */
type Pager = (all: readonly string[], query: URLSearchParams) => Page | { readonly refused: number };

const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
const byFoldedLast = (one: string, last: string) => byBytes(one, last.toLowerCase());
/** distribution walks folders, so `a/b` comes before `a-b`. */
const byFolders = (one: string, other: string) => byBytes(one.replaceAll('/', '\0'), other.replaceAll('/', '\0'));

const CATALOG_PAGERS: Readonly<Record<OciFlavour, Pager>> = {
  distribution(all, query) {
    const n = numberIn(query, 100);
    if (n === undefined || n < 0 || n > 1000) return { refused: 400 };
    const rest = after(all.toSorted(byFolders), query, byFolders);
    return cut(rest, n, n > 0 && rest.length > n);
  },
  gitea(all, query) {
    const asked = numberIn(query, 100) ?? 100;
    const n = asked <= 0 || asked > 100 ? 100 : asked;
    const rest = after(all.toSorted(byBytes), query, byFoldedLast);
    return cut(rest, n, rest.length >= n);
  },
  zot(all, query) {
    const n = numberIn(query, -1);
    if (n === undefined) return { refused: 400 };
    const sorted = all.toSorted(byBytes);
    const last = query.get('last') ?? '';
    // The rest is lost without a word when `last` is not there any more.
    if (last !== '' && !sorted.includes(last)) return { items: [] };
    const rest = last === '' ? sorted : sorted.slice(sorted.indexOf(last) + 1);
    return n < 0 ? { items: rest } : cutRaw(rest, n, n > 0 && rest.length > n);
  },
  crane(all, query) {
    return { items: all.slice(0, numberIn(query, 10_000) ?? 0) };
  },
};

const TAG_PAGERS: Readonly<Record<OciFlavour, Pager>> = {
  distribution(all, query) {
    const asked = numberIn(query, -1);
    if (asked === undefined || (query.has('n') && asked < 0)) return { refused: 400 };
    if (asked === 0) return { items: [] };
    const rest = after(all.toSorted(byBytes), query, byBytes);
    const n = asked === -1 ? rest.length : Math.min(asked, 1000);
    const page = cut(rest, n, asked !== -1 && rest.length >= n);
    return rest.length === 0 ? { items: null } : page;
  },
  gitea(all, query) {
    const asked = query.get('n')?.trim() ? (numberIn(query, 0) ?? 0) : -1;
    if (asked === 0) return { items: [] };
    const folded = [...new Set(all.map((each) => each.toLowerCase()))].toSorted(byBytes);
    const rest = after(folded, query, byFoldedLast);
    const items = asked > 0 ? rest.slice(0, asked) : rest;
    const last = items.at(-1);
    if (last === undefined) return { items };
    const next = new URLSearchParams(asked > 0 ? { last, n: String(asked) } : { last });
    return { items, next: next.toString() };
  },
  zot(all, query) {
    const n = numberIn(query, -1);
    if (n === undefined || (query.has('n') && n < 0)) return { refused: 400 };
    const sorted = all.toSorted(byBytes);
    const last = query.get('last') ?? '';
    if (last !== '' && !sorted.includes(last)) return { refused: 404 };
    const rest = sorted.slice(last === '' ? 0 : sorted.indexOf(last) + 1);
    return n < 0 ? { items: rest } : cutRaw(rest, n, n > 0 && rest.length > n);
  },
  crane(all, query) {
    if (all.length === 0) return { items: null };
    const sorted = all.toSorted(byBytes);
    const last = query.get('last') ?? '';
    // A `last` past the end is not looked at: a client that pages by `last` starts again.
    const rest = sorted.some((each) => each > last) ? sorted.filter((each) => each > last) : sorted;
    const n = numberIn(query, sorted.length);
    return n === undefined ? { refused: 400 } : { items: rest.slice(0, n) };
  },
};

/** Undefined: not a number. */
function numberIn(query: URLSearchParams, absent: number): number | undefined {
  const text = query.get('n') ?? '';
  if (text === '') return absent;
  return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
}

function after(
  sorted: readonly string[],
  query: URLSearchParams,
  compare: (one: string, other: string) => number,
): string[] {
  const last = query.get('last') ?? '';
  return sorted.filter((each) => last === '' || compare(each, last) > 0);
}

function cut(rest: readonly string[], n: number, hasNext: boolean): Page {
  const items = rest.slice(0, n);
  const last = items.at(-1);
  if (!hasNext || last === undefined) return { items };
  return { items, next: new URLSearchParams({ last, n: String(n) }).toString() };
}

/** zot escapes nothing. */
function cutRaw(rest: readonly string[], n: number, hasNext: boolean): Page {
  const { items, next } = cut(rest, n, hasNext);
  return next === undefined ? { items } : { items, next: `n=${n}&last=${items?.at(-1) ?? ''}` };
}

export type CatalogMode = 'served' | { readonly refused: 401 | 404 } | { readonly cutAt: number };

/** Which repositories the catalog has: Gitea drops an emptied one, the others keep it. */
export function listCatalog({ flavour, request }: Asked, repositories: readonly StoredRepository[]): Reply {
  const listed = repositories.filter((each) => flavour !== 'gitea' || each.manifests.size > 0);
  const page = CATALOG_PAGERS[flavour](
    listed.map((each) => each.name),
    request.query,
  );
  if ('refused' in page) return refuseOci(flavour, { status: page.refused, code: 'PAGINATION_NUMBER_INVALID' });
  return ociJson(flavour, { value: { repositories: page.items ?? [] }, headers: linkTo('/v2/_catalog', page) });
}

export function cutCatalog({ flavour }: Asked, repositories: readonly StoredRepository[], cutAt: number): Reply {
  return ociJson(flavour, { value: { repositories: repositories.map((each) => each.name).slice(0, cutAt) } });
}

export function listTags({ flavour, request }: Asked, repository: StoredRepository): Reply {
  const page = TAG_PAGERS[flavour]([...repository.tags.keys()], request.query);
  // zot's 404 for an unknown `last` has an empty body.
  if ('refused' in page && flavour === 'zot') return { status: page.refused, body: Buffer.alloc(0) };
  if ('refused' in page) return refuseOci(flavour, { status: page.refused, code: 'PAGINATION_NUMBER_INVALID' });
  return ociJson(flavour, {
    value: { name: repository.name, tags: page.items },
    headers: linkTo(`/v2/${repository.name}/tags/list`, page),
  });
}

function linkTo(path: string, { next }: Page): Record<string, string> {
  return next === undefined ? {} : { Link: `<${path}?${next}>; rel="next"` };
}

/** Gitea folds tags (and owners) to lower case in its lists, and answers to both. */
export function findTag(flavour: OciFlavour, { tags }: StoredRepository, tag: string): string | undefined {
  if (!FLAVOURS[flavour].foldsTags) return tags.get(tag);
  return [...tags].find(([each]) => each.toLowerCase() === tag.toLowerCase())?.[1];
}
