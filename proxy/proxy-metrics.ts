import {
  createMetricRegistry,
  renderMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type MetricSnapshot,
} from './metrics.ts';
import type { AllCounts, CachesStatistics } from './counts.ts';
import type { Generation } from './site-view.ts';

/** Seconds. Up to 10 s for documents; what is above is downloads. */
const REQUEST_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];
const FIRST_BYTE_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface ProxyMetrics {
  requests: Counter;
  requestDuration: Histogram;
  downloadBytes: Counter;
  downloadsInFlight: Gauge;
  digestMismatches: Counter;
  firstByte: Histogram;
  /** What this process has counted, its caches included. */
  counted(caches: CachesStatistics): MetricSnapshot[];
  render(state: MetricsState): string;
}

/** What is known at the time of a scrape. */
export interface MetricsState {
  all: AllCounts;
  generation: Generation | undefined;
  /** Milliseconds since 1970. */
  nowMs: number;
}

/** The proxy's metrics. Labels are route templates, methods, statuses and configured names; never an extension or an address. */
export function createProxyMetrics(version: string): ProxyMetrics {
  const registry = createMetricRegistry();
  const counted = {
    requests: registry.counter('http_requests_total', 'Requests answered, by route, method and status.'),
    requestDuration: registry.histogram(
      'http_request_duration_seconds',
      'Time from a request to the last byte of its answer.',
      REQUEST_BOUNDS,
    ),
    firstByte: registry.histogram(
      'extreg_download_first_byte_seconds',
      'Time from a download request to its first byte.',
      FIRST_BYTE_BOUNDS,
    ),
    downloadBytes: registry.counter('extreg_download_bytes_total', 'Bytes of assets sent.'),
    downloadsInFlight: registry.gauge('extreg_downloads_in_flight', 'Downloads under way.'),
    digestMismatches: registry.counter(
      'extreg_digest_mismatch_total',
      'Bodies whose bytes were not those of their digest.',
    ),
  };
  // So that a rate can be made of them before the first event.
  counted.downloadBytes.add({}, 0);
  counted.downloadsInFlight.add({}, 0);
  counted.digestMismatches.add({}, 0);
  return {
    ...counted,
    counted: (caches) => [...registry.snapshot(), ...cacheMetrics(caches)],
    render: (state) => renderMetrics([...state.all.metrics, ...stateMetrics(state, version)]),
  };
}

function cacheMetrics(caches: CachesStatistics): MetricSnapshot[] {
  const registry = createMetricRegistry();
  const hits = registry.counter('cache_hits_total', 'Documents found in a cache.');
  const misses = registry.counter('cache_misses_total', 'Documents looked for in a cache and not found.');
  const evictions = registry.counter('cache_evictions_total', 'Documents dropped from a cache.');
  for (const [cache, statistics] of Object.entries(caches)) {
    hits.add({ cache }, statistics.hits);
    misses.add({ cache }, statistics.misses);
    evictions.add({ cache }, statistics.evictions);
  }
  return registry.snapshot();
}

/** What is the same in all processes, and so is told once. */
function stateMetrics({ all, generation, nowMs }: MetricsState, version: string): MetricSnapshot[] {
  const state = createMetricRegistry();
  state.gauge('extreg_build_info', 'Always 1; the version is the label.').set({ version }, 1);
  state.gauge('extreg_workers', 'Processes that serve, as configured.').set({}, all.workers);
  state
    .gauge('extreg_workers_reporting', 'Workers whose counts are up to date in this answer.')
    .set({}, all.caches.length);
  state.counter('extreg_worker_restarts_total', 'Workers that took the place of one that ended.').add({}, all.restarts);
  if (generation === undefined) return state.snapshot();
  const { pointer } = generation;
  // Its ending is a counter's, but the name is the API's old one; its well-named twin is below.
  state.gauge('extensions_total', 'Extensions in the index.').set({}, pointer.counts.extensions);
  const extensions = state.gauge('extreg_extensions', 'Extensions in the index, by type.');
  for (const [type, count] of Object.entries(pointer.counts.by_type)) extensions.set({ type }, count);
  state.gauge('extreg_index_generation', 'Number of the generation served.').set({}, pointer.generation);
  state
    .gauge('extreg_index_age_seconds', 'Time since a crawl last confirmed the index.')
    .set({}, Math.max(0, (nowMs - Date.parse(pointer.checked_at)) / 1_000));
  const success = state.gauge('extreg_crawl_last_success_timestamp_seconds', 'Last successful crawl of a source.');
  for (const source of pointer.sources) {
    if (source.last_success !== undefined)
      success.set({ source: source.name }, Date.parse(source.last_success) / 1_000);
  }
  return state.snapshot();
}
