import { expect, test } from 'vitest';
import { createIndexerRuns } from '../../proxy/indexer-runs.ts';
import { renderMetrics } from '../../proxy/metrics.ts';
import { NOON } from '../builders.ts';

test('createIndexerRuns counts by exit code and what took too long, and shows both from the start', () => {
  const runs = createIndexerRuns(() => NOON);
  const lines = () =>
    renderMetrics(runs.metrics())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  const none = (code: string, count = 0) => `extreg_indexer_runs_total{code="${code}"} ${count}`;
  // What only appears with its first event is no increase to Prometheus.
  const all = ['0', '1', '2', '3', '4', '5', 'none'].map((code) => none(code));
  expect(lines()).toEqual([...all, 'extreg_indexer_overdue_total 0']);
  for (const code of [0, 3, null, 0]) runs.count({ code });
  runs.countOverdue();
  expect(lines()).toEqual([
    none('0', 2),
    none('1'),
    none('2'),
    none('3', 1),
    none('4'),
    none('5'),
    none('none', 1),
    'extreg_indexer_overdue_total 1',
    `extreg_indexer_last_end_timestamp_seconds ${NOON / 1_000}`,
  ]);
});
