import type { CacheReport } from '../../proxy/counts.ts';
import type { ErrorAnswer } from '../../proxy/error-table.ts';
import type { HealthReport } from '../../proxy/health.ts';
import type { Full, Minimal } from './example-types.ts';

/* Examples of what the proxy answers beside the documents. */

const at = '2026-01-02T03:04:05Z';

export const error = { error: 'not_found', message: 'There is no such extension.' } satisfies Minimal<
  ErrorAnswer['body']
>;
export const fullError = { ...error, details: 'taskserv/kubernets' } satisfies Full<ErrorAnswer['body']>;

const cache = {
  enabled: true,
  entries: 3,
  capacity: 1000,
  ttl_seconds: 300,
  hits: 3,
  misses: 1,
  evictions: 0,
  hit_ratio: 0.75,
};
export const caches = { list: cache, metadata: cache, versions: cache } satisfies Minimal<CacheReport>;
export const fullCaches = { ...caches, workers: [{ worker: 1, ...caches }] } satisfies Full<CacheReport>;

export const health = {
  status: 'unhealthy',
  version: '0.1.0',
  uptime_seconds: 12,
  backends: { oci: { kind: 'oci', status: 'healthy', latency_ms: 3.5 } },
  index: null,
} satisfies Minimal<HealthReport>;
export const fullHealth = {
  ...health,
  backends: { gitea: { kind: 'gitea', status: 'unhealthy', latency_ms: 3000, error: 'timeout', tls: 'unverified' } },
  index: {
    generation: 1,
    created: at,
    checked_at: at,
    age_seconds: 61.5,
    held: { since: at, generation: 1 },
    stale: false,
  },
} satisfies Full<HealthReport>;
