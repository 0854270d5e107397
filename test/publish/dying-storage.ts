import type { SiteStorage } from '../../indexer/storage/storage.ts';

export class Killed extends Error {}

/** The same storage until it is killed: told to change something for the n-th time, it does nothing any more. */
export function dyingAt(storage: SiteStorage, n: number): SiteStorage {
  let told = 0;
  const orDie = <T>(change: () => Promise<T>): Promise<T> =>
    (told += 1) < n ? change() : Promise.reject(new Killed());
  return {
    ...storage,
    create: (file, bytes) => orDie(() => storage.create(file, bytes)),
    expose: (blob, file) => orDie(() => storage.expose(blob, file)),
    replace: (file, bytes) => orDie(() => storage.replace(file, bytes)),
    swap: (file, before, bytes) => orDie(() => storage.swap(file, before, bytes)),
    remove: (file) => orDie(() => storage.remove(file)),
    touch: (file) => orDie(() => storage.touch(file)),
  };
}

/** Whether a run lived to its end; any other failure than being killed is thrown. */
export async function livedThrough(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return true;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return false;
  }
}
