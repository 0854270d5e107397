import { fastify, LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Config } from '../indexer/config/config.ts';
import type { Source } from '../indexer/sources/source.ts';
import type { SiteReader } from '../indexer/storage/storage.ts';
import { checkRequest } from './check-request.ts';
import { corsHeaders } from './cors.ts';
import { createDocuments } from './documents.ts';
import { answerClientError, registerErrors, sendError } from './errors.ts';
import { createHealth } from './health.ts';
import { createAssetOpener } from './open-asset.ts';
import { createProxyMetrics } from './proxy-metrics.ts';
import { registerRoutes } from './routes/route-map.ts';
import { createAssetSender } from './send-asset.ts';
import {
  BACKEND_CHECK_TIMEOUT_MS,
  DOWNLOAD_LIMITS,
  HTTP_LIMITS,
  MAX_CONNECTIONS,
  MAX_PARAM_LENGTH,
  SERVER_LIMITS,
  type DownloadLimits,
} from './server-limits.ts';
import type { Services } from './services.ts';
import { createSiteView } from './site-view.ts';
import { trackRequest } from './track-request.ts';

export interface LogOptions {
  /** pino's levels. */
  level: string;
  /** Standard output without it. */
  stream?: { write(line: string): void };
}

export interface AppOptions {
  config: Config;
  /** The published site's `v1`. */
  reader: SiteReader;
  /** By name. */
  sources: ReadonlyMap<string, Source>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  /** False for none. */
  log: LogOptions | false;
  /** Absolute; the hand-written part of the site. */
  publicFolder: string;
  /** This program's. */
  version: string;
  /** `DOWNLOAD_LIMITS` without it. */
  downloadLimits?: DownloadLimits;
}

/** The whole proxy but its listening: site, downloads and health. Closing it closes neither sources nor reader. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { config, reader, now } = options;
  const metrics = createProxyMetrics(options.version);
  let stopping = false;
  // A connection that was busy when we began to stop would otherwise idle until its keep-alive time is over.
  const onEnd = (): void => void (stopping && app.server.closeIdleConnections());
  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    trackRequest(request, reply, { metrics, now, onEnd });
    reply.headers({ ...NO_SNIFFING, ...corsHeaders(config.server.corsOrigins, request.headers.origin) });
  };
  const app = fastify({
    ...SERVER_LIMITS,
    http: HTTP_LIMITS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    exposeHeadRoutes: false,
    // While we stop, answers go on; they say `Connection: close`.
    return503OnClosing: false,
    // Forwarded addresses are believed from nobody: nothing here depends on them.
    trustProxy: false,
    genReqId: () => requestId(options.random),
    logger: loggerOptions(options.log),
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: answerClientError,
    // What the router itself refuses, before any hook.
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      sendError(error, request, reply);
    },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  const view = createSiteView({ reader, now, log: app.log });
  app.addHook('preClose', async () => void (stopping = true));
  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply);
    checkRequest(request);
  });
  registerErrors(app, options.publicFolder);
  registerRoutes(app, createServices(options, { view, metrics, isStopping: () => stopping }), options.publicFolder);
  return app;
}

type Parts = Pick<Services, 'view' | 'metrics' | 'isStopping'>;

function createServices(options: AppOptions, { view, metrics, isStopping }: Parts): Services {
  const { config, reader, sources, now } = options;
  const limits = options.downloadLimits ?? DOWNLOAD_LIMITS;
  const { firstByteMs } = limits;
  const opener = createAssetOpener({
    sources,
    now,
    firstByteMs,
    onMismatch: () => metrics.digestMismatches.add({}, 1),
  });
  return {
    config,
    view,
    documents: createDocuments(reader, config, now),
    sendAsset: createAssetSender({ opener, metrics, now, limits }),
    health: createHealth({
      view,
      sources,
      version: options.version,
      maxAgeSeconds: config.indexer.maxAgeSeconds,
      checkTimeoutMs: BACKEND_CHECK_TIMEOUT_MS,
      now,
    }),
    metrics,
    now,
    isStopping,
  };
}

const NO_SNIFFING = { 'x-content-type-options': 'nosniff' };

/** No header of a request is ever logged; this is for an error that carries one. */
const REDACTED = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'].flatMap((each) => [
  `["${each}"]`,
  `*["${each}"]`,
  `*.headers["${each}"]`,
]);

function loggerOptions(log: LogOptions | false) {
  if (log === false) return false;
  return {
    level: log.level,
    redact: { paths: REDACTED, censor: '[redacted]' },
    ...(log.stream !== undefined && { stream: log.stream }),
  };
}

function requestId(random: () => number): string {
  const part = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return part() + part();
}
