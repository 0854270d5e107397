import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../indexer/config/config.ts';
import type { Network } from '../indexer/http/network.ts';
import { messageOf } from '../indexer/model/errors.ts';
import { readPointer } from '../indexer/read-site.ts';
import { openReader, v1Within } from '../indexer/storage/open-reader.ts';
import type { IndexerEnd } from './indexer-runs.ts';
import { createIndexerSchedule, type IndexerSchedule } from './indexer-schedule.ts';

export interface IndexerChildOptions {
  config: Config;
  /** The configuration's path, for the child to read. */
  configFile: string;
  /** The indexer's entry. */
  program: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number;
  network: Network;
  log: FastifyBaseLogger;
  onEnd: (end: IndexerEnd) => void;
  onOverdue: () => void;
}

const SITE_TIMEOUT_MS = 5_000;
const KILL_AFTER_MS = 10_000;

/** The schedule of `[indexer] interval_seconds`; none without it. */
export function createConfiguredSchedule(options: IndexerChildOptions): IndexerSchedule | undefined {
  const { config, now, random, network, log, onEnd, onOverdue } = options;
  const { intervalSeconds, deadlineSeconds } = config.indexer;
  if (intervalSeconds === undefined) return undefined;
  const reading = { timeoutMs: SITE_TIMEOUT_MS, s3: config.s3, random, network, now };
  const reader = openReader(v1Within(config.site.path), reading);
  return createIndexerSchedule({
    intervalMs: intervalSeconds * 1_000,
    // All sources are read side by side within their deadline; what follows, the publishing, is given as long again.
    deadlineMs: 2 * deadlineSeconds * 1_000,
    killAfterMs: KILL_AFTER_MS,
    spawn: () => spawnIndexer(options),
    lastCheckedMs: async () => {
      const published = await readPointer(reader).catch(() => undefined);
      return published && Date.parse(published.pointer.checked_at);
    },
    now,
    log,
    onEnd,
    onOverdue,
  });
}

function spawnIndexer({ config, configFile, program, log }: IndexerChildOptions): ChildProcess {
  const { maxHeapMb } = config.indexer;
  const heap = maxHeapMb === undefined ? [] : [`--max-old-space-size=${maxHeapMb}`];
  const child = spawn(process.execPath, [...heap, program, '--config', configFile, '--log', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) return child;
  log.info({ event: 'indexer_started', indexer_pid: pid }, 'the indexer runs');
  void giveWay(pid).catch((error: unknown) =>
    // The run is as good without it: elsewhere than on Linux, or where it has ended already.
    log.debug({ event: 'indexer_priority', reason: messageOf(error) }, 'the indexer has the priority of the reads'),
  );
  return child;
}

/** Reads come first: the indexer gets what they leave of the processor, and is ended before them when memory is short. */
async function giveWay(pid: number): Promise<void> {
  setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000');
}
