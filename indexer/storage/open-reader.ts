import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFolderReader } from './folder.ts';
import type { SiteReader } from './storage.ts';
import { createUrlReader, type UrlReaderOptions } from './url.ts';

/** Opens a published site by its folder, `file:` URL or http(s) URL: each names the site's `v1`. */
export function openReader(place: string, options: Omit<UrlReaderOptions, 'url'>): SiteReader {
  const url = /^(?:https?|file):/i.test(place) ? URL.parse(place) : null;
  if (url === null) return createFolderReader({ root: resolve(place) });
  if (url.protocol === 'file:') return createFolderReader({ root: fileURLToPath(url) });
  return createUrlReader({ url, ...options });
}
