import { onTestFinished } from 'vitest';
import type { BuildDependencies } from '../indexer/build-site.ts';
import type { Config } from '../indexer/config/config.ts';
import { openSiteStorage } from '../indexer/open-storage.ts';
import { openReader, v1Within } from '../indexer/storage/open-reader.ts';
import type { SiteReader, SiteStorage } from '../indexer/storage/storage.ts';
import { runIndexer, temporaryFolder } from './builders.ts';
import type { World } from './crawl/world.ts';
import { BUCKET, type FakeBucket } from './fakes/bucket.ts';
import { validateSite } from './schema/validate-site.ts';
import { startStore } from './storage/bucket-world.ts';

export const TO = `s3://${BUCKET}/site`;
export const V1 = 'site/api/v1/';
const RETRY = { tries: 3, baseDelayMs: 1, maxDelayMs: 20 };

export interface Published {
  store: FakeBucket;
  config: Config;
  run: (overrides?: Partial<BuildDependencies>) => ReturnType<typeof runIndexer>;
}

let names = 0;
/** A world that is published to a bucket. */
export async function publishedTo(world: World, publish: Partial<Config['publish']> = {}): Promise<Published> {
  const store = await startStore();
  const config: Config = {
    ...world.config,
    site: { ...world.config.site, path: TO },
    publish: { to: TO, twins: false, compress: false, ...publish },
    s3: store.connection,
  };
  return {
    store,
    config,
    run: (overrides) => runIndexer(config, { storage: storageOf(config), ...overrides }),
  };
}

export function storageOf(config: Config): SiteStorage {
  const clock = { now: Date.now, random: () => 0.5, retry: RETRY };
  return openSiteStorage(config, { ...clock, temporaryName: () => `t-${(names += 1)}` });
}

export async function faultsOf({ store }: Published): Promise<string[]> {
  const folder = await temporaryFolder();
  await store.writeTo(folder, V1);
  return (await validateSite(folder)).faults;
}

export function openThere(place: string, config?: Config): SiteReader {
  const reader = openReader(v1Within(place), {
    timeoutMs: 2_000,
    random: () => 0.5,
    s3: config?.s3,
    now: Date.now,
    retry: RETRY,
  });
  onTestFinished(() => reader.close());
  return reader;
}
