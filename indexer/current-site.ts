import type { Current } from './publish/publish.ts';
import { openSite, readPointer } from './read-site.ts';
import type { SiteReader } from './storage/storage.ts';

/** What is published in a place; undefined where nothing is. */
export async function loadCurrent(from: SiteReader): Promise<Current | undefined> {
  const found = await readPointer(from);
  return found && { ...found, manifest: (await openSite(from, found.pointer)).manifest };
}
