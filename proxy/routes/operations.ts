import { CACHE_CONTROL } from '../../indexer/site/cache-control.ts';
import { renderCacheReport } from '../counts.ts';
import { ApiError } from '../error-table.ts';
import { METRICS_MEDIA_TYPE } from '../metrics.ts';
import type { Services } from '../services.ts';
import type { Handler } from './documents.ts';

export interface OperationRoutes {
  health: Handler;
  live: Handler;
  ready: Handler;
  metrics: Handler;
  cacheStatistics: Handler;
}

const NEVER = { 'cache-control': CACHE_CONTROL.never } as const;

/** For operators and monitors. */
export function createOperationRoutes({
  config,
  view,
  health,
  metrics,
  crawlReports,
  collectCounts,
  now,
  isStopping,
}: Services): OperationRoutes {
  return {
    // Also `unhealthy` answers 200: only readiness decides whether a load balancer sends us requests.
    health: async (_request, reply) => reply.headers(NEVER).send(await health.report()),
    // Asks nothing: a process that can answer must not be killed because something else is down.
    live: async (_request, reply) =>
      reply.headers(NEVER).send({ status: 'healthy', uptime_seconds: health.uptimeSeconds() }),
    ready: async (_request, reply) => {
      if (isStopping()) throw new ApiError('unavailable', 'This instance is stopping; use another.');
      if ((await view.current()) === undefined) {
        throw new ApiError('unavailable', 'Nothing is published yet; run the indexer, or see its log.');
      }
      return reply.headers(NEVER).send({ status: 'healthy' });
    },
    metrics: async (_request, reply) => {
      const [generation, all, crawl] = await Promise.all([view.current(), collectCounts(), crawlReports.read()]);
      const { maxAgeSeconds } = config.indexer;
      const state = { all, generation, isReadable: view.isReadable(), maxAgeSeconds, crawl, nowMs: now() };
      const text = metrics.render(state);
      return reply.headers({ ...NEVER, 'content-type': METRICS_MEDIA_TYPE }).send(text);
    },
    cacheStatistics: async (_request, reply) => reply.headers(NEVER).send(renderCacheReport(await collectCounts())),
  };
}
