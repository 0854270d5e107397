import { loadFile } from './load.ts';

/*
 * The documents of the site, as this page reads them: relative to where the page itself is, so that it works below any
 * path of any host.
 */

/** Where `api/v1/` is. */
export const API = new URL('api/v1/', document.baseURI);
/** Where a document's path is its file. */
export const FEEDS = 'feeds/';

/** @param path a document's. @throws LoadError */
export function loadDocument<T>(path: string): Promise<T> {
  return loadFile<T>(path === '' ? 'index.json' : `${path}/index.json`, API);
}

/** The address of a document's file, relative to the page. */
export function addressOf(path: string): string {
  if (path.startsWith(FEEDS)) return `api/v1/${path}`;
  return path === '' ? 'api/v1/index.json' : `api/v1/${path}/index.json`;
}
