import type { FastifyReply } from 'fastify';
import type { DownloadPlan } from './download-plan.ts';
import { createDownloadRecords, TOO_SLOW } from './download-record.ts';
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

export function createAssetSender({ opener, metrics, limits, now }: AssetSenderOptions): SendAsset {
  const records = createDownloadRecords(metrics, now);
  const places = createPlaces(metrics, limits);

  return async (reply, { wanted, plan }) => {
    const { raw } = reply;
    const record = records.open(reply, wanted);
    // It left while the asset was looked up: `close` will not come again, and nothing that is written would ever drain.
    if (raw.destroyed) {
      reply.hijack();
      return;
    }
    const giveUp = new AbortController();
    let isRead = false;
    try {
      places.take(reply);
      raw.once('close', () => {
        // Gives up the backend's connection when the client leaves, also while it is still waiting for the first byte.
        if (!isRead) giveUp.abort(CLIENT_LEFT);
      });
      const chunks = await opener.open(wanted, { giveUp, log: reply.log });
      reply.hijack();
      record.begin();
      raw.writeHead(plan.status, { ...reply.getHeaders(), ...plan.headers } as Record<string, string | string[]>);
      watch(reply, limits, () => record.fail(TOO_SLOW));
      await sendBody(chunks, { response: raw, left: giveUp.signal, sent: record.sent });
    } catch (error) {
      record.fail(error);
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

/** How many downloads may be under way, and are. */
function createPlaces({ downloadsInFlight, downloadsLimit }: ProxyMetrics, { maxDownloads }: DownloadLimits) {
  const metric = downloadsInFlight.of({});
  downloadsLimit.set({}, maxDownloads);
  let inFlight = 0;
  const count = (change: 1 | -1): void => {
    inFlight += change;
    metric.add(change);
  };
  return {
    /** Until the reply's connection is done with it. @throws ApiError where there is no place left */
    take: ({ raw }: FastifyReply): void => {
      if (inFlight >= maxDownloads) throw tooMany();
      count(1);
      raw.once('close', () => count(-1));
    },
  };
}

/** Breaks off what is too slow, also while the last bytes leave, long after they were written. */
function watch(reply: FastifyReply, limits: DownloadLimits, onTooSlow: () => void): void {
  // The request's: a response that waits behind another one of its connection has none yet.
  const { socket } = reply.request.raw;
  const endWatch = watchTransfer({
    ...limits,
    sentBytes: () => socket.bytesWritten - socket.writableLength,
    onTooSlow: () => {
      onTooSlow();
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
