export interface TransferWatch {
  /** Bytes that have left for the client so far. */
  sentBytes: () => number;
  minWindowBytes: number;
  windowMs: number;
  /** Called once, at the end of the first window in which too little has left. */
  onTooSlow: () => void;
}

/**
 * Watches a transfer that is under way. A socket's idle time does not catch a client that takes a few bytes every
 * minute, and each such client keeps a backend's connection and a place that another could have.
 * @returns what ends the watch
 */
export function watchTransfer({ sentBytes, minWindowBytes, windowMs, onTooSlow }: TransferWatch): () => void {
  let before = sentBytes();
  const timer = setInterval(() => {
    const now = sentBytes();
    if (now - before >= minWindowBytes) before = now;
    else {
      clearInterval(timer);
      onTooSlow();
    }
  }, windowMs);
  timer.unref();
  return () => clearInterval(timer);
}
