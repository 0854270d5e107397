import type { FastifyReply } from 'fastify';
import { giveBack } from '../indexer/http/read-buffers.ts';
import type { DownloadPlan } from './download-plan.ts';
import { ApiError } from './error-table.ts';
import type { AssetOpener, WantedAsset } from './open-asset.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
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
  const { opener, metrics, limits, now } = options;
  let inFlight = 0;
  const count = (change: 1 | -1): void => {
    inFlight += change;
    metrics.downloadsInFlight.add({}, change);
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
    const left = new AbortController();
    count(1);
    raw.once('close', () => {
      count(-1);
      // Gives up the backend's connection when the client leaves, also while it is still waiting for the first byte.
      left.abort(new Error('the client left'));
    });
    try {
      const chunks = await opener.open(wanted, { signal: left.signal, log: reply.log });
      reply.hijack();
      metrics.firstByte.observe({}, (now() - startedMs) / 1_000);
      raw.writeHead(plan.status, { ...reply.getHeaders(), ...plan.headers } as Record<string, string | string[]>);
      await stream(chunks, { reply, left: left.signal, options });
    } catch (error) {
      if (!left.signal.aborted && !raw.headersSent) throw error;
      // Too late for an error of ours: whoever opened the bytes has logged why.
      reply.hijack();
      raw.destroy();
    }
  };
}

/**
 * What may wait in our memory for a client that reads slowly: one large read. The stream's own 64 KiB would stop the
 * backend after every chunk, which costs a fast download a tenth of its rate.
 */
const MAX_UNSENT_BYTES = 512 * 1024;

interface Streaming {
  reply: FastifyReply;
  left: AbortSignal;
  options: AssetSenderOptions;
}

async function stream(chunks: AsyncIterable<Buffer>, { reply, left, options }: Streaming): Promise<void> {
  const { raw } = reply;
  let written = 0;
  const endWatch = watchTransfer({
    ...options.limits,
    sentBytes: () => written - raw.writableLength,
    onTooSlow: () => {
      reply.log.warn({ event: 'download_too_slow' }, 'a download is too slow and is broken off');
      raw.destroy();
    },
  });
  // Also while the last bytes leave, long after they were written.
  raw.once('close', endWatch);
  // Called when a chunk has left for the kernel, and when the client has.
  let wake = (): void => undefined;
  left.addEventListener('abort', () => wake());
  for await (const chunk of chunks) {
    options.metrics.downloadBytes.add({}, chunk.length);
    written += chunk.length;
    raw.write(chunk, (error) => {
      if (!error) giveBack(chunk);
      wake();
    });
    while (raw.writableLength > MAX_UNSENT_BYTES && !left.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    left.throwIfAborted();
  }
  raw.end();
}

function tooMany(): ApiError {
  return new ApiError('unavailable', 'Too many downloads are under way; try again in a few seconds.', {
    headers: { 'retry-after': '10' },
  });
}
