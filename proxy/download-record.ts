import type { FastifyReply } from 'fastify';
import { ApiError } from './error-table.ts';
import type { CounterSeries, HistogramSeries } from './metrics.ts';
import type { WantedAsset } from './open-asset.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import { WrongBytesError } from './verified-body.ts';

/** How a download can end. */
export const DOWNLOAD_OUTCOMES = [
  'complete',
  'client_left',
  'backend_failed',
  'mismatch',
  'too_slow',
  'refused',
] as const;

export type DownloadOutcome = (typeof DOWNLOAD_OUTCOMES)[number];

/** One download as it is counted and logged, in one line, when its connection is done with it. */
export interface DownloadRecord {
  /** Counts bytes of the asset as they are handed to the kernel. */
  sent: CounterSeries;
  /** The first bytes are there. */
  begin(): void;
  /** What ended it before its time; the first thing told stands, and nothing that is told after the end. */
  fail(reason: unknown): void;
}

export interface DownloadRecords {
  /** Ends at once for a client that has left already. */
  open(reply: FastifyReply, wanted: WantedAsset): DownloadRecord;
}

/** What fails a download without being an error of a backend. */
export const TOO_SLOW = new Error('The client takes too little.');

export function createDownloadRecords(metrics: ProxyMetrics, now: () => number): DownloadRecords {
  const series = boundSeries(metrics);
  return {
    open: (reply, { id, version, asset }) => {
      const { raw, log } = reply;
      const startedMs = now();
      const sinceMs = (): number => Math.max(0, now() - startedMs);
      let bytes = 0;
      let firstByteMs: number | undefined;
      let failure: DownloadOutcome | undefined;
      const end = (): void => {
        const outcome = failure ?? (raw.writableFinished ? 'complete' : 'client_left');
        series.ended[outcome].add(1);
        log.info(
          {
            event: 'download',
            extension: id,
            version,
            asset: asset.name,
            outcome,
            ...(raw.headersSent && { status: raw.statusCode }),
            bytes,
            ...(firstByteMs !== undefined && { first_byte_ms: Math.round(firstByteMs) }),
            duration_ms: Math.round(sinceMs()),
          },
          'download',
        );
      };
      if (raw.destroyed) end();
      else raw.once('close', end);
      return {
        sent: {
          add: (amount) => {
            bytes += amount;
            series.bytes.add(amount);
          },
        },
        begin: () => {
          firstByteMs = sinceMs();
          series.firstByte.observe(firstByteMs / 1_000);
        },
        fail: (reason) => (failure ??= outcomeOf(reason)),
      };
    },
  };
}

function outcomeOf(reason: unknown): DownloadOutcome {
  if (reason === TOO_SLOW) return 'too_slow';
  if (reason instanceof WrongBytesError) return 'mismatch';
  const error = reason instanceof ApiError ? reason.answer.body.error : undefined;
  if (error === 'unavailable') return 'refused';
  return error === 'conflict' ? 'mismatch' : 'backend_failed';
}

interface BoundSeries {
  bytes: CounterSeries;
  firstByte: HistogramSeries;
  ended: Record<DownloadOutcome, CounterSeries>;
}

function boundSeries({ downloads, downloadBytes, firstByte }: ProxyMetrics): BoundSeries {
  const ended = DOWNLOAD_OUTCOMES.map((outcome) => [outcome, downloads.of({ outcome })] as const);
  return {
    bytes: downloadBytes.of({}),
    firstByte: firstByte.of({}),
    ended: Object.fromEntries(ended) as BoundSeries['ended'],
  };
}
