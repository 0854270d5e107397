import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RegistryError } from '../model/errors.ts';
import { isObjectPlace, parseObjectPlace, type StoreConnection } from '../model/object-store.ts';
import { createBucketReader } from './bucket-storage.ts';
import { createFolderReader } from './folder.ts';
import type { SiteReader } from './storage.ts';
import { createUrlReader, type UrlReaderOptions } from './url.ts';

export interface OpenReaderOptions extends Omit<UrlReaderOptions, 'url'> {
  /** How `s3://` places are reached; without it there are none. */
  s3?: StoreConnection | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Opens a published site by its folder, or its `file:`, http(s) or `s3:` URL: each names the site's `v1`. */
export function openReader(place: string, options: OpenReaderOptions): SiteReader {
  if (isObjectPlace(place)) return openBucket(place, options);
  const url = /^(?:https?|file):/i.test(place) ? URL.parse(place) : null;
  if (url === null) return createFolderReader({ root: resolve(place) });
  if (url.protocol === 'file:') return createFolderReader({ root: fileURLToPath(url) });
  return createUrlReader({ ...options, url });
}

/** The place of the `v1` below that of a whole site. */
export function v1Within(site: string): string {
  return /^(?:https?|s3):/i.test(site) ? `${site.replace(/\/+$/, '')}/api/v1` : join(site, 'api', 'v1');
}

function openBucket(place: string, { s3, now, ...options }: OpenReaderOptions): SiteReader {
  if (s3 === undefined || now === undefined) {
    throw new RegistryError('config', 'An s3:// place can be read only by what has a configuration with [s3].');
  }
  return createBucketReader({ ...options, place: parseObjectPlace(place), connection: s3, now });
}
