import type { Held } from '../indexer/model/documents.ts';
import { codeOf } from '../indexer/model/errors.ts';
import type { Source } from '../indexer/sources/source.ts';
import type { Generation, SiteView } from './site-view.ts';

export interface BackendHealth {
  kind: string;
  status: 'healthy' | 'unhealthy';
  latency_ms: number;
  /** One of our error codes; its sentence could name a host. */
  error?: string;
  /** Set where the backend's certificate is not checked. */
  tls?: 'unverified';
}

export interface IndexHealth {
  generation: number;
  created: string;
  checked_at: string;
  age_seconds: number;
  /** A rollback holds the index: nothing is published until it is resumed. */
  held?: Held;
  /** No crawl has confirmed the index for longer than `[indexer] max_age_seconds`. */
  stale: boolean;
}

/** As `GET /health` answers. */
export interface HealthReport {
  status: 'healthy' | 'degraded' | 'unhealthy';
  version: string;
  uptime_seconds: number;
  backends: Record<string, BackendHealth>;
  /** Null while nothing is published. */
  index: IndexHealth | null;
}

export interface HealthOptions {
  view: SiteView;
  sources: ReadonlyMap<string, Source>;
  version: string;
  maxAgeSeconds: number;
  /** How long one backend is waited for. */
  checkTimeoutMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface Health {
  report(): Promise<HealthReport>;
  uptimeSeconds(): number;
}

/** Probes of many monitors must not become load on the backends. */
const REMEMBERED_MS = 5_000;

export function createHealth(options: HealthOptions): Health {
  const { view, sources, version, maxAgeSeconds, now } = options;
  const startedMs = now();
  let checked: { atMs: number; backends: Promise<Record<string, BackendHealth>> } | undefined;

  const checkAll = async (): Promise<Record<string, BackendHealth>> =>
    Object.fromEntries(
      await Promise.all(
        [...sources].map(async ([name, source]) => [name, await checkBackend(source, options)] as const),
      ),
    );

  const backends = (): Promise<Record<string, BackendHealth>> => {
    const ageMs = checked === undefined ? Infinity : now() - checked.atMs;
    // A negative age is a clock that jumped back, which would keep an old answer for as long as it jumped.
    if (checked === undefined || ageMs < 0 || ageMs >= REMEMBERED_MS) checked = { atMs: now(), backends: checkAll() };
    return checked.backends;
  };

  const uptimeSeconds = (): number => Math.max(0, Math.floor((now() - startedMs) / 1_000));
  return {
    uptimeSeconds,
    report: async () => {
      const [generation, found] = await Promise.all([view.current(), backends()]);
      const index = generation === undefined ? null : indexHealth(generation, now(), maxAgeSeconds);
      return { status: statusOf(found, index), version, uptime_seconds: uptimeSeconds(), backends: found, index };
    },
  };
}

/** Reads need no backend, so a backend that is down degrades the registry and no more. */
function statusOf(backends: Record<string, BackendHealth>, index: IndexHealth | null): HealthReport['status'] {
  if (index === null) return 'unhealthy';
  const allHealthy = Object.values(backends).every(({ status }) => status === 'healthy');
  return allHealthy && !index.stale ? 'healthy' : 'degraded';
}

function indexHealth({ pointer }: Generation, nowMs: number, maxAgeSeconds: number): IndexHealth {
  const ageSeconds = Math.max(0, Math.floor((nowMs - Date.parse(pointer.checked_at)) / 1_000));
  return {
    generation: pointer.generation,
    created: pointer.created,
    checked_at: pointer.checked_at,
    age_seconds: ageSeconds,
    ...(pointer.held && { held: pointer.held }),
    stale: ageSeconds > maxAgeSeconds,
  };
}

async function checkBackend(
  source: Source,
  { checkTimeoutMs, now }: Pick<HealthOptions, 'checkTimeoutMs' | 'now'>,
): Promise<BackendHealth> {
  const startedMs = now();
  const limit = AbortSignal.timeout(checkTimeoutMs);
  const ended = (health: Pick<BackendHealth, 'status' | 'error'>): BackendHealth => ({
    kind: source.kind,
    status: health.status,
    latency_ms: Math.max(0, Math.round(now() - startedMs)),
    ...(health.error !== undefined && { error: health.error }),
    ...(source.tls !== undefined && { tls: source.tls }),
  });
  try {
    await source.checkHealth(limit);
    return ended({ status: 'healthy' });
  } catch (error) {
    return ended({ status: 'unhealthy', error: codeOf(error) ?? (limit.aborted ? 'timeout' : 'failed') });
  }
}
