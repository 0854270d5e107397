import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import type { DownloadPlan } from './download-plan.ts';
import type { AssetOpener, WantedAsset } from './open-asset.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

export interface SendAssetOptions {
  opener: AssetOpener;
  metrics: ProxyMetrics;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Streams an asset. The client sees a status only when the first bytes are there, and an end only when all were right:
 * anything else breaks the connection, which every client takes for what it is.
 * @throws ApiError before anything was sent
 */
export async function sendAsset(
  reply: FastifyReply,
  { wanted, plan }: { wanted: WantedAsset; plan: DownloadPlan },
  { opener, metrics, now }: SendAssetOptions,
): Promise<void> {
  const { raw } = reply;
  // It left while the asset was looked up: `close` will not come again, and nothing that is written would ever drain.
  if (raw.destroyed) {
    reply.hijack();
    return;
  }
  const startedMs = now();
  const left = new AbortController();
  metrics.downloadsInFlight.add({}, 1);
  raw.once('close', () => {
    metrics.downloadsInFlight.add({}, -1);
    // Gives up the backend's connection when the client leaves, also while it is still waiting for the first byte.
    left.abort(new Error('the client left'));
  });
  try {
    const chunks = await opener.open(wanted, { signal: left.signal, log: reply.log });
    reply.hijack();
    metrics.firstByte.observe({}, (now() - startedMs) / 1_000);
    raw.writeHead(plan.status, { ...reply.getHeaders(), ...plan.headers } as Record<string, string | string[]>);
    for await (const chunk of chunks) {
      metrics.downloadBytes.add({}, chunk.length);
      if (!raw.write(chunk)) await once(raw, 'drain', { signal: left.signal });
    }
    raw.end();
  } catch (error) {
    if (!left.signal.aborted && !raw.headersSent) throw error;
    // Too late for an error of ours: whoever opened the bytes has logged why.
    reply.hijack();
    raw.destroy();
  }
}
