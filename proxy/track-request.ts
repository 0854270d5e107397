import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProxyMetrics } from './proxy-metrics.ts';

/** nginx's status for a client that left before there was one. */
const CLIENT_LEFT = 499;
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

export interface TrackOptions {
  metrics: ProxyMetrics;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called when the answer is over, for better or worse. */
  onEnd?: () => void;
}

/**
 * Counts and logs a request when its connection is done with it, however it ends: fastify's own hooks do not tell of a
 * client that left.
 */
export function trackRequest(request: FastifyRequest, reply: FastifyReply, options: TrackOptions): void {
  const startedMs = options.now();
  const { raw } = reply;
  const { socket } = request.raw;
  const writtenBefore = socket.bytesWritten ?? 0;
  reply.header('x-request-id', request.id);
  raw.once('close', () => {
    const seconds = Math.max(0, options.now() - startedMs) / 1_000;
    const method = KNOWN_METHODS.has(request.method) ? request.method : 'OTHER';
    const status = raw.headersSent ? raw.statusCode : CLIENT_LEFT;
    const labels = { route: request.routeOptions.url ?? 'none', method };
    options.metrics.requests.add({ ...labels, status: String(status) }, 1);
    options.metrics.requestDuration.observe(labels, seconds);
    request.log.info(
      {
        event: 'request',
        remote: request.ip,
        method,
        path: pathOf(request.raw.url),
        route: labels.route,
        status,
        bytes: (socket.bytesWritten ?? 0) - writtenBefore,
        duration_ms: Math.round(seconds * 1_000),
        // Not all of the answer went out: the client left, or we broke it off.
        ...(!raw.writableFinished && { broken: true }),
      },
      'request',
    );
    options.onEnd?.();
  });
}

/** Without the query, where people paste what they should not. */
function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0]?.slice(0, 1_000) ?? '';
}
