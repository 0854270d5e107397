import {
  createMetricRegistry,
  renderMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type MetricRegistry,
  type MetricSnapshot,
} from './metrics.ts';
import type { CachesStatistics } from './counts.ts';
import { stateMetrics, type MetricsState } from './state-metrics.ts';

/** Seconds. Up to 10 s for documents; what is above is downloads. */
const REQUEST_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];
const FIRST_BYTE_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BACKEND_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface ProxyMetrics {
  requests: Counter;
  requestDuration: Histogram;
  downloads: Counter;
  downloadBytes: Counter;
  downloadsInFlight: Gauge;
  /** How many may be under way. */
  downloadsLimit: Gauge;
  digestMismatches: Counter;
  firstByte: Histogram;
  backendRequests: Counter;
  backendDuration: Histogram;
  /** What this process has counted, its caches included. */
  counted(caches: CachesStatistics): MetricSnapshot[];
  render(state: MetricsState): string;
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
    downloads: registry.counter('extreg_downloads_total', 'Downloads that have ended, by outcome.'),
    downloadBytes: registry.counter('extreg_download_bytes_total', 'Bytes of assets sent.'),
    downloadsInFlight: registry.gauge('extreg_downloads_in_flight', 'Downloads under way.'),
    downloadsLimit: registry.gauge('extreg_downloads_limit', 'Downloads that may be under way at once.'),
    digestMismatches: registry.counter(
      'extreg_digest_mismatch_total',
      'Bodies whose bytes were not those of their digest.',
    ),
    ...backendMetrics(registry),
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

function backendMetrics(registry: MetricRegistry): Pick<ProxyMetrics, 'backendRequests' | 'backendDuration'> {
  return {
    backendRequests: registry.counter(
      'extreg_backend_requests_total',
      'Requests to the servers of a source, by what came of them: ok, redirect, given_up or an error code.',
    ),
    backendDuration: registry.histogram(
      'extreg_backend_request_duration_seconds',
      "Time from a request to a source's server to the header of its answer.",
      BACKEND_BOUNDS,
    ),
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
