import type { SiteStorage } from './storage.ts';

/** How the file of each document ends that is one by its folder's name. */
const ENDING = '/index.json';

/**
 * Gives each document's file `p/index.json` a second name, `p`, for hosts that rewrite nothing: where files have no
 * folders, both can be. Files of other names, and the pointer, have one only.
 */
export function withTwins(storage: SiteStorage): SiteStorage {
  const onEach = async (file: string, change: (file: string) => Promise<void>): Promise<void> => {
    await change(file);
    const twin = twinOf(file);
    if (twin !== undefined) await change(twin);
  };
  return {
    ...storage,
    expose: (blob, file) => onEach(file, (each) => storage.expose(blob, each)),
    replace: (file, bytes) => onEach(file, (each) => storage.replace(each, bytes)),
    remove: (file) => onEach(file, (each) => storage.remove(each)),
    isWhole: async (file) => {
      const twin = twinOf(file);
      return twin === undefined || (await storage.modifiedMs(twin)) !== undefined;
    },
  };
}

/** Undefined for a file that has none. */
export function twinOf(file: string): string | undefined {
  return file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : undefined;
}
