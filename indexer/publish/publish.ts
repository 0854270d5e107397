import { isDeepStrictEqual } from 'node:util';
import type { DocumentReference, GenerationsDocument, Manifest, Pointer } from '../model/documents.ts';
import { renderDocument, renderManifest, type RenderedDocument } from '../site/documents.ts';
import { fileOf, GENERATIONS, MANIFEST, POINTER_FILE, SEARCH } from '../site/layout.ts';
import type { SiteStorage } from '../storage/storage.ts';
import { collectBlobs } from './collect.ts';
import { nextGenerations, readGenerations } from './generations.ts';

/** What is published where we are about to publish. */
export interface Current {
  pointer: Pointer;
  /** The pointer's very bytes, for compare-and-swap. */
  bytes: Buffer;
  manifest: Manifest;
}

/** A document of the generation; without its bytes where its by-hash file is known to be there. */
export type PublishedDocument = Pick<RenderedDocument, 'path' | 'reference'> & { bytes?: Buffer };

export interface PublishOptions {
  /** Every document of the generation but its manifest, in any order. */
  documents: Iterable<PublishedDocument>;
  /** Given the manifest and search documents, the pointer and the reports that go with it. */
  conclude: (parts: { manifest: DocumentReference; search: DocumentReference }) => {
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
 * While friendly paths are being changed: which ones. A run that is killed leaves it behind, and the next one sets right
 * every path in it, whether its own generation changes that path or not.
 */
export const UNFINISHED_FILE = '.unfinished.json';

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
  const unfinished = (await readUnfinished(storage)) ?? [...Object.keys(before), ...friendly.keys()];
  const touched = new Set([...unfinished, ...changed, ...gone]);
  if (touched.size > 0) await storage.replace(UNFINISHED_FILE, Buffer.from(`${JSON.stringify([...touched])}\n`));
  for (const path of touched) {
    const blob = friendly.get(path)?.path;
    if (blob !== undefined) await storage.expose(blob, fileOf(path));
  }
  const search = references.get(SEARCH);
  if (search === undefined) throw new TypeError('A site has a search document.');
  const { pointer, reports } = conclude({ manifest, search });
  const listed = await readGenerations(storage);
  const kept = nextGenerations(listed, { current: current?.pointer, next: pointer, keep: keepGenerations });
  if (!isDeepStrictEqual(kept, listed)) {
    reports.push(renderDocument(GENERATIONS, { schema: 1, generations: kept } satisfies GenerationsDocument));
  }
  for (const { path, bytes } of reports) await storage.replace(fileOf(path), bytes);
  await storage.swap(POINTER_FILE, current?.bytes, renderDocument('', pointer).bytes);

  for (const path of touched) if (!friendly.has(path)) await storage.remove(fileOf(path));
  if (touched.size > 0) await storage.remove(UNFINISHED_FILE);
  const isNew = current?.pointer.manifest.digest !== manifest.digest;
  const blobs = new Set([...friendly.values()].map((each) => each.path));
  const others = kept.slice(1).map((each) => each.manifest);
  const collected = isNew ? await collectBlobs(storage, { current: blobs, others, nowMs: now() }) : 0;
  return { pointer, changed: isNew, written: changed.length, removed: gone.length, collected };
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
  const before = current?.manifest.documents ?? {};
  const references = new Map<string, DocumentReference>();
  const changed: string[] = [];
  const written: string[] = [];
  const create = async ({ path, bytes, reference }: PublishedDocument, isNew: boolean): Promise<void> => {
    // Asked for also what should be there: a file that somebody removed comes back by itself.
    const isWritten = bytes !== undefined && (await storage.create(reference.path, bytes));
    if (isWritten) written.push(reference.path);
    if (isNew || isWritten) changed.push(path);
  };
  try {
    for (const document of documents) {
      references.set(document.path, document.reference);
      const old = Object.hasOwn(before, document.path) ? before[document.path] : undefined;
      await create(document, old?.digest !== document.reference.digest);
    }
    const manifest = renderDocument(MANIFEST, renderManifest(references));
    await create(manifest, current?.pointer.manifest.digest !== manifest.reference.digest);
    return { references, manifest: manifest.reference, changed };
  } catch (error) {
    // Or each run on a disk that is nearly full would fill it up some more. Nothing refers to these files yet.
    for (const file of written) await storage.remove(file).catch(() => undefined);
    throw error;
  }
}

/** The paths that a killed run was changing; undefined when it left a list that cannot be read, so that it may be any. */
async function readUnfinished(storage: SiteStorage): Promise<string[] | undefined> {
  const bytes = await storage.read(UNFINISHED_FILE);
  if (bytes === undefined) return [];
  try {
    const paths: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(paths) && paths.every((each) => typeof each === 'string') ? paths : undefined;
  } catch {
    return undefined;
  }
}
