import { describe, expect, test } from 'vitest';
import { createMetricRegistry, renderMetrics } from '../../proxy/metrics.ts';

describe('createMetricRegistry', () => {
  test('renders counters, gauges and histograms in the text format', () => {
    const registry = createMetricRegistry();
    const requests = registry.counter('requests_total', 'Requests.');
    requests.add({ method: 'GET', status: '200' }, 1);
    requests.add({ method: 'GET', status: '200' }, 2);
    requests.add({ method: 'HEAD', status: '404' }, 1);
    registry.gauge('age_seconds', 'Age.').set({}, 1.5);
    const duration = registry.histogram('duration_seconds', 'Duration.', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) duration.observe({ route: '/' }, value);
    expect(renderMetrics(registry.snapshot())).toBe(
      [
        '# HELP requests_total Requests.',
        '# TYPE requests_total counter',
        'requests_total{method="GET",status="200"} 3',
        'requests_total{method="HEAD",status="404"} 1',
        '# HELP age_seconds Age.',
        '# TYPE age_seconds gauge',
        'age_seconds 1.5',
        '# HELP duration_seconds Duration.',
        '# TYPE duration_seconds histogram',
        'duration_seconds_bucket{route="/",le="0.1"} 2',
        'duration_seconds_bucket{route="/",le="1"} 3',
        'duration_seconds_bucket{route="/",le="+Inf"} 4',
        'duration_seconds_sum{route="/"} 7.65',
        'duration_seconds_count{route="/"} 4',
        '',
      ].join('\n'),
    );
  });

  test('counts the same by a series as by its labels', () => {
    const registry = createMetricRegistry();
    const requests = registry.counter('requests_total', 'Requests.');
    const duration = registry.histogram('duration_seconds', 'Duration.', [0.1, 1]);
    const series = { requests: requests.of({ method: 'GET' }), duration: duration.of({ method: 'GET' }) };
    series.requests.add(2);
    requests.add({ method: 'GET' }, 1);
    requests.of({ method: 'GET' }).add(0.5);
    for (const value of [0, 0.1, 0.1000001, 1, 1.5, Infinity]) series.duration.observe(value);
    duration.observe({ method: 'GET' }, 0.2);
    expect(registry.snapshot().map((each) => each.series)).toEqual([
      [['method="GET"', [3.5]]],
      [['method="GET"', [2, 3, 2, Infinity]]],
    ]);
  });

  test('has a series from when it is bound', () => {
    const registry = createMetricRegistry();
    registry.counter('a_total', 'A.').of({});
    registry.histogram('b_seconds', 'B.', [1]).of({ c: 'd' });
    expect(
      renderMetrics(registry.snapshot())
        .split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toEqual([
      'a_total 0',
      'b_seconds_bucket{c="d",le="1"} 0',
      'b_seconds_bucket{c="d",le="+Inf"} 0',
      'b_seconds_sum{c="d"} 0',
      'b_seconds_count{c="d"} 0',
      '',
    ]);
  });

  test('escapes what would end a label', () => {
    const registry = createMetricRegistry();
    registry.counter('a_total', 'A.').add({ name: 'a"b\\c\nd' }, 1);
    expect(renderMetrics(registry.snapshot())).toContain('a_total{name="a\\"b\\\\c\\nd"} 1');
  });
});
