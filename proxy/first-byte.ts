import { RegistryError } from '../indexer/model/errors.ts';

export interface Patience {
  /** Aborts when the caller's does, and when the time is over before `end`. */
  signal: AbortSignal;
  /** The first byte is there, or nobody waits for it any more. */
  end(): void;
}

/**
 * How long a client is let wait for its first byte, over all locations: less than the time after which an idle
 * connection is closed, so that it hears which backend failed instead of nothing.
 */
export function startPatience(signal: AbortSignal, firstByteMs: number): Patience {
  const over = new AbortController();
  const timer = setTimeout(() => {
    const seconds = Math.round(firstByteMs / 1_000);
    over.abort(new RegistryError('timeout', `The backend gave no first byte within ${seconds} s; try again later.`));
  }, firstByteMs);
  return { signal: AbortSignal.any([signal, over.signal]), end: () => clearTimeout(timer) };
}
