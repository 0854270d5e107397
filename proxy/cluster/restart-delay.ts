const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** A worker that served for so long did not fail at what it does first. */
export const STEADY_MS = 60_000;

/** How long to wait before a worker is replaced, so that a crash loop is no busy loop. @param failures that came soon, in a row */
export function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
}
