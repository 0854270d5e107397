import { RegistryError } from '../model/errors.ts';
import {
  copyFile,
  createFile,
  namesIn,
  readFile,
  swapFile,
  writeFile,
  type BucketFiles,
  type FileFields,
} from './bucket-files.ts';
import { createBucketIndex } from './bucket-index.ts';
import { acquireBucketLock } from './bucket-lock.ts';
import { CONCURRENCY, type BucketOptions } from './bucket-requests.ts';
import { createBucket, type Bucket } from './bucket.ts';
import { readProcessIdentity } from './process-identity.ts';
import type { SiteReader, SiteStorage } from './storage.ts';

/** The place is that of a site's `v1`. */
export interface BucketStorageOptions extends BucketOptions {
  fieldsOf: (file: string) => FileFields;
  /** Whether files that grow smaller by it are kept in gzip. */
  compress: boolean;
  /** A name of letters, digits, `-` and `_` that no other writer uses at the same time. */
  temporaryName: () => string;
}

export function createBucketReader(options: BucketOptions): SiteReader {
  return readerOf(createBucket(options));
}

/** A site in a bucket of an object store. Each object changes from one instant to the next, by itself. */
export function createBucketStorage(options: BucketStorageOptions): SiteStorage {
  const { now, fieldsOf, compress, temporaryName } = options;
  const bucket = createBucket(options);
  const index = createBucketIndex(bucket);
  const files: BucketFiles = { bucket, index, now, fieldsOf, compress };
  const named = (file: string): string => within(bucket, file);
  return {
    ...readerOf(bucket),
    concurrency: CONCURRENCY,
    replace: async (file, bytes) => void (await writeFile(files, named(file), { bytes })),
    expose: async (blob, file) => {
      if (await copyFile(files, named(blob), named(file))) return;
      throw new RegistryError('storage', `${bucket.name}: there is no ${blob} to show as ${file}; run again.`);
    },
    create: async (file, bytes) => createFile(files, named(file), bytes),
    swap: async (file, before, bytes) => {
      try {
        await swapFile(files, named(file), { before, bytes });
      } catch (error) {
        // Somebody else writes here, so what was listed may no longer be so.
        index.forgetAll();
        throw error;
      }
    },
    remove: async (file) => {
      await bucket.remove(named(file));
      await index.note(file, undefined);
    },
    list: async (folder) => (await index.names(named(folder))) ?? namesIn(bucket, folder),
    // Copied onto itself, which a store does where all its fields are given anew.
    touch: async (file) => void (await copyFile(files, named(file), file)),
    modifiedMs: async (file) => {
      const isKnown = index.knows(named(file));
      return (isKnown ? await index.find(file) : await bucket.head(file))?.modifiedMs;
    },
    lock: async () => {
      const identity = await readProcessIdentity(process.pid);
      const lock = await acquireBucketLock({ bucket, identity, token: temporaryName(), now });
      index.forgetAll();
      return lock;
    },
  };
}

function readerOf(bucket: Bucket): SiteReader {
  return {
    name: bucket.name,
    read: async (file, maxBytes) => (await readFile(bucket, within(bucket, file), maxBytes))?.bytes,
    close: () => bucket.close(),
  };
}

/** @throws RegistryError `storage` for a name that leads out of the site, or that no URL has as it is */
function within(bucket: Bucket, file: string): string {
  if (/^[\w.~-]+(?:\/[\w.~-]+)*$/.test(file) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(file)) return file;
  throw new RegistryError('storage', `${file} is not within ${bucket.name}.`);
}
