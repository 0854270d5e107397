import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { withoutFile } from './document-path.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

/** nginx's status for a client that left before there was one. */
const CLIENT_LEFT = 499;
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

export interface TrackOptions {
  metrics: ProxyMetrics;
  /** Milliseconds since 1970. */
  now: () => number;
  log: FastifyBaseLogger;
}

export interface Tracked {
  request: IncomingMessage;
  response: ServerResponse;
  id: string;
  /** The route's template. */
  route: string;
  /** Milliseconds since 1970. */
  startedMs: number;
}

/**
 * Counts and logs a request when its connection is done with it, however it ends: fastify's own hooks do not tell of a
 * client that left.
 */
export function trackRequest(request: FastifyRequest, reply: FastifyReply, options: TrackOptions): void {
  const { metrics, now, log } = options;
  reply.header('x-request-id', request.id);
  const route = withoutFile(request.routeOptions.url ?? 'none');
  const tracked = { request: request.raw, response: reply.raw, id: request.id, route, startedMs: now() };
  onAnswered(tracked, now, (line) => {
    const { method, status, seconds } = line;
    metrics.requests.add({ route, method, status: String(status) }, 1);
    metrics.requestDuration.observe({ route, method }, seconds);
    logAnswer(log, tracked, line);
  });
}

/** The same for a request that no route has seen, which has been counted already. */
export function logRequest(log: FastifyBaseLogger, tracked: Tracked, now: () => number): void {
  onAnswered(tracked, now, (line) => logAnswer(log, tracked, line));
}

interface Answered {
  /** Forwarded addresses are believed from nobody. */
  remote: string | undefined;
  method: string;
  status: number;
  bytes: number;
  seconds: number;
}

function onAnswered(
  { request, response, startedMs }: Tracked,
  now: () => number,
  then: (line: Answered) => void,
): void {
  const { socket } = request;
  // It is forgotten with the connection.
  const remote = socket.remoteAddress;
  const writtenBefore = socket.bytesWritten ?? 0;
  response.once('close', () =>
    then({
      remote,
      method: KNOWN_METHODS.has(request.method ?? '') ? (request.method ?? '') : 'OTHER',
      status: response.headersSent ? response.statusCode : CLIENT_LEFT,
      bytes: (socket.bytesWritten ?? 0) - writtenBefore,
      seconds: Math.max(0, now() - startedMs) / 1_000,
    }),
  );
}

function logAnswer(log: FastifyBaseLogger, { request, response, id, route }: Tracked, answered: Answered): void {
  const { seconds, ...fields } = answered;
  log.info(
    {
      event: 'request',
      reqId: id,
      path: pathOf(request.url),
      route,
      ...fields,
      duration_ms: Math.round(seconds * 1_000),
      // Not all of the answer went out: the client left, or we broke it off.
      ...(!response.writableFinished && { broken: true }),
    },
    'request',
  );
}

/** Without the query, where people paste what they should not. */
function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0]?.slice(0, 1_000) ?? '';
}
