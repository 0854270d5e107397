import { digestOf } from './model/digest.ts';
import type { Manifest, Pointer } from './model/documents.ts';
import { codeOf, RegistryError } from './model/errors.ts';
import type { Current } from './publish/publish.ts';
import { openSite, readPointer, readReferenced, type Site } from './read-site.ts';
import type { RenderedDocument } from './site/documents.ts';
import { blobOf, DOCUMENT_FOLDERS, fileOf, isFilePath, MEMORY, POINTER_FILE } from './site/layout.ts';
import type { SiteReader, SiteStorage } from './storage/storage.ts';

/** A type may be named like a file, so its folder is looked into as well. */
const FILE_ENDING = /\.(?:html|json|xml)$/;

/**
 * What is published in a place; undefined where nothing is.
 * @throws RegistryError `invalid_site` that tells the way out, where its manifest is damaged
 */
export async function loadCurrent(from: SiteReader): Promise<Current | undefined> {
  const found = await readPointer(from);
  if (found === undefined) return undefined;
  try {
    return { ...found, manifest: (await openSite(from, found.pointer)).manifest };
  } catch (cause) {
    throw codeOf(cause) === 'invalid_site' ? damaged(from, found.pointer, { what: 'manifest', cause }) : cause;
  }
}

/** The same for who makes do with what is left, since a next generation is published over it. */
export async function salvageCurrent(storage: SiteStorage): Promise<Current | undefined> {
  try {
    return await loadCurrent(storage);
  } catch (error) {
    const found = codeOf(error) === 'invalid_site' ? await readPointer(storage) : undefined;
    if (found === undefined) throw error;
    const { memory, ...others } = await manifestOfFriendly(storage).then((each) => each.documents);
    // A file that is what its by-hash name says is what once was published, whatever has happened to the manifest.
    const isWhole = memory !== undefined && (await storage.modifiedMs(blobOf(memory.digest))) !== undefined;
    return { ...found, manifest: { schema: 1, documents: { ...others, ...(isWhole && { memory }) } }, salvaged: true };
  }
}

/** The manifest of what the friendly files are just now: the site's own, where none of them is damaged. */
export async function manifestOfFriendly(storage: SiteStorage): Promise<Manifest> {
  const documents: Manifest['documents'] = {};
  for (const folder of DOCUMENT_FOLDERS) {
    for await (const path of pathsIn(storage, folder)) {
      const bytes = await storage.read(fileOf(path));
      if (bytes !== undefined) documents[path] = { digest: digestOf(bytes), size: bytes.length };
    }
  }
  return { schema: 1, documents };
}

async function* pathsIn(storage: SiteStorage, folder: string): AsyncGenerator<string> {
  for (const name of await storage.list(folder)) {
    const path = `${folder}/${name}`;
    if (isFilePath(path) && FILE_ENDING.test(path) && (await storage.list(path)).length === 0) yield path;
    else if (name === POINTER_FILE) yield folder;
    else yield* pathsIn(storage, path);
  }
}

/** A generation by the manifest that is in the place of the pointer's; undefined where that is damaged. */
export async function openKept(from: SiteReader, pointer: Pointer): Promise<Site | undefined> {
  try {
    return await openSite(from, pointer);
  } catch (error) {
    if (codeOf(error) !== 'invalid_site') throw error;
    return undefined;
  }
}

/** The memory of a generation; undefined where it is missing or damaged. */
export async function readMemory(from: SiteReader, manifest: Manifest): Promise<RenderedDocument | undefined> {
  const entry = manifest.documents[MEMORY];
  if (entry === undefined) return undefined;
  const reference = { path: blobOf(entry.digest), ...entry };
  try {
    return { path: MEMORY, reference, bytes: await readReferenced(from, reference, fileOf(MEMORY)) };
  } catch (error) {
    if (codeOf(error) !== 'invalid_site') throw error;
    return undefined;
  }
}

export interface Damage {
  what: 'manifest' | 'memory';
  cause?: unknown;
}

/** The one message for damage that ends every run until somebody decides what may be forgotten. */
export function damaged({ name }: SiteReader, { generation }: Pointer, { what, cause }: Damage): RegistryError {
  return new RegistryError(
    'invalid_site',
    `${name}: the ${what} of generation ${generation} is damaged. Run fsck, which repairs what can be repaired; if the ` +
      'next run says so again, go back with rollback, which takes the newest memory that is whole, then resume; or run ' +
      'once with --first-run, which forgets what was first seen.',
    { cause },
  );
}
