import { isDeepStrictEqual } from 'node:util';
import { digestOf } from '../model/digest.ts';
import type { DocumentReference, GenerationsDocument, Manifest, Pointer } from '../model/documents.ts';
import { codeOf } from '../model/errors.ts';
import { renderDocument, renderManifest, type RenderedDocument } from '../site/documents.ts';
import { fileOf, GENERATIONS, MANIFEST, MEMORY, POINTER_FILE, SEARCH } from '../site/layout.ts';
import type { SiteStorage } from '../storage/storage.ts';
import { changeEach } from './change-each.ts';
import { collectBlobs, dateDropped } from './collect.ts';
import { droppedGenerations, nextGenerations, readGenerations } from './generations.ts';
import { readUnfinished, UNFINISHED_FILE, writeUnfinished } from './unfinished.ts';

/** What is published where we are about to publish. */
export interface Current {
  pointer: Pointer;
  /** The pointer's very bytes, for compare-and-swap. */
  bytes: Buffer;
  manifest: Manifest;
  /** Its manifest is damaged; in its place is one of what the friendly files are. */
  salvaged?: true;
}

/** A document of the generation; without its bytes where its by-hash file is known to be there. */
export type PublishedDocument = Pick<RenderedDocument, 'path' | 'reference'> & { bytes?: Buffer };

export interface PublishOptions {
  /** Every document of the generation but its manifest, in any order. */
  documents: Iterable<PublishedDocument>;
  /** Given the manifest, search and memory documents, the pointer and the reports that go with it. */
  conclude: (parts: Record<'manifest' | 'search' | 'memory', DocumentReference>) => {
    pointer: Pointer;
    reports: RenderedDocument[];
  };
  /** How many generations can be gone back to, this one included. */
  keepGenerations: number;
  /** Milliseconds since 1970: how old by-hash files are. */
  now: () => number;
}

export interface Published {
  pointer: Pointer;
  /** False when the generation that was there already is still the current one. */
  changed: boolean;
  /** Documents whose bytes are new. */
  written: number;
  removed: number;
  /** By-hash files that nobody needs any more. */
  collected: number;
}

/**
 * Makes a generation the visible site, in the one order of section 4 of the design: files named by their bytes, then
 * each friendly path by atomic replacement, then the pointer by compare-and-swap, then removals. Killed at any point,
 * a reader through the pointer still finds a whole site, old or new.
 */
export async function publishSite(
  storage: SiteStorage,
  current: Current | undefined,
  { documents, conclude, keepGenerations, now }: PublishOptions,
): Promise<Published> {
  const before = current?.manifest.documents ?? {};
  const { references, manifest, changed } = await createBlobs(storage, current, documents);
  const friendly = new Map(references).set(MANIFEST, manifest);
  const gone = Object.keys(before).filter((path) => !references.has(path));
  const unfinished = await readUnfinished(storage);
  // Files that get further names from now on lack all of them: the manifest's are as good a sign as any.
  const isNamed = (await storage.isWhole?.(fileOf(MANIFEST))) ?? true;
  const left =
    unfinished?.paths ?? (unfinished === undefined && isNamed ? [] : [...Object.keys(before), ...friendly.keys()]);
  const touched = new Set([...left, ...changed, ...gone]);
  if (touched.size > 0) await writeUnfinished(storage, manifest.digest, touched);
  const shown = [...touched].map((path) => ({ blob: friendly.get(path)?.path, file: fileOf(path) }));
  await changeEach(storage, shown, async ({ blob, file }) => {
    if (blob !== undefined) await storage.expose(blob, file);
  });
  const search = references.get(SEARCH);
  const memory = references.get(MEMORY);
  if (search === undefined || memory === undefined) throw new TypeError('A site has a search document and a memory.');
  const { pointer, reports } = conclude({ manifest, search, memory });
  for (const { path, bytes } of reports) await storage.replace(fileOf(path), bytes);
  try {
    await storage.swap(POINTER_FILE, current?.bytes, renderDocument('', pointer).bytes);
  } catch (error) {
    // Whoever has won meanwhile may have taken the note for its own, and what we have shown is not of its generation.
    if (codeOf(error) === 'conflict' && touched.size > 0) await writeUnfinished(storage, manifest.digest, touched);
    throw error;
  }

  const hidden = [...touched].filter((path) => !friendly.has(path)).map(fileOf);
  await changeEach(storage, hidden, (file) => storage.remove(file));
  const isNew = current?.pointer.manifest.digest !== manifest.digest;
  if (isNew) await writeUnfinished(storage, manifest.digest, []);
  const blobs = new Set([...friendly.values()].map((each) => each.path));
  const keeping = { current: current?.pointer, next: pointer, keep: keepGenerations, blobs };
  const others = await listGenerations(storage, keeping);
  const collected = isNew ? await collectBlobs(storage, { current: blobs, others, nowMs: now() }) : 0;
  if (touched.size > 0 || unfinished !== undefined) await storage.remove(UNFINISHED_FILE);
  return { pointer, changed: isNew, written: changed.length, removed: gone.length, collected };
}

