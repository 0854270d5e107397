import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Config, SourceConfig } from '../indexer/config/config.ts';
import type { ProxyFor } from '../indexer/http/forward-proxies.ts';
import { messageOf, RegistryError } from '../indexer/model/errors.ts';
import { createSource } from '../indexer/sources/create-source.ts';
import type { Source } from '../indexer/sources/source.ts';
import { openReader, v1Within } from '../indexer/storage/open-reader.ts';
import { buildApp } from './app.ts';
import type { ShareCounts } from './counts.ts';
import type { IndexerSchedule } from './indexer-schedule.ts';
import type { LogOptions } from './log.ts';
import type { MetricSnapshot } from './metrics.ts';
import { createProxyMetrics } from './proxy-metrics.ts';
import { shutDown } from './shutdown.ts';
import { watchBackend } from './watch-backend.ts';

export interface ServeOptions {
  config: Config;
  version: string;
  log: LogOptions;
  proxyFor: ProxyFor;
  /** The pages and the schemas. */
  publicFolder: string;
  /** How long running answers may still take once we were signalled. */
  graceMs: number;
  signalled: Promise<NodeJS.Signals>;
  /** What runs beside the server, if anything does. */
  createSchedule?: (log: FastifyBaseLogger) => IndexerSchedule | undefined;
  shareCounts?: ShareCounts;
  /** What others count, to be told with our own. */
  otherMetrics?: () => readonly MetricSnapshot[];
}

/** Requests at once to one source. */
const CONCURRENCY = 64;
/** The longest silence of where the site is, if that is elsewhere. */
const SITE_TIMEOUT_MS = 5_000;
/** A client waits for us: whoever has more patience than this is better served by an error. */
const RETRY = { tries: 2, baseDelayMs: 100, maxDelayMs: 1_000 };

/**
 * Serves until it is signalled, and then lets end what is running.
 * @throws RegistryError when it cannot listen
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { config, log, version, publicFolder, shareCounts, otherMetrics, graceMs } = options;
  const clock = { now: Date.now, random: Math.random };
  const network = { proxyFor: options.proxyFor };
  const reading = { timeoutMs: SITE_TIMEOUT_MS, s3: config.s3, retry: RETRY, network, ...clock };
  const reader = openReader(v1Within(config.site.path), reading);
  const dependencies = { types: config.types, concurrency: CONCURRENCY, retry: RETRY, network, ...clock };
  const metrics = createProxyMetrics(version);
  const create = (each: SourceConfig): Source =>
    createSource(each, { ...dependencies, onSend: watchBackend({ metrics, source: each.name, now: clock.now }) });
  const sources = new Map(config.sources.map((each) => [each.name, create(each)]));
  const app = buildApp({
    ...clock,
    config,
    reader,
    sources,
    log,
    publicFolder,
    version,
    metrics,
    ...(otherMetrics !== undefined && { otherMetrics }),
    ...(shareCounts !== undefined && { shareCounts }),
  });
  const schedule = options.createSchedule?.(app.log);
  try {
    await listen(app, config);
    await schedule?.start();
    app.log.info({ event: 'stopping', signal: await options.signalled }, 'stopping');
    await Promise.all([schedule?.stop(), shutDown(app, { graceMs })]);
  } finally {
    await Promise.all([...[...sources.values()].map((each) => each.close()), reader.close()]);
  }
}

async function listen(app: FastifyInstance, { server }: Config): Promise<void> {
  try {
    await app.listen({ host: server.host, port: server.port });
  } catch (cause) {
    await app.close();
    const { code } = cause as { code?: string };
    const why = code === 'EADDRINUSE' ? 'is taken; stop what uses it, or' : `cannot be opened (${messageOf(cause)});`;
    const message = `Port ${server.port} on ${server.host} ${why} choose another [server] port.`;
    throw new RegistryError('unreachable', message, { cause });
  }
}
