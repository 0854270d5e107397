import { setTimeout as pause } from 'node:timers/promises';

const POLL_INTERVAL_MS = 25;

/** Asks again and again until `check` gives true; throws once `timeoutMs` have passed. */
export async function waitUntil(what: string, check: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await pause(POLL_INTERVAL_MS);
  }
}
