import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../../indexer/config/config.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { createCountsCollector, type CountsCollector } from './counts-collector.ts';
import type { MetricSnapshot } from '../metrics.ts';
import { configToWire, type ToPrimary } from './messages.ts';
import { restartDelayMs, STEADY_MS } from './restart-delay.ts';
import { forkWorker, type WorkerEnd, type WorkerProcess } from './worker-process.ts';

export interface SupervisorOptions {
  config: Config;
  /** How long a worker may take to end after it was told to, before it is killed. */
  killAfterMs: number;
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** What the primary itself counts. */
  ownMetrics: () => readonly MetricSnapshot[];
}

export interface Supervisor {
  /** Resolves when the first worker serves. @throws RegistryError when none came up */
  started: Promise<void>;
  /** Lets every worker end what it is doing; resolves when all are gone. */
  stop(): Promise<void>;
}

/** One of the configured workers, whichever process it is at the moment. */
interface Place {
  worker: number;
  startedMs: number;
  /** Ends that came soon, in a row. */
  failures: number;
  child?: WorkerProcess | undefined;
  end?: WorkerEnd;
  restart?: NodeJS.Timeout;
}

/** How long a worker is waited for when the counts of all are asked for. */
const TELL_TIMEOUT_MS = 1_000;

/** Runs as many workers as are configured, and a new one for each that ends. */
export function superviseWorkers({ config, killAfterMs, log, now, ownMetrics }: SupervisorOptions): Supervisor {
  const { workers } = config.server;
  const places = Array.from({ length: workers }, (_, at): Place => ({ worker: at + 1, startedMs: 0, failures: 0 }));
  const counts = createCountsCollector({ workers, timeoutMs: TELL_TIMEOUT_MS, ownMetrics });
  const { promise: started, ...start } = Promise.withResolvers<void>();
  let state: 'starting' | 'serving' | 'stopping' = 'starting';

  const fork = (place: Place): void => {
    place.startedMs = now();
    place.child = forkWorker({
      onMessage: (child, message) => answer(message, { child, worker: place.worker, config, counts }),
      onServing: (child) => {
        counts.join(child.id, { worker: place.worker, tell: (ask) => child.tell({ kind: 'tell', ask }) });
        if (state !== 'starting') return;
        state = 'serving';
        start.resolve();
        // Those that failed while none served had to wait for this one.
        for (const each of places.filter(({ child: running }) => running === undefined)) replace(each);
      },
      onSilent: (child) => counts.leave(child.id),
    });
    void place.child.ended.then((end) => onEnd(place, end));
  };

  const onEnd = (place: Place, end: WorkerEnd): void => {
    place.child = undefined;
    place.failures = now() - place.startedMs < STEADY_MS ? place.failures + 1 : 1;
    place.end = end;
    if (state === 'serving') replace(place);
    // What keeps one from its first start keeps all from it, such as a port that is taken; it is told once.
    if (state === 'starting' && places.every(({ child }) => child === undefined)) start.reject(reasonOf(places));
  };

  const replace = (place: Place): void => {
    const delayMs = restartDelayMs(place.failures);
    logEnd(log, place, delayMs);
    place.restart = setTimeout(() => fork(place), delayMs);
  };

  for (const each of places) fork(each);
  return {
    started,
    stop: async () => {
      state = 'stopping';
      for (const { restart } of places) clearTimeout(restart);
      await Promise.all(places.map((each) => end(each, killAfterMs, log)));
    },
  };
}

interface Asking {
  child: WorkerProcess;
  worker: number;
  config: Config;
  counts: CountsCollector;
}

function answer(message: ToPrimary, { child, worker, config, counts }: Asking): void {
  if (message.kind === 'hello') child.tell({ kind: 'start', worker, config: configToWire(config) });
  else if (message.kind === 'counts') counts.told(child.id, message.counts, message.ask);
  else if (message.kind === 'collect') {
    const { ask } = message;
    void counts.collect().then((all) => child.tell({ kind: 'collected', ask, all }));
  }
}

async function end({ worker, child }: Place, killAfterMs: number, log: SupervisorOptions['log']): Promise<void> {
  if (child === undefined) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => {
    log.warn({ event: 'worker_killed', ended_worker: worker }, 'a worker did not end in time and is killed');
    child.kill('SIGKILL');
  }, killAfterMs);
  await child.ended;
  clearTimeout(kill);
}

function logEnd(log: SupervisorOptions['log'], { worker, end }: Place, delayMs: number): void {
  const { code, signal, failure } = end ?? {};
  const reason = failure && { reason: failure.message };
  const fields = { event: 'worker_ended', ended_worker: worker, code, signal, ...reason, replaced_in_ms: delayMs };
  // Somebody may end a single worker on purpose, by SIGTERM.
  if (code === 0) log.warn(fields, 'a worker ended and is replaced');
  else log.error(fields, 'a worker failed and is replaced');
}

function reasonOf(places: readonly Place[]): RegistryError {
  const ends = places.flatMap(({ end }) => end ?? []);
  const said = ends.find(({ failure }) => failure !== undefined)?.failure;
  const how = ends.map(({ code, signal }) => signal ?? `exit code ${code}`).join(', ');
  return said ?? new RegistryError('unavailable', `No worker came up (${how}); see what they wrote on standard error.`);
}