interface Keeping {
  current: Pointer | undefined;
  next: Pointer;
  keep: number;
  /** By-hash files of the next generation. */
  blobs: ReadonlySet<string>;
}

/**
 * Says which generations are kept: once the next one is published, or one that is killed before would have forgotten the
 * oldest for nothing.
 * @returns the manifests of those beside the next one
 */
async function listGenerations(
  storage: SiteStorage,
  { current, next, keep, blobs }: Keeping,
): Promise<DocumentReference[]> {
  const listed = await readGenerations(storage);
  const generations = nextGenerations(listed, { current, next, keep });
  const others = generations.slice(1).map((each) => each.manifest);
  const dropped = droppedGenerations(listed, { current, kept: generations });
  await dateDropped(storage, { current: blobs, oldest: others.at(-1), dropped });
  if (!isDeepStrictEqual(generations, listed)) {
    const { bytes } = renderDocument(GENERATIONS, { schema: 1, generations } satisfies GenerationsDocument);
    await storage.replace(fileOf(GENERATIONS), bytes);
  }
  return others;
}

interface Created {
  /** Path -> document, but for the manifest. */
  references: Map<string, DocumentReference>;
  manifest: DocumentReference;
  /** Paths whose documents are new. */
  changed: string[];
}

async function createBlobs(
  storage: SiteStorage,
  current: Current | undefined,
  documents: Iterable<PublishedDocument>,
): Promise<Created> {
  const before = new Map(Object.entries(current?.manifest.documents ?? {}).map(([path, { digest }]) => [path, digest]));
  if (current !== undefined && current.salvaged !== true) before.set(MANIFEST, current.pointer.manifest.digest);
  const references = new Map<string, DocumentReference>();
  const created: string[] = [];
  const repaired: string[] = [];
  const looked = new Set<string>();
  const create = async ({ path, bytes, reference }: PublishedDocument): Promise<void> => {
    const file = reference.path;
    if (bytes === undefined || looked.has(file)) return;
    // Asked for also what should be there: a file that somebody removed comes back by itself.
    if (await storage.create(file, bytes)) created.push(file);
    // One that was there is looked into only when it is about to be shown anew, since cost follows change.
    else if (before.get(path) === reference.digest) return;
    else if (await isDamaged(storage, reference)) {
      await storage.replace(file, bytes);
      repaired.push(file);
    }
    looked.add(file);
  };
  try {
    await changeEach(storage, documents, (document) => {
      references.set(document.path, document.reference);
      return create(document);
    });
    const manifest = renderDocument(MANIFEST, renderManifest(references));
    await create(manifest);
    // Every path of a file that was written, also one that had its bytes before: it may be a name of the damaged file.
    const fresh = new Set([...created, ...repaired]);
    const changed = [...references, [MANIFEST, manifest.reference] as const]
      .filter(([path, { digest, path: file }]) => before.get(path) !== digest || fresh.has(file))
      .map(([path]) => path);
    return { references, manifest: manifest.reference, changed };
  } catch (error) {
    // Or each run on a disk that is nearly full would fill it up some more. Nothing refers to these files yet.
    await changeEach(storage, created, (file) => storage.remove(file).catch(() => undefined));
    throw error;
  }
}

/** Whether a by-hash file of the right length has other bytes. */
async function isDamaged(storage: SiteStorage, { path, digest }: DocumentReference): Promise<boolean> {
  const bytes = await storage.read(path);
  return bytes === undefined || digestOf(bytes) !== digest;
}
