import { describe, expect, test } from 'vitest';
import { lastingMetrics, sumMetrics } from '../../../proxy/cluster/sum.ts';
import { createMetricRegistry, renderMetrics } from '../../../proxy/metrics.ts';

/** What a process would have counted, in its own order. */
function countedBy(counts: readonly [route: string, seconds: number][]) {
  const registry = createMetricRegistry();
  const requests = registry.counter('requests_total', 'Requests.');
  const duration = registry.histogram('duration_seconds', 'Duration.', [0.1, 1]);
  const inFlight = registry.gauge('in_flight', 'Under way.');
  for (const [route, seconds] of counts) {
    requests.add({ route }, 1);
    duration.observe({ route }, seconds);
    inFlight.add({}, 1);
  }
  return registry.snapshot();
}

describe('sumMetrics', () => {
  test('makes one series of those with the same labels, whatever their order', () => {
    const first = countedBy([
      ['/a', 0.05],
      ['/b', 0.5],
    ]);
    const second = countedBy([
      ['/b', 2],
      ['/a', 0.5],
      ['/c', 0.5],
    ]);
    const both = countedBy([
      ['/a', 0.05],
      ['/b', 0.5],
      ['/b', 2],
      ['/a', 0.5],
      ['/c', 0.5],
    ]);
    expect(renderMetrics(sumMetrics([first, second]))).toBe(renderMetrics(both));
    expect(renderMetrics(both)).toContain('duration_seconds_bucket{route="/b",le="1"} 1\n');
  });

  test('takes metrics and series that only one has as they are, and changes nothing that it is given', () => {
    const one = countedBy([['/a', 0.05]]);
    const before = structuredClone(one);
    expect(sumMetrics([[], one, []])).toEqual(one);
    sumMetrics([one, one]);
    expect(one).toEqual(before);
  });

  test('survives the way between two processes', () => {
    const one = countedBy([['/a"\n', 0.05]]);
    const sent = JSON.parse(JSON.stringify(one)) as typeof one;
    expect(renderMetrics(sumMetrics([sent, one]))).toContain('requests_total{route="/a\\"\\n"} 2\n');
  });
});

describe('lastingMetrics', () => {
  test('forgets what was only under way', () => {
    expect(lastingMetrics(countedBy([['/a', 0.05]])).map(({ name }) => name)).toEqual([
      'requests_total',
      'duration_seconds',
    ]);
  });
});
