import { manifestOfFriendly, openKept } from './current-site.ts';
import { digestOf, type Digest } from './model/digest.ts';
import type { KeptGeneration, Manifest, Pointer } from './model/documents.ts';
import { RegistryError } from './model/errors.ts';
import { nextGenerations, readGenerations } from './publish/generations.ts';
import { finishPublished } from './publish/unfinished.ts';
import { readPointer } from './read-site.ts';
import { renderDocument, renderManifest, type RenderedDocument } from './site/documents.ts';
import { blobOf, fileOf, MANIFEST, OUTSIDE_GENERATIONS } from './site/layout.ts';
import type { SiteStorage } from './storage/storage.ts';
import { withLock } from './storage/with-lock.ts';

/** One file that is not what it should be. */
export interface DamagedFile {
  /** Relative to the site's v1. */
  file: string;
  fault: 'damaged' | 'missing';
  /** The document whose file it is, or one of them. */
  document: string;
  /** That have the document, the newest first; none for a report, which is of no generation. */
  generations: number[];
  /** Made anew of another copy; removed, so that a run writes it again; or left as it is. */
  done: 'restored' | 'removed' | 'left';
}

export interface Examination {
  pointer: Pointer;
  /** Those that were examined, the newest first. */
  generations: number[];
  /** Files. */
  checked: number;
  damaged: DamagedFile[];
}

/**
 * Reads every document of every generation that is kept, by its by-hash file and, of the current one, by its friendly file.
 * What is damaged is made anew of its other copy; where there is none its by-hash file is removed, since a publisher
 * leaves alone what is there.
 * @param now milliseconds since 1970
 * @throws RegistryError `unavailable`, `locked`, `storage`, `invalid_site` for a damaged pointer
 */
export function examineSite({ storage, now }: { storage: SiteStorage; now: () => number }): Promise<Examination> {
  return withLock(storage, now, examine);
}

/** A by-hash file, and what is known of it. */
interface Wanted {
  digest: Digest;
  document: string;
  generations: number[];
}

async function examine(storage: SiteStorage): Promise<Examination> {
  const found = await readPointer(storage);
  if (found === undefined) {
    throw new RegistryError('unavailable', `${storage.name} has no published site; run index first.`);
  }
  const { pointer } = found;
  const { manifest, remade } = await readManifest(storage, pointer);
  // The friendly paths that a killed run was changing are not damaged.
  if (manifest !== undefined) await finishPublished(storage, { pointer, manifest });
  const kept = nextGenerations(await readGenerations(storage), { current: pointer, next: pointer, keep: Infinity });
  const wanted = await wantedOf(storage, kept, { pointer, manifest });
  const friendly = new Map(Object.entries(manifest?.documents ?? {}).map(([path, { digest }]) => [path, digest]));
  friendly.set(MANIFEST, pointer.manifest.digest);
  const copyOf = (digest: Digest): Promise<Buffer | undefined> =>
    remade?.reference.digest === digest ? Promise.resolve(remade.bytes) : readCopy(storage, friendly, digest);
  const damaged: DamagedFile[] = [];
  for (const [file, each] of wanted) damaged.push(...(await examineBlob(storage, { file, ...each, copyOf })));
  for (const [path, digest] of friendly) damaged.push(...(await examineFriendly(storage, { path, digest, pointer })));
  for (const path of OUTSIDE_GENERATIONS) damaged.push(...(await examineReport(storage, path)));
  const checked = wanted.size + friendly.size + OUTSIDE_GENERATIONS.size;
  return { pointer, generations: kept.map((each) => each.generation), checked, damaged };
}

