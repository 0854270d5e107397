import { parseJson } from '../../http/body.ts';
import type { HttpBytes } from '../../http/client.ts';
import type { HttpRequest } from '../../http/exchange.ts';
import { onBase, parseNextLink } from '../../http/link-header.ts';
import { RegistryError } from '../../model/errors.ts';
import { validateCatalog, validateTags } from './wire.ts';

/** distribution refuses more than 1,000, Gitea gives 100 at most. */
const PAGE_SIZE = 1_000;
const MAX_PAGES = 5_000;
export const MAX_LIST_BYTES = 16 * 1024 * 1024;

export interface NamesRequest {
  fetchBytes: (scope: string, request: HttpRequest, maxBytes: number) => Promise<HttpBytes>;
  path: string;
  scope: string;
  signal: AbortSignal;
  read: (bytes: Buffer, subject: string) => string[];
  base: URL;
}

/**
 * All names of a catalog or a tag list. Registries differ in how they end: no link, a link to an empty page (Gitea
 * links from every page), no links at all (crane cuts silently; then the last name is asked after). A page that brings
 * nothing new ends it in any case.
 */
export async function fetchNames(request: NamesRequest): Promise<string[]> {
  const { base, path, scope, signal } = request;
  const names = new Set<string>();
  let url: URL | undefined = new URL(`${path}?n=${PAGE_SIZE}`, base);
  for (let page = 1; url !== undefined; page += 1) {
    if (page > MAX_PAGES) throw new RegistryError('bad_answer', `${path} has no last page; list [oci] repositories.`);
    const answer = await request.fetchBytes(scope, { url, signal }, MAX_LIST_BYTES);
    const found = request.read(answer.bytes, path);
    const before = names.size;
    for (const each of found) names.add(each);
    const next = parseNextLink(answer.headers['link']);
    const last = found.at(-1);
    if (names.size === before || last === undefined) url = undefined;
    else if (next !== undefined) url = onBase(base, next);
    else if (found.length < PAGE_SIZE) url = undefined;
    else url = new URL(`${path}?n=${PAGE_SIZE}&last=${encodeURIComponent(last)}`, base);
  }
  return [...names];
}

export function readCatalog(bytes: Buffer, subject: string): string[] {
  return parseJson(bytes, validateCatalog, subject).repositories ?? [];
}

export function readTags(bytes: Buffer, subject: string): string[] {
  return parseJson(bytes, validateTags, subject).tags ?? [];
}
