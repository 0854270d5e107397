import { strict as assert } from 'node:assert';
import type { BenchOptions, BenchResult } from './bench.ts';
import type { Asked } from './downloads-client.ts';
import type { LoadTask } from './downloads-load.ts';
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

export interface Checking {
  asked: Asked;
  /** As many at once as are measured: what mixes the bytes of several is seen only where there are several. */
  streams: number;
  /** Hexadecimal digits. */
  sha256: string;
}

/** Before the clock starts: each of these downloads has the right bytes. */
export async function checkBytes({ load }: DownloadsBench, { asked, streams, sha256 }: Checking): Promise<void> {
  const digests = await load.ask<string[]>({ kind: 'digests', asked, streams } satisfies LoadTask);
  assert.deepEqual(
    digests,
    digests.map(() => sha256),
    `${asked.path}: other bytes than the backend's`,
  );
}
