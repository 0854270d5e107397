import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { messageOf } from '../indexer/model/errors.ts';
import type { IndexerEnd } from './indexer-runs.ts';

/** What is used of a child process. */
export interface IndexerProcess {
  stdout: Readable | null;
  stderr: Readable | null;
  kill(signal: NodeJS.Signals): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'close', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

export interface IndexerScheduleOptions {
  intervalMs: number;
  /** A run that takes longer hangs, and is stopped. */
  deadlineMs: number;
  /** How long a stopped run may take to clean up before it is killed. */
  killAfterMs: number;
  /** Starts one run of the indexer. */
  spawn: () => IndexerProcess;
  /** When a crawl last confirmed the index, in milliseconds since 1970; undefined while nothing is published. */
  lastCheckedMs: () => Promise<number | undefined>;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
  /** Told of the end of each run. */
  onEnd?: (end: IndexerEnd) => void;
  /** Told of a run that takes too long, before it is stopped: one that waits for a dead disk cannot be. */
  onOverdue?: () => void;
}

export interface IndexerSchedule {
  /** Plans the first run: at once when nothing is published or it is due. */
  start(): Promise<void>;
  /** Plans no more, and ends a run that is under way. */
  stop(): Promise<void>;
}

/** setTimeout fires at once for longer waits. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A run that fails or another indexer's that is under way must not make this a busy loop. */
const MIN_PAUSE_MS = 10;
/** Exit codes of the indexer that are no failure (design, section 6). */
const EXPECTED: ReadonlyMap<number | null, string> = new Map([
  [0, 'the indexer is done'],
  [3, 'the indexer is done; a source failed and was carried forward'],
  [4, 'another indexer runs already'],
]);

/** Runs the indexer as a child, one at a time. Whatever becomes of the child, reads go on. */
export function createIndexerSchedule(options: IndexerScheduleOptions): IndexerSchedule {
  const { intervalMs, now, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: { child: IndexerProcess; ended: Promise<void> } | undefined;
  let stopped = false;

  const plan = (atMs: number): void => {
    if (stopped) return;
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(MIN_PAUSE_MS, atMs - now()));
    timer = setTimeout(run, waitMs);
  };

  const run = (): void => {
    const startedMs = now();
    const planNext = (end: IndexerEnd): void => {
      options.onEnd?.(end);
      running = undefined;
      plan(startedMs + intervalMs);
    };
    try {
      const child = options.spawn();
      const overdue = planOverdue(options, stopChild);
      const ended = follow(child, log).finally(() => clearTimeout(overdue));
      running = { child, ended: ended.then(planNext) };
    } catch (error) {
      log.error({ event: 'indexer_failed', reason: messageOf(error) }, 'the indexer could not be started');
      planNext({ code: null });
    }
  };

  const stopChild = async (): Promise<void> => {
    if (running === undefined) return;
    const { child, ended } = running;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
    await ended;
    clearTimeout(kill);
  };

  return {
    start: async () => {
      const checkedMs = await options.lastCheckedMs();
      // A time in the future is a clock that was wrong, and must not put the next run off until it is right.
      plan(checkedMs === undefined ? now() : Math.min(checkedMs, now()) + intervalMs);
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await stopChild();
    },
  };
}

function planOverdue(options: IndexerScheduleOptions, stop: () => Promise<void>): NodeJS.Timeout {
  const { log, onOverdue, deadlineMs } = options;
  return setTimeout(() => {
    log.error({ event: 'indexer_overdue' }, 'the indexer takes too long and is stopped');
    onOverdue?.();
    void stop();
  }, deadlineMs);
}

/** Passes a run's output on line by line; resolves when it has ended, however. */
async function follow(child: IndexerProcess, log: IndexerScheduleOptions['log']): Promise<IndexerEnd> {
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => passOn(line, log));
  }
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...ended) => resolve(ended)),
  );
  const result = { code, ...(signal !== null && { signal }), ...(failure !== undefined && { reason: failure }) };
  const meaning = EXPECTED.get(code);
  if (meaning === undefined) {
    log.error({ event: 'indexer_failed', ...result }, 'the indexer failed; what is published is served on');
  } else if (code === 0) log.info({ event: 'indexer_done', ...result }, meaning);
  else log.warn({ event: 'indexer_done', ...result }, meaning);
  return { code };
}

/** Lines of its log are JSON, those of its report are text. The last one of the log sums up the run. */
function passOn(line: string, log: IndexerScheduleOptions['log']): void {
  const parsed = parseLine(line);
  if (parsed === undefined) {
    log.info({ event: 'indexer_output', line }, 'indexer');
    return;
  }
  const { level, time: _time, event, msg, ...fields } = parsed;
  const about = event === 'run' ? { event: 'indexer_run', ...fields } : { event: 'indexer_output', line: msg };
  if (level === 30) log.info(about, 'indexer');
  else if (level === 40) log.warn(about, 'indexer');
  else log.error(about, 'indexer');
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // It was killed in the middle of a line.
    return undefined;
  }
}
