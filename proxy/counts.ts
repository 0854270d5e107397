import { hitRatio, type CacheStatistics } from './document-cache.ts';
import type { Documents } from './documents.ts';
import type { MetricSnapshot } from './metrics.ts';
import type { ProcessUse } from './process-use.ts';

export type CachesStatistics = ReturnType<Documents['statistics']>;

/** What one process has counted since it started, as plain data. */
export interface Counts {
  metrics: readonly MetricSnapshot[];
  caches: CachesStatistics;
  process: ProcessUse;
}

/** One process, by its number. */
export interface WorkerCounts extends Pick<Counts, 'caches' | 'process'> {
  /** From 1. */
  worker: number;
}

/** What all workers have counted together. */
export interface AllCounts {
  /** Sums, of workers that are gone too. */
  metrics: readonly MetricSnapshot[];
  /** Each worker that answered in time, in their order. */
  reporting: readonly WorkerCounts[];
  /** As configured. */
  workers: number;
  /** Workers that took the place of one that ended. */
  restarts: number;
}

/** @throws ApiError when the others cannot be asked */
export type CollectCounts = () => Promise<AllCounts>;

/** Takes what this process counts, and gives what all of them do. */
export type ShareCounts = (own: () => Counts) => CollectCounts;

/** For a process that serves alone. */
export const countAlone: ShareCounts = (own) => async () => {
  const { metrics, ...counts } = own();
  return { metrics, reporting: [{ worker: 1, ...counts }], workers: 1, restarts: 0 };
};

/** As `GET /cache/stats` answers: of one process its caches, of several the sums and then each by its number. */
export interface CacheReport extends CachesStatistics {
  workers?: ({ worker: number } & CachesStatistics)[];
}

export function renderCacheReport({ workers, reporting }: AllCounts): CacheReport {
  const [first] = reporting;
  if (workers === 1 && first !== undefined) return first.caches;
  const sumOf = (name: keyof CachesStatistics): CacheStatistics =>
    sumStatistics(reporting.map((each) => each.caches[name]));
  return {
    list: sumOf('list'),
    metadata: sumOf('metadata'),
    versions: sumOf('versions'),
    workers: reporting.map((each) => ({ worker: each.worker, ...each.caches })),
  };
}

/** @param statistics of one cache in each worker; at least the worker that was asked has answered */
function sumStatistics(statistics: readonly CacheStatistics[]): CacheStatistics {
  const sum = (field: 'entries' | 'capacity' | 'hits' | 'misses' | 'evictions'): number =>
    statistics.reduce((total, each) => total + each[field], 0);
  const [hits, misses] = [sum('hits'), sum('misses')];
  return {
    enabled: statistics.some(({ enabled }) => enabled),
    entries: sum('entries'),
    capacity: sum('capacity'),
    ttl_seconds: statistics[0]?.ttl_seconds ?? 0,
    hits,
    misses,
    evictions: sum('evictions'),
    hit_ratio: hitRatio({ hits, misses }),
  };
}
