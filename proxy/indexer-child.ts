import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../indexer/config/config.ts';
import { readPointer } from '../indexer/read-site.ts';
import { createFolderReader } from '../indexer/storage/folder.ts';
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
  log: FastifyBaseLogger;
  onEnd: (end: IndexerEnd) => void;
}

const KILL_AFTER_MS = 10_000;

/** The schedule of `[indexer] interval_seconds`; none without it. */
export function createConfiguredSchedule(options: IndexerChildOptions): IndexerSchedule | undefined {
  const { config, configFile, program, now, log, onEnd } = options;
  const { intervalSeconds } = config.indexer;
  if (intervalSeconds === undefined) return undefined;
  const reader = createFolderReader({ root: join(config.site.path, 'api', 'v1') });
  return createIndexerSchedule({
    intervalMs: intervalSeconds * 1_000,
    killAfterMs: KILL_AFTER_MS,
    spawn: () =>
      spawn(process.execPath, [program, '--config', configFile, '--log', 'json'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    lastCheckedMs: async () => {
      const published = await readPointer(reader).catch(() => undefined);
      return published && Date.parse(published.pointer.checked_at);
    },
    now,
    log,
    onEnd,
  });
}
