import type { FastifyReply } from 'fastify';
import type { DownloadPlan } from './download-plan.ts';
import { ApiError } from './error-table.ts';
import type { AssetOpener, WantedAsset } from './open-asset.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import { sendBody } from './send-body.ts';
import type { DownloadLimits } from './server-limits.ts';
import { watchTransfer } from './slow-transfer.ts';

export interface AssetSenderOptions {
  opener: AssetOpener;
  metrics: ProxyMetrics;
  limits: DownloadLimits;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Streams an asset. The client sees a status only when the first bytes are there, and an end only when all were right:
 * anything else breaks the connection, which every client takes for what it is.
 * @throws ApiError before anything was sent
 */
export type SendAsset = (reply: FastifyReply, download: { wanted: WantedAsset; plan: DownloadPlan }) => Promise<void>;

export function createAssetSender(options: AssetSenderOptions): SendAsset {
  const { opener, limits, now } = options;
  const metrics = boundMetrics(options.metrics);
  let inFlight = 0;
  const count = (change: 1 | -1): void => {
    inFlight += change;
    metrics.inFlight.add(change);
  };

  return async (reply, { wanted, plan }) => {
    const { raw } = reply;
    // It left while the asset was looked up: `close` will not come again, and nothing that is written would ever drain.
    if (raw.destroyed) {
      reply.hijack();
      return;
    }
    if (inFlight >= limits.maxDownloads) throw tooMany();
    const startedMs = now();
    const giveUp = new AbortController();
    let isRead = false;
    count(1);
    raw.once('close', () => {
      count(-1);
      // Gives up the backend's connection when the client leaves, also while it is still waiting for the first byte.
      if (!isRead) giveUp.abort(CLIENT_LEFT);
    });
    try {
      const chunks = await opener.open(wanted, { giveUp, log: reply.log });
      reply.hijack();
      metrics.firstByte.observe((now() - startedMs) / 1_000);
      raw.writeHead(plan.status, { ...reply.getHeaders(), ...plan.headers } as Record<string, string | string[]>);
      watch(reply, limits);
      await sendBody(chunks, { response: raw, left: giveUp.signal, sent: metrics.bytes });
    } catch (error) {
      if (!raw.destroyed && !raw.headersSent) throw error;
      // Too late for an error of ours: whoever opened the bytes has logged why.
      reply.hijack();
      raw.destroy();
    } finally {
      isRead = true;
    }
  };
}

const CLIENT_LEFT = new Error('the client left');

/** The series that each download counts in. */
function boundMetrics({ downloadsInFlight, downloadBytes, firstByte }: ProxyMetrics) {
  return { inFlight: downloadsInFlight.of({}), bytes: downloadBytes.of({}), firstByte: firstByte.of({}) };
}

/** Breaks off what is too slow, also while the last bytes leave, long after they were written. */
function watch(reply: FastifyReply, limits: DownloadLimits): void {
  // The request's: a response that waits behind another one of its connection has none yet.
  const { socket } = reply.request.raw;
  const endWatch = watchTransfer({
    ...limits,
    sentBytes: () => socket.bytesWritten - socket.writableLength,
    onTooSlow: () => {
      reply.log.warn({ event: 'download_too_slow' }, 'a download is too slow and is broken off');
      socket.destroy();
    },
  });
  reply.raw.once('close', endWatch);
}

function tooMany(): ApiError {
  return new ApiError('unavailable', 'Too many downloads are under way; try again in a few seconds.', {
    headers: { 'retry-after': '10' },
  });
}