/** The current manifest; where it is damaged, one that is remade of the friendly files, if they still are what it said. */
async function readManifest(
  storage: SiteStorage,
  pointer: Pointer,
): Promise<{ manifest?: Manifest; remade?: RenderedDocument }> {
  const whole = await openKept(storage, pointer);
  if (whole !== undefined) return { manifest: whole.manifest };
  const { documents } = await manifestOfFriendly(storage);
  const references = Object.entries(documents).map(
    ([path, entry]) => [path, { path: blobOf(entry.digest), ...entry }] as const,
  );
  const manifest = renderManifest(new Map(references));
  const remade = renderDocument(MANIFEST, manifest);
  return remade.reference.digest === pointer.manifest.digest ? { manifest, remade } : {};
}

/** By-hash file -> what it should be, of every kept generation whose manifest is whole. */
async function wantedOf(
  storage: SiteStorage,
  kept: readonly KeptGeneration[],
  { pointer, manifest: current }: { pointer: Pointer; manifest: Manifest | undefined },
): Promise<Map<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const { generation, manifest } of kept) {
    const isCurrent = manifest.digest === pointer.manifest.digest;
    const known = isCurrent ? current : (await openKept(storage, { ...pointer, manifest }))?.manifest;
    const documents = [...Object.entries(known?.documents ?? {}), [MANIFEST, manifest] as const];
    for (const [document, { digest }] of documents) {
      const file = blobOf(digest);
      const before = wanted.get(file);
      // One document may have the same bytes under several paths.
      if (before?.generations.at(-1) !== generation) before?.generations.push(generation);
      if (before === undefined) wanted.set(file, { digest, document, generations: [generation] });
    }
  }
  return wanted;
}

/** The bytes of a document of the current generation by its friendly files. */
async function readCopy(
  storage: SiteStorage,
  friendly: ReadonlyMap<string, Digest>,
  wanted: Digest,
): Promise<Buffer | undefined> {
  for (const [path] of [...friendly].filter(([, digest]) => digest === wanted)) {
    const bytes = await storage.read(fileOf(path));
    if (bytes !== undefined && digestOf(bytes) === wanted) return bytes;
  }
  return undefined;
}

interface WantedBlob extends Wanted {
  file: string;
  copyOf: (digest: Digest) => Promise<Buffer | undefined>;
}

async function examineBlob(storage: SiteStorage, wanted: WantedBlob): Promise<DamagedFile[]> {
  const { file, digest, document, generations } = wanted;
  const fault = await faultOf(storage, file, digest);
  if (fault === undefined) return [];
  const copy = await wanted.copyOf(digest);
  if (copy !== undefined) await storage.replace(file, copy);
  else await storage.remove(file);
  const done = copy !== undefined ? 'restored' : fault === 'damaged' ? 'removed' : 'left';
  return [{ file, fault, document, generations, done }];
}

interface FriendlyFile {
  path: string;
  digest: Digest;
  pointer: Pointer;
}

/** It is left where its by-hash file is no better: a run that writes that makes it anew, too. */
async function examineFriendly(storage: SiteStorage, { path, digest, pointer }: FriendlyFile): Promise<DamagedFile[]> {
  const [file, blob] = [fileOf(path), blobOf(digest)];
  const fault = await faultOf(storage, file, digest);
  if (fault === undefined) return [];
  const isWhole = (await faultOf(storage, blob, digest)) === undefined;
  if (isWhole) await storage.expose(blob, file);
  return [{ file, fault, document: path, generations: [pointer.generation], done: isWhole ? 'restored' : 'left' }];
}

/** Every run writes it anew, so it is only told. */
async function examineReport(storage: SiteStorage, document: string): Promise<DamagedFile[]> {
  const file = fileOf(document);
  const bytes = await storage.read(file);
  const fault = bytes === undefined ? 'missing' : 'damaged';
  return bytes !== undefined && isJson(bytes) ? [] : [{ file, fault, document, generations: [], done: 'left' }];
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

async function faultOf(storage: SiteStorage, file: string, digest: Digest): Promise<DamagedFile['fault'] | undefined> {
  const bytes = await storage.read(file);
  if (bytes === undefined) return 'missing';
  return digestOf(bytes) === digest ? undefined : 'damaged';
}
