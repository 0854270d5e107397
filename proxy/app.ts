import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Config } from '../indexer/config/config.ts';
import type { Source } from '../indexer/sources/source.ts';
import type { SiteReader } from '../indexer/storage/storage.ts';
import { checkRequest } from './check-request.ts';
import { corsHeaders, isSameForAll } from './cors.ts';
import { countAlone, type CollectCounts, type ShareCounts } from './counts.ts';
import { createCrawlReports } from './crawl-reports.ts';
import { createDocuments, type Documents } from './documents.ts';
import { answerClientError, registerErrors, sendError } from './errors.ts';
import { createHealth } from './health.ts';
import { createHotPath, type HotPath } from './hot-path.ts';
import { createHttpServer } from './http-server.ts';
import { loggerOptions, type LogOptions } from './log.ts';
import { createAssetOpener } from './open-asset.ts';
import type { MetricSnapshot } from './metrics.ts';
import { watchProcess, type ProcessWatch } from './process-use.ts';
import { createProxyMetrics, type ProxyMetrics } from './proxy-metrics.ts';
import { createRepresentations } from './representation.ts';
import { registerRoutes } from './routes/route-map.ts';
import { createAssetSender } from './send-asset.ts';
import {
  BACKEND_CHECK_TIMEOUT_MS,
  DOWNLOAD_LIMITS,
  MAX_BODY_BYTES,
  MAX_PARAM_LENGTH,
  type DownloadLimits,
} from './server-limits.ts';
import type { Services } from './services.ts';
import { createSiteView } from './site-view.ts';
import { logRequest, trackRequest, type Tracked } from './track-request.ts';

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
  /** Where this process is one of several; alone without it. */
  shareCounts?: ShareCounts;
  /** Where others count in them too; its own without it. */
  metrics?: ProxyMetrics;
  /** Further ones, which somebody else counts. */
  otherMetrics?: () => readonly MetricSnapshot[];
}

/** The whole proxy but its listening: site, downloads and health. Closing it closes neither sources nor reader. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { config, now } = options;
  const metrics = options.metrics ?? createProxyMetrics(options.version);
  let stopping = false;
  const createRequestId = createRequestIds(options.random);
  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    trackRequest(request, reply, { metrics, now, log: app.log });
    reply.headers(commonHeaders(config, request.headers.origin));
  };
  let hotPath: HotPath = () => false;
  const app = fastify({
    serverFactory: (routes) => createHttpServer(routes, (...exchange) => hotPath(...exchange)),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    exposeHeadRoutes: false,
    // While we stop, answers go on; they say `Connection: close`.
    return503OnClosing: false,
    // Forwarded addresses are believed from nobody: nothing here depends on them.
    trustProxy: false,
    genReqId: createRequestId,
    logger: loggerOptions(options.log),
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: answerClientError,
    // What the router itself refuses, before any hook.
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      sendError(error, request, reply);
    },
  });
  app.addHook('preClose', async () => void (stopping = true));
  closeIdleConnectionsWhileClosing(app);
  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply);
    checkRequest(request);
  });
  const processWatch = watchProcess();
  app.addHook('onClose', async () => processWatch.end());
  const services = createServices(options, { log: app.log, metrics, processWatch, isStopping: () => stopping });
  registerErrors(app, options.publicFolder);
  registerRoutes(app, services, options.publicFolder);
  const onAnswer = LOGS_REQUESTS.has(app.log.level)
    ? (answer: Tracked): void => logRequest(app.log, answer, now)
    : undefined;
  const sameForAllOrigins = isSameForAll(config.server.corsOrigins);
  hotPath = createHotPath({ ...services, sameForAllOrigins, createRequestId, onAnswer });
  return app;
}

/** A connection that was busy when we began to stop would otherwise idle until its keep-alive time is over. */
function closeIdleConnectionsWhileClosing(app: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    timer = setInterval(() => app.server.closeIdleConnections(), 50);
  });
  app.addHook('onClose', async () => clearInterval(timer));
}

interface Parts extends Pick<Services, 'metrics' | 'isStopping'> {
  log: FastifyBaseLogger;
  processWatch: ProcessWatch;
}

function createServices(options: AppOptions, parts: Parts): Services {
  const { config, reader, sources, now } = options;
  const { log, metrics, isStopping } = parts;
  const view = createSiteView({ reader, now, log });
  const representation = { compress: config.server.enableCompression, common: commonHeaders(config, undefined) };
  const limits = options.downloadLimits ?? DOWNLOAD_LIMITS;
  const { firstByteMs } = limits;
  const documents = createDocuments(reader, config, now);
  const opener = createAssetOpener({
    sources,
    now,
    firstByteMs,
    onMismatch: () => metrics.digestMismatches.add({}, 1),
  });
  return {
    config,
    view,
    documents,
    representations: {
      forever: createRepresentations('forever', representation),
      pointer: createRepresentations('pointer', representation),
      document: createRepresentations('document', representation),
    },
    sendAsset: createAssetSender({ opener, metrics, now, limits }),
    health: createHealth({
      view,
      sources,
      version: options.version,
      maxAgeSeconds: config.indexer.maxAgeSeconds,
      checkTimeoutMs: BACKEND_CHECK_TIMEOUT_MS,
      now,
    }),
    crawlReports: createCrawlReports({ reader, sources: new Set(sources.keys()), now, log }),
    metrics,
    collectCounts: createCounts(options, documents, parts),
    now,
    isStopping,
  };
}

function createCounts(options: AppOptions, documents: Documents, { metrics, processWatch }: Parts): CollectCounts {
  const { shareCounts = countAlone, otherMetrics } = options;
  return shareCounts(() => {
    const caches = documents.statistics();
    const counted = [...metrics.counted(caches), ...(otherMetrics?.() ?? [])];
    return { metrics: counted, caches, process: processWatch.read() };
  });
}

/** Of every answer, whatever it is. */
function commonHeaders({ server }: Config, origin: string | undefined): Record<string, string> {
  return { 'x-content-type-options': 'nosniff', ...corsHeaders(server.corsOrigins, origin) };
}

/** pino's levels at which a line for each request is written. */
const LOGS_REQUESTS: ReadonlySet<string> = new Set(['trace', 'debug', 'info']);

/** 8 digits that are the process's and 8 that count: two random numbers for each request cost 3 % of a hot read. */
function createRequestIds(random: () => number): () => string {
  const digits = (number: number): string => (number + 2 ** 32).toString(16).slice(1);
  const ours = digits(Math.floor(random() * 2 ** 32));
  let count = Math.floor(random() * 2 ** 32);
  return () => ours + digits((count = (count + 1) % 2 ** 32));
}
