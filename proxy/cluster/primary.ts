import cluster from 'node:cluster';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../../indexer/config/config.ts';
import type { IndexerSchedule } from '../indexer-schedule.ts';
import type { MetricSnapshot } from '../metrics.ts';
import { superviseWorkers } from './supervisor.ts';

export interface PrimaryOptions {
  config: Config;
  log: FastifyBaseLogger;
  /** Milliseconds since 1970. */
  now: () => number;
  /** How long running answers may still take. */
  graceMs: number;
  /** It runs here and in no worker. */
  schedule: IndexerSchedule | undefined;
  signalled: Promise<NodeJS.Signals>;
  /** What this process counts. */
  otherMetrics: () => readonly MetricSnapshot[];
}

/** What a worker may take beyond the grace period to break off what is left. */
const KILL_AFTER_GRACE_MS = 2_000;

/**
 * Runs the workers and serves nothing itself; resolves when it was signalled and all of them have ended.
 * @throws RegistryError when no worker came up
 */
export async function runPrimary(options: PrimaryOptions): Promise<void> {
  const { config, log, now, graceMs, schedule, signalled, otherMetrics } = options;
  /*
   * Workers accept by themselves, so the primary stands in nobody's way: two of them took 10,700 connections a second
   * instead of the 5,400 that it handed out one by one (SCHED_RR), and no fewer requests where connections are kept.
   * What it has handed to a worker that hangs or dies just then is never answered nor closed. The price is that an idle
   * start spreads connections unevenly; it evens out, since who is busy accepts later and no connection lives for more
   * than `maxRequestsPerSocket` requests.
   */
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const workers = superviseWorkers({
    config,
    log,
    now,
    killAfterMs: graceMs + KILL_AFTER_GRACE_MS,
    ownMetrics: otherMetrics,
  });
  try {
    await Promise.race([workers.started, signalled]);
    await schedule?.start();
    log.info({ event: 'stopping', signal: await signalled }, 'stopping');
  } finally {
    await Promise.all([schedule?.stop(), workers.stop()]);
  }
}
