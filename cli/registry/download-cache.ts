import { lstat, readdir, readFile, rename, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hexOf, parseDigest, type Digest } from '../../indexer/model/digest.ts';
import { compareText } from '../../indexer/model/extension.ts';
import { errnoOf, ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { digestOfFile, type Watch } from './file-digest.ts';
import { beginPartial, isLeftBehind, type PartialFile } from './partial-file.ts';
import { replaceFile } from './replace-file.ts';
import { isAbandoned } from './temporary-name.ts';
import { makeFolder } from '../../indexer/storage/make-folder.ts';

/*
 * Downloaded assets by their digests, below the cache folder, for all processes of a user.
 *
 *   downloads/ab/<64 hex>          an asset, whole and checked; never written to again
 *   downloads/ab/<64 hex>.json     what it was downloaded as, for people
 *   downloads/partial/…            what is under way, and what was left behind: see partial-file.ts
 *
 * A file comes here by a rename when its bytes have been read again from the disk and were right; and each time it is
 * found here, they are read again.
 */

export interface DownloadCache {
  /** The asset's file, its bytes checked; undefined where it is not there. */
  find(digest: Digest, sizeBytes: number, watch: Watch): Promise<string | undefined>;
  /** A file of this process alone, with what earlier ones left of these bytes; without a digest it is empty. */
  begin(digest: Digest | undefined, sizeBytes: number): Promise<PartialFile>;
  /** Makes a checked file the asset of its digest; undefined where another process has taken the file for a leftover. */
  place(partial: PartialFile, digest: Digest, about: AssetLabel): Promise<string | undefined>;
}

/** What an asset was downloaded as. */
export interface AssetLabel {
  id: string;
  version: string;
  name: string;
}

export interface DownloadCacheOptions {
  cacheFolder: string;
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
}

const DOWNLOADS = 'downloads';
const PARTIAL = 'partial';
const HEX = /^[0-9a-f]{64}$/;

export function createDownloadCache({ cacheFolder, now, random }: DownloadCacheOptions): DownloadCache {
  const folder = join(cacheFolder, DOWNLOADS);
  const partials = join(folder, PARTIAL);
  const pathOf = (digest: Digest): string => join(folder, hexOf(digest).slice(0, 2), hexOf(digest));

  return {
    find: async (digest, sizeBytes, watch) => {
      const file = pathOf(digest);
      try {
        const found = await stat(file).catch(ignore(NO_FILE));
        if (found === undefined) return undefined;
        if (found.size === sizeBytes && (await digestOfFile(file, watch)) === digest) {
          await touch(file, now());
          return file;
        }
        // Somebody has changed it, or the disk has.
        await unlink(file);
        return undefined;
      } catch (error) {
        watch.signal.throwIfAborted();
        // Another process found it damaged, or cleans up.
        if (NO_FILE.has(errnoOf(error))) return undefined;
        throw storageError(error, `read ${file}`);
      }
    },
    begin: async (digest, sizeBytes) =>
      beginPartial(partials, { key: digest === undefined ? undefined : hexOf(digest), sizeBytes, random }),
    place: async (partial, digest, about) => {
      const file = pathOf(digest);
      try {
        await makeFolder(dirname(file));
        await rename(partial.path, file);
      } catch (cause) {
        if (NO_FILE.has(errnoOf(cause))) return undefined;
        throw storageError(cause, `write ${file}`);
      }
      // For people only: the asset is there without it.
      await replaceFile(`${file}.json`, JSON.stringify(about), random).catch(() => undefined);
      await removeLeftBehind(partials, hexOf(digest));
      return file;
    },
  };
}

/** The time of the last use, by which the cache is cleaned; where it cannot be set, that of the first stands. */
async function touch(file: string, nowMs: number): Promise<void> {
  await utimes(file, nowMs / 1_000, nowMs / 1_000).catch(() => undefined);
}

/** What earlier runs left of an asset that is there now. */
async function removeLeftBehind(folder: string, key: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const ours = names.filter((each) => isLeftBehind(each, key));
  await Promise.all(ours.map((each) => unlink(join(folder, each)).catch(() => undefined)));
}

/** An asset of the cache. */
export interface CachedAsset extends Partial<AssetLabel> {
  digest: Digest;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  usedMs: number;
}

/** How many files, and how many bytes in them. */
export interface Amount {
  files: number;
  bytes: number;
}

/** The assets that are there, the last used first. @throws RegistryError `storage` */
export async function listCache(cacheFolder: string): Promise<CachedAsset[]> {
  const found = await filesIn(join(cacheFolder, DOWNLOADS), HEX);
  const assets = await Promise.all(
    found.map(async ({ file, size, usedMs }) => {
      const label = parseLabel(await readFile(`${file}.json`, 'utf8').catch(() => ''));
      return { digest: parseDigest(`sha256:${basename(file)}`), size, usedMs, ...label };
    }),
  );
  return assets.sort((a, b) => b.usedMs - a.usedMs || compareText(a.digest, b.digest));
}

/** The assets that are there, and what is left of broken downloads. @throws RegistryError `storage` */
export async function measureCache(cacheFolder: string): Promise<Amount> {
  return amountOf([...(await filesIn(join(cacheFolder, DOWNLOADS), HEX)), ...(await partialsIn(cacheFolder))]);
}

/**
 * Removes what was not used since then, and, the longest unused first, what is more than so many bytes: assets, what is
 * left of broken downloads, and the documents that are kept of sites. What a process downloads right now stays.
 * @param usedBeforeMs milliseconds since 1970; now or later removes all
 * @returns the assets and downloads that were removed, without the documents
 * @throws RegistryError `storage`
 */
export async function cleanCache(cacheFolder: string, usedBeforeMs: number, maxBytes = Infinity): Promise<Amount> {
  const partials = (await partialsIn(cacheFolder)).filter(({ file }) => isAbandoned(processPart(file)));
  const assets = await filesIn(join(cacheFolder, DOWNLOADS), HEX);
  const newestFirst = [...partials, ...assets].sort((a, b) => b.usedMs - a.usedMs);
  let kept = 0;
  const unwanted = newestFirst.filter(({ size, usedMs }) => {
    kept += size;
    return usedMs < usedBeforeMs || kept > maxBytes;
  });
  const documents = await filesIn(join(cacheFolder, 'documents'), /^[0-9a-f]{64}\.(?:json|overview\d)$/);
  const old = documents.filter(({ usedMs }) => usedMs < usedBeforeMs);
  for (const { file } of [...unwanted, ...old]) await removeFile(file);
  for (const { file } of unwanted) await removeFile(`${file}.json`);
  return amountOf(unwanted);
}

interface FoundFile {
  file: string;
  size: number;
  usedMs: number;
}

/** The files of such names in the folders of a folder; nothing else is ever touched. */
async function filesIn(folder: string, names: RegExp): Promise<FoundFile[]> {
  try {
    const folders = (await readdir(folder).catch(ignore(NO_FILE))) ?? [];
    const paths = folders
      .filter((each) => /^[0-9a-f]{2}$/.test(each))
      .map(async (each) => statAll(join(folder, each), (name) => names.test(name)));
    return (await Promise.all(paths)).flat();
  } catch (cause) {
    throw storageError(cause, `list ${folder}`);
  }
}

async function partialsIn(cacheFolder: string): Promise<FoundFile[]> {
  const folder = join(cacheFolder, DOWNLOADS, PARTIAL);
  try {
    return await statAll(folder, () => true);
  } catch (cause) {
    throw storageError(cause, `list ${folder}`);
  }
}

async function statAll(folder: string, isWanted: (name: string) => boolean): Promise<FoundFile[]> {
  const names = ((await readdir(folder).catch(ignore(NO_FILE))) ?? []).filter(isWanted);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const stats = await lstat(file).catch(ignore(NO_FILE));
      return stats?.isFile() === true ? [{ file, size: stats.size, usedMs: stats.mtimeMs }] : [];
    }),
  );
  return found.flat();
}

async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file).catch(ignore(NO_FILE));
  } catch (cause) {
    throw storageError(cause, `remove ${file}`);
  }
}

/** `<64 hex>.<pid>-…` */
function processPart(file: string): string {
  return basename(file).split('.')[1] ?? '';
}

function amountOf(files: readonly FoundFile[]): Amount {
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/** Nothing where it is damaged. */
function parseLabel(text: string): Partial<AssetLabel> {
  try {
    const { id, version, name } = JSON.parse(text) as Partial<AssetLabel>;
    return [id, version, name].every((each) => typeof each === 'string') ? ({ id, version, name } as AssetLabel) : {};
  } catch {
    return {};
  }
}
