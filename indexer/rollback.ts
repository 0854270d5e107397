import { openKept, readMemory, salvageCurrent } from './current-site.ts';
import type { Held, Item, KeptGeneration, Pointer, StatusDocument } from './model/documents.ts';
import { codeOf, messageOf, RegistryError } from './model/errors.ts';
import { formatTime } from './model/text.ts';
import { nextGenerations, readGenerations } from './publish/generations.ts';
import { publishSite, type Current, type Published, type PublishedDocument } from './publish/publish.ts';
import { finishPublished, readUnfinished } from './publish/unfinished.ts';
import { openSite, parseDocument, readPointer, type Site } from './read-site.ts';
import { renderDocument } from './site/documents.ts';
import { blobOf, fileOf, LIST, MEMORY, POINTER_FILE, STATUS } from './site/layout.ts';
import type { SiteStorage } from './storage/storage.ts';
import { withLock } from './storage/with-lock.ts';

export interface RollbackDependencies {
  storage: SiteStorage;
  keepGenerations: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface RolledBack extends Published {
  /** The generation whose content is shown again. */
  held: Held;
}

/**
 * Publishes the content of an earlier generation as a new one and holds it there until `resumeSite`. Only the memory
 * stays the newest, so that what was seen first is never forgotten.
 * @param wanted without it, the one before the one that is shown
 * @throws RegistryError `not_found` that lists the kept generations, `unavailable`, `locked`, `storage`
 */
export function rollBackSite(wanted: number | undefined, dependencies: RollbackDependencies): Promise<RolledBack> {
  const { storage, now } = dependencies;
  return withLock(storage, now, (locked) => rollBack(wanted, { ...dependencies, storage: locked }));
}

/** Lets the indexer publish again. @returns what held it; undefined where nothing did */
export function resumeSite({ storage, now }: Omit<RollbackDependencies, 'keepGenerations'>): Promise<Held | undefined> {
  return withLock(storage, now, async (locked) => {
    const found = await readPointer(locked);
    if (found === undefined) throw nothingPublished(storage);
    const { held, ...pointer } = found.pointer;
    if (held !== undefined) await locked.swap(POINTER_FILE, found.bytes, renderDocument('', pointer).bytes);
    return held;
  });
}

async function rollBack(
  wanted: number | undefined,
  { storage, keepGenerations, now }: RollbackDependencies,
): Promise<RolledBack> {
  const current = await salvageCurrent(storage);
  if (current === undefined) throw nothingPublished(storage);
  if (wanted === undefined) {
    const begun = await finishRollback(storage, current);
    if (begun !== undefined) return begun;
  }
  const kept = await listKept(storage, current.pointer);
  const shown = current.pointer.held?.generation ?? current.pointer.generation;
  const target = kept.find(({ generation }) => (wanted === undefined ? generation < shown : generation === wanted));
  if (target === undefined) {
    throw notKept(
      wanted === undefined ? `No generation before ${shown} is kept` : `Generation ${wanted} is not kept`,
      kept,
    );
  }

  const old = await readKept(storage, { current, target, kept });
  const since = formatTime(now());
  const held = { since, generation: target.generation };
  const status = await readStatus(storage);
  const published = await publishSite(storage, current, {
    documents: old.documents,
    keepGenerations,
    now,
    conclude: ({ manifest, search }) => {
      const isNew = manifest.digest !== current.pointer.manifest.digest;
      const { generation, created } = isNew
        ? { generation: current.pointer.generation + 1, created: since }
        : current.pointer;
      const pointer = { ...current.pointer, generation, created, manifest, counts: old.counts, search, held };
      return { pointer, reports: status === undefined ? [] : [renderDocument(STATUS, { ...status, generation })] };
    },
  });
  return { ...published, held };
}

/**
 * What a rollback did that was killed after it had published, before it told: the next one is its second try, and no
 * further step back. Undefined where none was.
 */
async function finishRollback(storage: SiteStorage, current: Current): Promise<RolledBack | undefined> {
  const { pointer, salvaged } = current;
  const unfinished = await readUnfinished(storage);
  const isPublished = unfinished?.manifest === pointer.manifest.digest;
  if (pointer.held === undefined || !isPublished || salvaged === true) return undefined;
  await finishPublished(storage, current);
  return { pointer, held: pointer.held, changed: true, written: 0, removed: 0, collected: 0 };
}

/** Those that are published, whatever a run that was killed has listed. */
async function listKept(storage: SiteStorage, current: Pointer): Promise<KeptGeneration[]> {
  const listed = await readGenerations(storage);
  return nextGenerations(listed, { current, next: current, keep: Infinity });
}

interface Choice {
  current: Current;
  target: KeptGeneration;
  kept: readonly KeptGeneration[];
}

interface OldContent {
  documents: PublishedDocument[];
  counts: Pointer['counts'];
}

/** Every document of a kept generation, each read and checked, but with the newest memory. */
async function readKept(storage: SiteStorage, { current, target, kept }: Choice): Promise<OldContent> {
  const memory = await readNewestMemory(storage, { current, kept });
  try {
    const site = await openSite(storage, { ...current.pointer, manifest: target.manifest });
    const documents: PublishedDocument[] = [];
    for (const path of Object.keys(site.manifest.documents)) {
      documents.push(path === MEMORY ? memory : await readOld(site, path, current));
    }
    const list = await site.readDocument(LIST);
    return { documents, counts: countsOf(JSON.parse(String(list)) as Item[]) };
  } catch (cause) {
    if (codeOf(cause) !== 'invalid_site') throw cause;
    const others = kept.filter((each) => each !== target);
    throw notKept(`Generation ${target.generation} is no longer whole (${messageOf(cause)})`, others, cause);
  }
}

/** The current one, so that what was seen first is never forgotten; where it is damaged, the newest that is whole. */
async function readNewestMemory(
  storage: SiteStorage,
  { current, kept }: Omit<Choice, 'target'>,
): Promise<PublishedDocument> {
  const newest = await readMemory(storage, current.manifest);
  if (newest !== undefined) return newest;
  for (const { manifest } of kept) {
    const site = await openKept(storage, { ...current.pointer, manifest });
    const memory = site && (await readMemory(storage, site.manifest));
    if (memory !== undefined) return memory;
  }
  throw new RegistryError(
    'invalid_site',
    `${storage.name}: no generation that is kept has a memory that is whole; run the indexer once with --first-run, ` +
      'which forgets what was first seen.',
  );
}

async function readOld(site: Site, path: string, { manifest }: Current): Promise<PublishedDocument> {
  const bytes = await site.readDocument(path);
  const entry = site.manifest.documents[path];
  if (bytes === undefined || entry === undefined) throw new TypeError(`${path} is in the manifest that was just read.`);
  const isShown = manifest.documents[path]?.digest === entry.digest;
  return { path, reference: { path: blobOf(entry.digest), ...entry }, ...(!isShown && { bytes }) };
}

function countsOf(list: readonly Item[]): Pointer['counts'] {
  const perType = Map.groupBy(list, (each) => each.type);
  return {
    extensions: list.length,
    versions: list.reduce((sum, each) => sum + (each.version_count ?? 1), 0),
    by_type: Object.fromEntries([...perType].map(([type, items]) => [type, items.length])),
  };
}

/**
 * It tells of the newest crawl and names the current generation, so only that changes. One that is missing or damaged is
 * left to the next crawl: nothing must keep an operator from going back.
 */
async function readStatus(storage: SiteStorage): Promise<StatusDocument | undefined> {
  const bytes = await storage.read(fileOf(STATUS));
  try {
    return bytes && parseDocument<StatusDocument>(bytes, fileOf(STATUS));
  } catch {
    return undefined;
  }
}

function nothingPublished({ name }: SiteStorage): RegistryError {
  return new RegistryError('unavailable', `${name} has no published site; run index first.`);
}

function notKept(what: string, kept: readonly KeptGeneration[], cause?: unknown): RegistryError {
  const list = kept.map(({ generation, created }) => `  ${generation}, made ${created}`).join('\n');
  return new RegistryError(
    'not_found',
    `${what}; name one that can be gone back to, as many as [site] keep_generations:\n${list}`,
    cause === undefined ? {} : { cause },
  );
}
