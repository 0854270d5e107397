import { RegistryError } from '../indexer/model/errors.ts';

export interface Patience {
  /** Whether the time was over before `end`. */
  isOver(): boolean;
  /** The first byte is there, or nobody waits for it any more. */
  end(): void;
}

/**
 * How long a client is let wait for its first byte, over all locations: less than the time after which an idle
 * connection is closed, so that it hears which backend failed instead of nothing.
 * @param giveUp aborted when the time is over; the client's own, for a signal that follows two costs 30 us a download
 */
export function startPatience(giveUp: AbortController, firstByteMs: number): Patience {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    const seconds = Math.round(firstByteMs / 1_000);
    giveUp.abort(new RegistryError('timeout', `The backend gave no first byte within ${seconds} s; try again later.`));
  }, firstByteMs);
  return { isOver: () => isOver, end: () => clearTimeout(timer) };
}
