import { digestOf } from '../model/digest.ts';
import type { DocumentReference, Manifest } from '../model/documents.ts';
import { blobOf, BLOBS } from '../site/layout.ts';
import type { SiteStorage } from '../storage/storage.ts';
import { changeEach } from './change-each.ts';

/** So long a by-hash file that nothing names is there, for readers that still hold a pointer or a manifest to it. */
const KEPT_MS = 7 * 86_400_000;
const BLOB_NAME = /^[0-9a-f]{64}\.json$/;

export interface CollectOptions {
  /** Files of the generation that has just been published. */
  current: ReadonlySet<string>;
  /** The manifests of the other generations that are kept. */
  others: readonly DocumentReference[];
  /** Milliseconds since 1970. */
  nowMs: number;
}

export interface DropOptions {
  /** Files of the generation that is about to be published. */
  current: ReadonlySet<string>;
  /** The manifest of the oldest other one that stays; undefined where none does. */
  oldest: DocumentReference | undefined;
  /** The manifests of those that go. */
  dropped: readonly DocumentReference[];
}

/**
 * Dates the by-hash files of generations that are no longer kept, for their week begins now, however old they are. What
 * the oldest one that stays names has its turn when that one goes. To be called before anything says that they have
 * gone, so that a run which is killed does it again.
 */
export async function dateDropped(storage: SiteStorage, { current, oldest, dropped }: DropOptions): Promise<void> {
  if (dropped.length === 0) return;
  const named = new Set(oldest === undefined ? [] : await filesOf(storage, oldest));
  for (const each of dropped) {
    const unnamed = (await filesOf(storage, each)).filter((file) => !current.has(file) && !named.has(file));
    await changeEach(storage, unnamed, (file) => storage.touch(file));
  }
}

/**
 * Removes by-hash files that are older than a week and that no kept generation names. It looks at the age of those only
 * that the current generation does not name, and reads the other manifests only when one of them is old. Killed at any
 * point it has removed less, and nothing that anybody needs.
 * @returns how many
 */
export async function collectBlobs(storage: SiteStorage, { current, others, nowMs }: CollectOptions): Promise<number> {
  const old: string[] = [];
  for (const folder of await storage.list(BLOBS)) {
    const names = (await storage.list(`${BLOBS}/${folder}`)).filter((each) => BLOB_NAME.test(each));
    const files = names.map((each) => `${BLOBS}/${folder}/${each}`).filter((each) => !current.has(each));
    const times = await Promise.all(files.map((each) => storage.modifiedMs(each)));
    old.push(...files.filter((_, at) => nowMs - (times[at] ?? nowMs) > KEPT_MS));
  }
  if (old.length === 0) return 0;
  const named = new Set<string>();
  for (const each of others) for (const file of await filesOf(storage, each)) named.add(file);
  const useless = old.filter((each) => !named.has(each));
  await changeEach(storage, useless, (file) => storage.remove(file));
  return useless.length;
}

/** The by-hash files of a generation; none of one whose manifest is lost, since nobody can read it any more. */
async function filesOf(storage: SiteStorage, manifest: DocumentReference): Promise<string[]> {
  const bytes = await storage.read(manifest.path);
  if (bytes === undefined || digestOf(bytes) !== manifest.digest) return [];
  const { documents } = JSON.parse(bytes.toString('utf8')) as Manifest;
  return [manifest.path, ...Object.values(documents).map((each) => blobOf(each.digest))];
}
