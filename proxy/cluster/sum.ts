import type { MetricSnapshot } from '../metrics.ts';

/** One of all that several processes have counted: series of the same labels become one. */
export function sumMetrics(all: readonly (readonly MetricSnapshot[])[]): MetricSnapshot[] {
  const sums = new Map<string, { metric: MetricSnapshot; series: Map<string, number[]> }>();
  for (const metric of all.flat()) {
    const sum = sums.get(metric.name) ?? { metric, series: new Map<string, number[]>() };
    sums.set(metric.name, sum);
    for (const [labels, values] of metric.series) {
      const before = sum.series.get(labels);
      sum.series.set(
        labels,
        values.map((value, at) => value + (before?.[at] ?? 0)),
      );
    }
  }
  return [...sums.values()].map(({ metric, series }) => ({ ...metric, series: [...series] }));
}

/** What stays true of a process that has ended: what it counted, and not what it was about to do. */
export function lastingMetrics(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  return metrics.filter(({ type }) => type !== 'gauge');
}
