/** Values of a metric's labels, by label. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels: Labels, amount: number): void;
}

export interface Gauge extends Counter {
  set(labels: Labels, value: number): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

/** Metrics in the Prometheus text exposition format, version 0.0.4. */
export interface MetricRegistry {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** @param bounds upper bounds of the buckets, ascending, without +Inf */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  render(): string;
}

export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function createMetricRegistry(): MetricRegistry {
  const renderers: (() => string[])[] = [];

  const simple = (type: 'counter' | 'gauge', name: string, help: string): Gauge => {
    const values = new Map<string, number>();
    renderers.push(() => [
      ...header(name, help, type),
      ...[...values].map(([labels, value]) => `${name}${labels} ${value}`),
    ]);
    return {
      add: (labels, amount) => {
        const key = renderLabels(labels);
        values.set(key, (values.get(key) ?? 0) + amount);
      },
      set: (labels, value) => void values.set(renderLabels(labels), value),
    };
  };

  const histogram = (name: string, help: string, bounds: readonly number[]): Histogram => {
    const series = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();
    renderers.push(() => [
      ...header(name, help, 'histogram'),
      ...[...series.values()].flatMap(({ labels, buckets, sum, count }) => [
        ...bounds.map((bound, at) => `${name}_bucket${renderLabels({ ...labels, le: String(bound) })} ${buckets[at]}`),
        `${name}_bucket${renderLabels({ ...labels, le: '+Inf' })} ${count}`,
        `${name}_sum${renderLabels(labels)} ${sum}`,
        `${name}_count${renderLabels(labels)} ${count}`,
      ]),
    ]);
    return {
      observe: (labels, value) => {
        const key = renderLabels(labels);
        const one = series.get(key) ?? { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 };
        series.set(key, one);
        one.sum += value;
        one.count += 1;
        // Buckets are cumulative: a value counts in each one that it is not above.
        one.buckets = one.buckets.map((count, at) => count + Number(value <= (bounds[at] ?? Infinity)));
      },
    };
  };

  return {
    counter: (name, help) => simple('counter', name, help),
    gauge: (name, help) => simple('gauge', name, help),
    histogram,
    render: () => `${renderers.flatMap((each) => each()).join('\n')}\n`,
  };
}

function header(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
