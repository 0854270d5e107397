import { isDeepStrictEqual } from 'node:util';
import { isDigest, type Digest } from '../model/digest.ts';
import type { GenerationsDocument, Manifest, Pointer } from '../model/documents.ts';
import { renderDocument } from '../site/documents.ts';
import { blobOf, fileOf, GENERATIONS, MANIFEST } from '../site/layout.ts';
import type { SiteStorage } from '../storage/storage.ts';
import { changeEach } from './change-each.ts';
import { nextGenerations, readGenerations } from './generations.ts';

/**
 * From the first friendly path that is changed to the end of the publishing: which paths, and what they are changed to. A
 * run that is killed leaves it behind, and the next one sets right every path in it, whether its own generation changes
 * that path or not.
 */
export const UNFINISHED_FILE = '.unfinished.json';

export interface Unfinished {
  /** Of the generation that was being published; undefined where the file does not say. */
  manifest: Digest | undefined;
  /** Undefined where the file cannot be read, so that it may be any. */
  paths: string[] | undefined;
}

export async function writeUnfinished(storage: SiteStorage, manifest: Digest, paths: Iterable<string>): Promise<void> {
  await storage.replace(UNFINISHED_FILE, Buffer.from(`${JSON.stringify({ manifest, paths: [...paths] })}\n`));
}

/** What a killed run was changing; undefined where none was killed. */
export async function readUnfinished(storage: SiteStorage): Promise<Unfinished | undefined> {
  const bytes = await storage.read(UNFINISHED_FILE);
  if (bytes === undefined) return undefined;
  const nothingKnown = { manifest: undefined, paths: undefined };
  try {
    const { manifest, paths } = JSON.parse(bytes.toString('utf8')) as { manifest: unknown; paths: unknown };
    if (typeof manifest !== 'string' || !isDigest(manifest) || !Array.isArray(paths)) return nothingKnown;
    return paths.every((each) => typeof each === 'string') ? { manifest, paths } : nothingKnown;
  } catch {
    return nothingKnown;
  }
}

/**
 * Makes the friendly paths that a killed run was changing those of the generation that is published. Publishing does so by
 * itself; this is for a site where nothing is published, because a rollback holds it.
 */
export async function finishPublished(
  storage: SiteStorage,
  { pointer, manifest }: { pointer: Pointer; manifest: Manifest },
): Promise<void> {
  const unfinished = await readUnfinished(storage);
  if (unfinished === undefined) return;
  const published = new Map(Object.entries(manifest.documents).map(([path, { digest }]) => [path, blobOf(digest)]));
  published.set(MANIFEST, pointer.manifest.path);
  await changeEach(storage, unfinished.paths ?? published.keys(), async (path) => {
    const blob = published.get(path);
    await (blob === undefined ? storage.remove(fileOf(path)) : storage.expose(blob, fileOf(path)));
  });
  const listed = await readGenerations(storage);
  const generations = nextGenerations(listed, { current: pointer, next: pointer, keep: Infinity });
  if (!isDeepStrictEqual(generations, listed)) {
    const { bytes } = renderDocument(GENERATIONS, { schema: 1, generations } satisfies GenerationsDocument);
    await storage.replace(fileOf(GENERATIONS), bytes);
  }
  await storage.remove(UNFINISHED_FILE);
}
