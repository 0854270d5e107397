import type { BenchOptions, BenchResult } from './bench.ts';
import type { Asked } from './downloads-client.ts';
import type { BenchAsset, DownloadsWorld } from './downloads-world.ts';
import type { Pinned } from './pinned.ts';
import type { BenchServer } from './servers.ts';

/** What the measurements of downloads share. */
export interface DownloadsBench extends BenchOptions {
  world: DownloadsWorld;
  load: Pinned<string>;
  rounds: number;
}

/** One of several measurements of a result. */
export type Part = Pick<BenchResult, 'rows' | 'ratios'>;

export function askedFor({ url }: BenchServer, path: string, { sizeBytes }: BenchAsset): Asked {
  return { port: Number(new URL(url).port), path, length: sizeBytes };
}
