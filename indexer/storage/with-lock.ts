import type { SiteLock, SiteStorage } from './storage.ts';

/** A lock that was looked at so lately is taken for held. */
const RECENTLY_MS = 1_000;

/**
 * Runs one writer's work while every other writer is kept out, where the storage can do that. A writer that was
 * stopped so long that another believed it dead and took its place changes nothing more once it wakes up.
 * @param now milliseconds since 1970
 */
export async function withLock<T>(
  storage: SiteStorage,
  now: () => number,
  run: (storage: SiteStorage) => Promise<T>,
): Promise<T> {
  if (storage.lock === undefined) return run(storage);
  const lock = await storage.lock();
  let result: T;
  try {
    result = await run(guarded(storage, lock, now));
  } catch (error) {
    // What went wrong with the work is the better thing to tell.
    await lock.release().catch(() => undefined);
    throw error;
  }
  await lock.release();
  return result;
}

function guarded(storage: SiteStorage, lock: SiteLock, now: () => number): SiteStorage {
  let lookedMs = now();
  let looking: Promise<void> | undefined;
  const lookNow = async (): Promise<void> => {
    await lock.assertHeld();
    lookedMs = now();
  };
  const look = async (recentlyMs: number): Promise<void> => {
    // A clock that jumped either way says nothing of how long ago that was.
    if (Math.abs(now() - lookedMs) < recentlyMs) return;
    // Of many changes at once, one looks for all; a pointer is changed only after a look of its own.
    if (recentlyMs === 0) return lookNow();
    looking ??= lookNow().finally(() => (looking = undefined));
    await looking;
  };
  const first = async <C>(change: () => Promise<C>, recentlyMs = RECENTLY_MS): Promise<C> => {
    await look(recentlyMs);
    return change();
  };
  return {
    ...storage,
    create: (file, bytes) => first(() => storage.create(file, bytes)),
    expose: (blob, file) => first(() => storage.expose(blob, file)),
    replace: (file, bytes) => first(() => storage.replace(file, bytes)),
    swap: (file, before, bytes) => first(() => storage.swap(file, before, bytes), 0),
    remove: (file) => first(() => storage.remove(file)),
    touch: (file) => first(() => storage.touch(file)),
  };
}
