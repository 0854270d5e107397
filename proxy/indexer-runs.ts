import { createMetricRegistry, type MetricSnapshot } from './metrics.ts';

/** How one run of the indexer ended. */
export interface IndexerEnd {
  /** Null where a signal ended it, or it could not be started. */
  code: number | null;
}

/** What is counted of the runs that this program has started. */
export interface IndexerRuns {
  count(end: IndexerEnd): void;
  /** One that takes too long; its end is counted as well. */
  countOverdue(): void;
  metrics(): readonly MetricSnapshot[];
}

/** @param now milliseconds since 1970 */
export function createIndexerRuns(now: () => number): IndexerRuns {
  const registry = createMetricRegistry();
  const runs = registry.counter(
    'extreg_indexer_runs_total',
    'Runs of the indexer that this program started, by exit code.',
  );
  const overdue = registry.counter(
    'extreg_indexer_overdue_total',
    'Runs of the indexer that took more than twice their deadline and were stopped.',
  );
  const ended = registry.gauge('extreg_indexer_last_end_timestamp_seconds', 'End of the last one, seconds since 1970.');
  // So that the first failure is an increase.
  for (const code of ['0', '1', '2', '3', '4', '5', 'none']) runs.add({ code }, 0);
  overdue.add({}, 0);
  return {
    count: ({ code }) => {
      runs.add({ code: code === null ? 'none' : String(code) }, 1);
      ended.set({}, now() / 1_000);
    },
    countOverdue: () => overdue.add({}, 1),
    metrics: () => registry.snapshot(),
  };
}
