import { parseJson } from '../../http/body.ts';
import type { HttpBytes } from '../../http/client.ts';
import type { HttpRequest } from '../../http/exchange.ts';
import { onBase, parseNextLink } from '../../http/link-header.ts';
import { codeOf, RegistryError } from '../../model/errors.ts';
import { validateCatalog, validateTags } from './wire.ts';

/** distribution refuses more than 1,000, Gitea gives 100 at most. */
const PAGE_SIZE = 1_000;
const MAX_PAGES = 2_000;
/** A page's, and a whole list's: half a million names. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_NAMES_BYTES = 32 * 1024 * 1024;

export interface NamesRequest {
  fetchBytes: (scope: string, request: HttpRequest, maxBytes: number) => Promise<HttpBytes>;
  /** The source's name, the subject of messages. */
  source: string;
  path: string;
  scope: string;
  signal: AbortSignal;
  read: (bytes: Buffer, subject: string) => string[];
  base: URL;
}

export interface Names {
  names: string[];
  /** The server stopped in the middle and does not say how to go on. */
  cut: boolean;
}

/**
 * All names of a catalog or a tag list. Registries differ in how they end: no link, a link to an empty page (Gitea
 * links from every page), no links at all (crane cuts silently; then what follows the last name is asked for).
 */
export async function fetchNames(request: NamesRequest): Promise<Names> {
  const { base, path } = request;
  const names = new Set<string>();
  const asked = new Set<string>();
  let url: URL | undefined = new URL(`${path}?n=${PAGE_SIZE}`, base);
  let linked = true;
  let sizeBytes = 0;
  while (url !== undefined && !asked.has(url.href)) {
    if (asked.size === MAX_PAGES) throw brokenList(request, 'has no last page');
    asked.add(url.href);
    const answer = await fetchPage(request, url, asked.size === 1);
    sizeBytes += answer.bytes.length;
    if (sizeBytes > MAX_NAMES_BYTES) throw brokenList(request, `has more than ${MAX_NAMES_BYTES} bytes of names`);
    const found = request.read(answer.bytes, `${request.source}: /${path}`);
    const before = names.size;
    for (const each of found) names.add(each);
    const next = parseNextLink(answer.headers['link']);
    // A page that was asked for by the last name and only repeats: the server knows no pages.
    if (names.size === before && !linked && found.length > 0) return { names: [...names], cut: true };
    linked = next !== undefined;
    url = next === undefined ? pageAfter(request, found) : onBase(url, next);
  }
  return { names: [...names], cut: false };
}

/** Where there is no link, only a full page leaves something to ask for. */
function pageAfter({ path, base }: NamesRequest, found: readonly string[]): URL | undefined {
  const last = found.length < PAGE_SIZE ? undefined : found.at(-1);
  return last === undefined ? undefined : new URL(`${path}?n=${PAGE_SIZE}&last=${encodeURIComponent(last)}`, base);
}

async function fetchPage(request: NamesRequest, url: URL, isFirst: boolean): Promise<HttpBytes> {
  const { fetchBytes, scope, signal, path, base } = request;
  try {
    return await fetchBytes(scope, { url, signal }, MAX_LIST_BYTES);
  } catch (error) {
    // A registry that allows fewer a page says so with 400 (distribution) or 405 (ECR); without `n` it chooses itself.
    if (isFirst && error instanceof RegistryError && [400, 405].includes(error.status ?? 0)) {
      return fetchBytes(scope, { url: new URL(path, base), signal }, MAX_LIST_BYTES);
    }
    // zot answers 404 when the name that a page begins after was deleted meanwhile, which is not the end of the list.
    if (!isFirst && codeOf(error) === 'not_found') throw brokenList(request, 'changed while it was read');
    throw error;
  }
}

function brokenList({ source, path }: NamesRequest, what: string): RegistryError {
  return new RegistryError('bad_answer', `${source}: /${path} ${what}; see that the registry pages its lists.`);
}

export function readCatalog(bytes: Buffer, subject: string): string[] {
  return parseJson(bytes, validateCatalog, subject).repositories ?? [];
}

export function readTags(bytes: Buffer, subject: string): string[] {
  return parseJson(bytes, validateTags, subject).tags ?? [];
}
