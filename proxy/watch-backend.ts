import type { OnSend } from '../indexer/http/exchange.ts';
import { statusError } from '../indexer/http/status.ts';
import { codeOf } from '../indexer/model/errors.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

export interface BackendWatch {
  metrics: Pick<ProxyMetrics, 'backendRequests' | 'backendDuration'>;
  /** The source's name; its token service and its storage are asked on its behalf. */
  source: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Counts each request that goes out to a source's servers, by what came of it, until the header of its answer. */
export function watchBackend({ metrics, source, now }: BackendWatch): OnSend {
  const duration = metrics.backendDuration.of({ source });
  const count = (outcome: string): void => metrics.backendRequests.add({ source, outcome }, 1);
  return () => {
    const startedMs = now();
    return (end) => {
      duration.observe(Math.max(0, now() - startedMs) / 1_000);
      count('status' in end ? outcomeOfStatus(end.status) : outcomeOfError(end.error));
    };
  };
}

/** `ok`, `redirect`, or the code of the error that the status becomes. */
function outcomeOfStatus(status: number): string {
  if (status >= 200 && status < 300) return 'ok';
  if (status >= 300 && status < 400) return 'redirect';
  return statusError(status, '', undefined).code;
}

/** An error's code; `given_up` where we left, most often since the client had left. */
function outcomeOfError(error: unknown): string {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  return codeOf(error) ?? (isLate ? 'timeout' : 'given_up');
}
