/** Values of a metric's labels, by label. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a counter or gauge, bound to its labels. */
export interface CounterSeries {
  add(amount: number): void;
}

/** One series of a histogram, bound to its labels. */
export interface HistogramSeries {
  observe(value: number): void;
}

export interface Counter {
  /** The series of these labels, there from now on: for hot paths, since adding to it renders no label and allocates nothing. */
  of(labels: Labels): CounterSeries;
  add(labels: Labels, amount: number): void;
}

export interface Gauge extends Counter {
  set(labels: Labels, value: number): void;
}

export interface Histogram {
  /** The series of these labels, as a counter's. */
  of(labels: Labels): HistogramSeries;
  observe(labels: Labels, value: number): void;
}

/** A metric as plain data, which can be sent to another process and summed. */
export interface MetricSnapshot {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  /** Upper bounds of a histogram's buckets, ascending, without +Inf; empty for the others. */
  bounds: readonly number[];
  /**
   * Rendered labels without their braces, and numbers of which each can be summed: the value, or a histogram's count in
   * each bucket (not cumulated; +Inf is the last) and then the sum of what was observed.
   */
  series: readonly (readonly [labels: string, values: readonly number[]])[];
}

/** Metrics in the Prometheus text exposition format, version 0.0.4. */
export interface MetricRegistry {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** @param bounds upper bounds of the buckets, ascending, without +Inf */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  snapshot(): MetricSnapshot[];
}

export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function createMetricRegistry(): MetricRegistry {
  const snapshots: (() => MetricSnapshot)[] = [];

  const simple = (type: 'counter' | 'gauge', name: string, help: string): Gauge => {
    const series = createSeries(1, (values) => ({
      add: (amount: number) => void (values[0] = (values[0] ?? 0) + amount),
      set: (value: number) => void (values[0] = value),
    }));
    snapshots.push(() => ({ name, help, type, bounds: [], series: series.snapshot() }));
    return {
      of: series.of,
      add: (labels, amount) => series.of(labels).add(amount),
      set: (labels, value) => series.of(labels).set(value),
    };
  };

  const histogram = (name: string, help: string, bounds: readonly number[]): Histogram => {
    const sumAt = bounds.length + 1;
    const series = createSeries(sumAt + 1, (values) => ({
      observe: (value: number) => {
        let at = 0;
        while (value > (bounds[at] ?? Infinity)) at += 1;
        values[at] = (values[at] ?? 0) + 1;
        values[sumAt] = (values[sumAt] ?? 0) + value;
      },
    }));
    snapshots.push(() => ({ name, help, type: 'histogram', bounds, series: series.snapshot() }));
    return { of: series.of, observe: (labels, value) => series.of(labels).observe(value) };
  };

  return {
    counter: (name, help) => simple('counter', name, help),
    gauge: (name, help) => simple('gauge', name, help),
    histogram,
    snapshot: () => snapshots.map((each) => each()),
  };
}

export function renderMetrics(metrics: readonly MetricSnapshot[]): string {
  return metrics.map((each) => `${[...header(each), ...renderSeries(each)].join('\n')}\n`).join('');
}

/** A metric's series by labels; each has its numbers in one array made beforehand, which is all that a count touches. */
function createSeries<Series>(size: number, bind: (values: Float64Array) => Series) {
  const known = new Map<string, { values: Float64Array; bound: Series }>();
  return {
    of: (labels: Labels): Series => {
      const key = renderLabels(labels);
      const found = known.get(key);
      if (found !== undefined) return found.bound;
      const values = new Float64Array(size);
      const bound = bind(values);
      known.set(key, { values, bound });
      return bound;
    },
    snapshot: () => [...known].map(([labels, { values }]) => [labels, [...values]] as const),
  };
}

function header({ name, help, type }: MetricSnapshot): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function renderSeries({ name, type, bounds, series }: MetricSnapshot): string[] {
  if (type !== 'histogram') return series.map(([labels, values]) => `${name}${inBraces(labels)} ${values[0]}`);
  return series.flatMap(([labels, values]) => {
    let count = 0;
    // Buckets of the format are cumulative: a value counts in each one that it is not above.
    const buckets = [...bounds, '+Inf'].map((bound, at) => {
      count += values[at] ?? 0;
      return `${name}_bucket${inBraces(labels, `le="${bound}"`)} ${count}`;
    });
    const sum = values[bounds.length + 1];
    return [...buckets, `${name}_sum${inBraces(labels)} ${sum}`, `${name}_count${inBraces(labels)} ${count}`];
  });
}

function renderLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(',');
}

function inBraces(...labels: string[]): string {
  const some = labels.filter((each) => each !== '');
  return some.length === 0 ? '' : `{${some.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
