import { onTestFinished } from 'vitest';
import { placeWithin, type StoreConnection } from '../../indexer/model/object-store.ts';
import { createBucketStorage, type BucketStorageOptions } from '../../indexer/storage/bucket-storage.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
import { BUCKET, startFakeBucket, type FakeBucket } from '../fakes/bucket.ts';

/** A store of its own that goes with the test. */
export async function startStore(keys?: Parameters<typeof startFakeBucket>[0]): Promise<FakeBucket> {
  const store = await startFakeBucket(keys);
  onTestFinished(() => store.close());
  return store;
}

let names = 0;

/** A site's `v1` in a bucket; retries are quick. */
export function bucketStorage(
  { connection }: { connection: StoreConnection },
  { prefix = 'site', ...overrides }: Partial<BucketStorageOptions> & { prefix?: string } = {},
): SiteStorage {
  return createBucketStorage({
    place: placeWithin({ bucket: BUCKET, prefix }, 'api/v1'),
    connection,
    now: Date.now,
    random: () => 0.5,
    retry: { tries: 3, baseDelayMs: 1, maxDelayMs: 20 },
    temporaryName: () => `token-${(names += 1)}`,
    fieldsOf: () => ({ contentType: 'application/json', cacheControl: 'no-store', compressible: true }),
    compress: false,
    ...overrides,
  });
}
