import { hexOf, type Digest } from '../model/digest.ts';
import type { ExtensionId } from '../model/extension.ts';

/*
 * The site below `api/v1`. Each document of path `p` is the file `p/index.json`, so that a path can be a document and
 * have children on every file system and host; each is also a file named by its own bytes. What browsers, feed readers
 * and shields.io read lies in folders of its own, where a document's path is its file (decision 0018).
 *
 *   index.json                                      the pointer: which generation is current
 *   by-hash/sha256/ab/<64 hex>.json                 every document of the manifest, never changed, whatever its type
 *   manifest/index.json                             path -> digest, size
 *   extensions/index.json                           the list
 *   extensions/<type>/<name>/index.json             one extension
 *   extensions/<type>/<name>/versions/index.json    its versions
 *   extensions/<type>/<name>/notes/index.json       its release notes
 *   by-type/<type>/index.json                       the list, cut
 *   by-source/<source>/index.json
 *   pages/<n>/index.json                            from 1, 100 items each
 *   search/index.json                               what search is built from: the slim list, or the head of its shards
 *   search/postings/<n>/index.json                  above 10,000 extensions: who has which words
 *   search/records/<n>/index.json                   and what is shown of each
 *   memory/index.json                               what the next crawl must know
 *   status/index.json, crawl/index.json             the newest crawl; not part of a generation
 *   crawl/looks/index.json                          when what was last read; not part of a generation
 *   generations/index.json                          the generations that can be gone back to; not part of one
 *   feeds/index.xml, feeds/by-type/<type>.xml       new versions (Atom)
 *   badges/<type>/<name>.json                       for shields.io, where `[site] badges` is on
 *   html/index.html                                 the list for readers without JavaScript
 *   html/by-type/<type>/<letter>.html, …-2.html     cut by the first letter of the names
 *   sitemap/index.xml, sitemap/<n>.xml              for search engines, where `[site] public_url` is set
 */

/** Extensions up to which search is one list: 260 KB on the way, and a second's work for a slow phone; above, shards. */
export const MAX_LISTED = 10_000;
/** Items on one of `pages/<n>`. */
export const PAGE_SIZE = 100;

export const POINTER_FILE = 'index.json';
export const MANIFEST = 'manifest';
export const LIST = 'extensions';
export const SEARCH = 'search';
export const MEMORY = 'memory';
export const STATUS = 'status';
export const CRAWL = 'crawl';
export const LOOKS = 'crawl/looks';
export const GENERATIONS = 'generations';
/** Documents that tell of the site as it is now, and belong to no generation: only their friendly files are there. */
export const OUTSIDE_GENERATIONS: ReadonlySet<string> = new Set([STATUS, CRAWL, LOOKS, GENERATIONS]);
/** The folders in which a document's path is the name of its file -> what is in them. */
const FILE_FOLDERS: ReadonlyMap<string, string> = new Map([
  ['feeds', 'application/atom+xml'],
  ['badges', 'application/json'],
  ['html', 'text/html'],
  ['sitemap', 'application/xml'],
]);
/** The folders that hold the friendly files of every document of a generation but the manifest. */
export const DOCUMENT_FOLDERS: readonly string[] = [
  LIST,
  'by-type',
  'by-source',
  'pages',
  SEARCH,
  MEMORY,
  ...FILE_FOLDERS.keys(),
];
/** The folder of the folders of files that are named by their bytes. */
export const BLOBS = 'by-hash/sha256';

/** The friendly file of a document's path. */
export function fileOf(path: string): string {
  return isFilePath(path) ? path : `${path}/index.json`;
}

/** Whether a path is its document's file: no extension's name decides that, only the folder. */
export function isFilePath(path: string): boolean {
  return FILE_FOLDERS.has(topOf(path));
}

/** The media type of a friendly file, which every host tells by its ending. */
export function mediaTypeOf(path: string): string {
  return FILE_FOLDERS.get(topOf(path)) ?? 'application/json';
}

function topOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('/')));
}

/** The file of a document by its bytes. */
export function blobOf(digest: Digest): string {
  const hex = hexOf(digest);
  return `${BLOBS}/${hex.slice(0, 2)}/${hex}.json`;
}

export function extensionPath(id: ExtensionId): string {
  return `${LIST}/${id}`;
}

export function versionsPath(id: ExtensionId): string {
  return `${LIST}/${id}/versions`;
}

export function notesPath(id: ExtensionId): string {
  return `${LIST}/${id}/notes`;
}

export function typePath(type: string): string {
  return `by-type/${type}`;
}

export function sourcePath(source: string): string {
  return `by-source/${source}`;
}

/** @param number from 0 */
export function postingsPath(number: number): string {
  return `${SEARCH}/postings/${number}`;
}

/** @param number from 0 */
export function recordsPath(number: number): string {
  return `${SEARCH}/records/${number}`;
}

/** @param number from 1 */
export function pagePath(number: number): string {
  return `pages/${number}`;
}

export const SITE_FEED = 'feeds/index.xml';

export function typeFeedPath(type: string): string {
  return `feeds/by-type/${type}.xml`;
}

export function badgePath(id: ExtensionId): string {
  return `badges/${id}.json`;
}

export const HTML_INDEX = 'html/index.html';

/** @param letter the first of the names @param number from 1 */
export function htmlPath(type: string, letter: string, number: number): string {
  return `html/by-type/${type}/${number === 1 ? letter : `${letter}-${number}`}.html`;
}

export const SITEMAP_INDEX = 'sitemap/index.xml';

/** @param number from 1 */
export function sitemapPath(number: number): string {
  return `sitemap/${number}.xml`;
}
