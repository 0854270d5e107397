/**
 * Runs for each item, so many at a time. After one has failed no other is begun and those under way are told to stop;
 * it throws when all of them have ended, so nothing goes on behind its back.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  { limit, signal }: { limit: number; signal: AbortSignal },
  run: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const failures: unknown[] = [];
  const results: R[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [at, item] of queue) {
      if (either.aborted) return;
      try {
        results[at] = await run(item, either);
      } catch (error) {
        failures.push(error);
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return results;
}
