import type { Config } from './config/config.ts';
import type { Network } from './http/network.ts';
import type { RetryPolicy } from './http/retry.ts';
import { RegistryError } from './model/errors.ts';
import { isObjectPlace, parseObjectPlace } from './model/object-store.ts';
import { CACHE_CONTROL } from './site/cache-control.ts';
import { BLOBS, fileOf, mediaTypeOf, OUTSIDE_GENERATIONS, POINTER_FILE } from './site/layout.ts';
import type { FileFields } from './storage/bucket-files.ts';
import { createBucketStorage } from './storage/bucket-storage.ts';
import { createFolderStorage } from './storage/folder.ts';
import { v1Within } from './storage/open-reader.ts';
import type { SiteStorage } from './storage/storage.ts';
import { withTwins } from './storage/with-twins.ts';

export interface OpenStorageOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number;
  /** A name that no other writer uses. */
  temporaryName: () => string;
  network?: Network;
  retry?: RetryPolicy;
}

/** Where the indexer publishes. @throws RegistryError `config` for a place that can only be read */
export function openSiteStorage(
  { site, publish, s3 }: Pick<Config, 'site' | 'publish' | 's3'>,
  options: OpenStorageOptions,
): SiteStorage {
  const place = v1Within(publish?.to ?? site.path);
  if (isObjectPlace(place) && s3 !== undefined) {
    const { compress = false, twins = false } = publish ?? {};
    const bucket = { place: parseObjectPlace(place), connection: s3, compress, fieldsOf };
    const storage = createBucketStorage({ ...options, ...bucket });
    return twins ? withTwins(storage) : storage;
  }
  if (/^https?:/i.test(place)) {
    const message = '[site] path is a URL, which can only be read; set [publish] to where the indexer publishes.';
    throw new RegistryError('config', message);
  }
  return createFolderStorage({ ...options, root: place });
}

/** A document's path is the name of its file's twin. */
const NEWEST: ReadonlySet<string> = new Set([
  POINTER_FILE,
  ...[...OUTSIDE_GENERATIONS].flatMap((path) => [path, fileOf(path)]),
]);

/** What readers are told of a file of the site, as the proxy tells it. */
export function fieldsOf(file: string): FileFields {
  return {
    contentType: `${mediaTypeOf(file)}; charset=utf-8`,
    cacheControl: CACHE_CONTROL[classOf(file)],
    // Whoever asks for the pointer alone need not know how to decompress.
    compressible: file !== POINTER_FILE,
  };
}

function classOf(file: string): keyof typeof CACHE_CONTROL {
  if (file.startsWith('.')) return 'never';
  if (file.startsWith(`${BLOBS}/`)) return 'forever';
  return NEWEST.has(file) ? 'pointer' : 'document';
}
