import { damaged, readMemory } from './current-site.ts';
import type { Item, Pointer, VersionEntry } from './model/documents.ts';
import { RegistryError } from './model/errors.ts';
import { extensionId, type ExtensionId } from './model/extension.ts';
import { loadLooks } from './load-looks.ts';
import type { LooksDocument } from './model/looks.ts';
import { emptyMemory, type Memory } from './model/memory.ts';
import { inventoryOf, type Inventory } from './publish/gate.ts';
import type { Current } from './publish/publish.ts';
import { UNFINISHED_FILE } from './publish/unfinished.ts';
import { openSite, parseDocument, readPointer } from './read-site.ts';
import { fileOf, LIST, MEMORY, versionsPath } from './site/layout.ts';
import type { SiteReader, SiteStorage } from './storage/storage.ts';

/** What a crawl starts from. */
export interface Start {
  memory: Memory;
  /** Of the generation whose memory it is; undefined for an empty one. */
  pointer?: Pointer;
  /** What a site shows whose own memory is lost: what there is to lose, all the same. */
  listed?: Inventory;
  /** Of the same memory. */
  looks?: LooksDocument;
}

export interface StartOptions {
  /** Where the site is published. */
  storage: SiteStorage;
  /** `[indexer] previous` */
  previous: SiteReader | undefined;
  firstRun: boolean;
}

/**
 * The own site's memory; without an own site, that of `previous`; where a first run is meant, an empty one.
 * @throws RegistryError `invalid_site`, `storage`, `refused`
 */
export async function loadStart(current: Current | undefined, options: StartOptions): Promise<Start> {
  if (current === undefined) return loadElsewhere(options);
  const { storage, firstRun } = options;
  const { pointer, manifest } = current;
  const memory = await readMemory(storage, manifest);
  if (memory !== undefined) {
    const looks = await loadLooks(storage, memory.reference.digest);
    return { memory: parseDocument<Memory>(memory.bytes, `${storage.name}: memory`), pointer, ...(looks && { looks }) };
  }
  if (!firstRun) throw damaged(storage, pointer, { what: 'memory' });
  return { ...(await loadElsewhere(options)), listed: await listedIn(storage) };
}

async function loadElsewhere({ storage, previous, firstRun }: StartOptions): Promise<Start> {
  const pointer = previous && (await readPointer(previous))?.pointer;
  if (previous === undefined || pointer === undefined) {
    if (firstRun) return { memory: emptyMemory() };
    if (previous !== undefined) {
      throw new RegistryError(
        'storage',
        `[indexer] previous: ${previous.name} has no published site; correct it, or run once with --first-run.`,
      );
    }
    if (!(await hasLostPointer(storage))) return { memory: emptyMemory() };
    throw new RegistryError(
      'invalid_site',
      `${storage.name} has documents but no index.json: restore it, or run once with --first-run, which forgets what was first seen.`,
    );
  }
  if (pointer.held !== undefined) {
    throw new RegistryError(
      'refused',
      `[indexer] previous: ${previous.name} is held at generation ${pointer.held.generation} by a rollback; resume it there first.`,
    );
  }
  const site = await openSite(previous, pointer);
  const bytes = await site.readDocument(MEMORY);
  if (bytes === undefined)
    throw new RegistryError('invalid_site', `${previous.name} has no memory; it cannot be started from.`);
  const looks = await loadLooks(previous, site.manifest.documents[MEMORY]?.digest);
  return { memory: parseDocument<Memory>(bytes, `${previous.name}: memory`), pointer, ...(looks && { looks }) };
}

/** A site whose pointer somebody removed; one whose first publishing was killed has said that it is unfinished. */
async function hasLostPointer(storage: SiteStorage): Promise<boolean> {
  const [memory, unfinished] = await Promise.all([storage.read(fileOf(MEMORY)), storage.read(UNFINISHED_FILE)]);
  return memory !== undefined && unfinished === undefined;
}

/** What the friendly documents list, of those that can be read. */
async function listedIn(storage: SiteReader): Promise<Inventory> {
  const items = await readArray<Item>(storage, LIST);
  const listed: { id: ExtensionId; versions: VersionEntry[] }[] = [];
  for (const { type, name } of items) {
    const id = extensionId(type, name);
    listed.push({ id, versions: await readArray<VersionEntry>(storage, versionsPath(id)) });
  }
  return inventoryOf(listed, { sources: {} });
}

async function readArray<T>(from: SiteReader, path: string): Promise<T[]> {
  const bytes = await from.read(fileOf(path));
  if (bytes === undefined) return [];
  try {
    return JSON.parse(bytes.toString('utf8')) as T[];
  } catch {
    // It is as damaged as the memory.
    return [];
  }
}
