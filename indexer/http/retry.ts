import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, RegistryError, type ErrorCode } from '../model/errors.ts';

export interface RetryPolicy {
  /** Tries in all, the first included. */
  tries: number;
  /** The pause before the second try, doubled for each further one. */
  baseDelayMs: number;
  /** No pause is longer, whatever Retry-After says. */
  maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { tries: 4, baseDelayMs: 250, maxDelayMs: 120_000 };

export interface RetryContext {
  policy: RetryPolicy;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  signal: AbortSignal;
  onRetry?: (error: unknown, delayMs: number) => void;
}

const TRANSIENT: ReadonlySet<ErrorCode | undefined> = new Set(['unreachable', 'timeout', 'rate_limit']);
/** What a server answers whose database is locked for a moment, though it does not say so by 503. */
const INTERNAL_ERROR = 500;

/**
 * The pause before the next try, or undefined when there is none. Full jitter, so that many clients of one restarted
 * backend do not come back in step.
 */
export function retryDelayMs(error: unknown, tried: number, context: RetryContext): number | undefined {
  const { policy, random } = context;
  if (tried >= policy.tries || !isTransient(error)) return undefined;
  const asked = error instanceof RegistryError ? (error.retryAfterMs ?? 0) : 0;
  const backoff = policy.baseDelayMs * 2 ** (tried - 1) * (0.5 + random() / 2);
  return Math.min(policy.maxDelayMs, Math.max(asked, backoff));
}

function isTransient(error: unknown): boolean {
  return TRANSIENT.has(codeOf(error)) || (error instanceof RegistryError && error.status === INTERNAL_ERROR);
}

/** Runs an attempt until it succeeds, fails for good, or the signal aborts; the last error is thrown. */
export async function withRetry<T>(context: RetryContext, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      const delayMs = retryDelayMs(error, tried, context);
      if (delayMs === undefined) throw error;
      context.onRetry?.(error, delayMs);
      await delay(delayMs, undefined, { signal: context.signal }).catch(() => {
        throw context.signal.reason;
      });
    }
  }
}
