import type { ExtensionId } from '../model/extension.ts';
import type { Version } from '../model/version.ts';

/** Where a file below `api/v1` refers to others: from its own place, or from the address of the whole registry. */
export interface Links {
  /** A file of the hand-written part of the site, such as `index.html`. */
  page(file: string): string;
  /** A file or route below `api/v1`. */
  api(path: string): string;
}

/** Links that are right below any base path: relative to the file of this path. */
export function linksFrom(path: string): Links {
  const up = '../'.repeat(path.split('/').length - 1);
  return { page: (file) => `${up}../../${file}`, api: (to) => `${up}${to}` };
}

/** @param publicUrl without a slash at its end */
export function linksOf(publicUrl: string): Links {
  return { page: (file) => `${publicUrl}/${file}`, api: (to) => `${publicUrl}/api/v1/${to}` };
}

/** The page of an extension, or of one version of it; `/` and `@` may stand in a query (RFC 3986, section 3.4). */
export function extensionPage(id: ExtensionId, version?: Version): string {
  return `extension.html?id=${id}${version === undefined ? '' : `@${encodeURIComponent(version)}`}`;
}
