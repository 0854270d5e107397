/** Runs something at once while fewer than so many others run, else when one of them has ended; in order. */
export type Limit = <T>(run: () => Promise<T>) => Promise<T>;

/**
 * Those that wait are in an array, and never in a linked list: once its first nodes are old, such a list keeps all that
 * comes after them from being collected, answers included, which took a crawl of thousands of requests 8 % of its time.
 */
export function createLimit(concurrency: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running < concurrency) running += 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
