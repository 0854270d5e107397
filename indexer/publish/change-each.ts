import type { SiteStorage } from '../storage/storage.ts';

/**
 * Changes something for each of many, as many at once as the storage takes, and asks for the next one only when there is
 * room for it. At the first failure no further one is begun; it is thrown once all that had begun have ended.
 */
export async function changeEach<T>(
  { concurrency = 1 }: SiteStorage,
  items: Iterable<T>,
  change: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const state = { isOver: false };
  const work = async (): Promise<void> => {
    try {
      while (!state.isOver) {
        const next = iterator.next();
        if (next.done === true) return;
        await change(next.value);
      }
    } finally {
      state.isOver = true;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
