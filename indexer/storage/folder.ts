import { constants, type Stats } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { RegistryError } from '../model/errors.ts';
import { acquireFolderLock, TEMPORARY_FOLDER } from './folder-lock.ts';
import { readProcessIdentity } from './process-identity.ts';
import { errnoOf, ignore, NO_FILE, NO_LINK, storageError } from './storage-error.ts';
import type { SiteLock, SiteReader, SiteStorage } from './storage.ts';
import { makeFolder } from './make-folder.ts';

export interface FolderOptions {
  /** Absolute path of the site's `v1`. */
  root: string;
}

export interface WritableFolderOptions extends FolderOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** A name of letters, digits, `-` and `_` that no other writer uses at the same time. */
  temporaryName: () => string;
}

const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);

export function createFolderReader({ root }: FolderOptions): SiteReader {
  return {
    name: root,
    read: async (file, maxBytes) => readWhole(pathIn(root, file), maxBytes),
    close: async () => undefined,
  };
}

/** A site in a folder. Every change of a file is a rename of a finished one. */
export function createFolderStorage(options: WritableFolderOptions): SiteStorage {
  const { root } = options;

  const put = async (path: string, make: (temporary: string) => Promise<void>): Promise<void> => {
    const temporary = join(root, TEMPORARY_FOLDER, options.temporaryName());
    try {
      await withFolderOf(temporary, () => make(temporary));
      await withFolderOf(path, () => rename(temporary, path));
    } catch (cause) {
      // What hindered the writing hinders this, too, and is the better thing to tell.
      await unlink(temporary).catch(() => undefined);
      throw storageError(cause, `write ${path}`);
    }
  };

  const replace = (path: string, make: (temporary: string) => Promise<void>): Promise<void> =>
    put(path, async (temporary) => {
      await make(temporary);
      await keepTimesApart(path, temporary, options.now());
    });
  const replaceBytes = (path: string, bytes: Uint8Array): Promise<void> =>
    replace(path, (temporary) => writeWhole(temporary, bytes));

  return {
    ...createFolderReader(options),
    replace: async (file, bytes) => replaceBytes(pathIn(root, file), bytes),
    expose: async (blob, file) => {
      const [from, to] = [pathIn(root, blob), pathIn(root, file)];
      if (!(await isOneFile(from, to))) await replace(to, (temporary) => linkOrCopy(from, temporary));
    },
    create: async (file, bytes) => {
      const path = pathIn(root, file);
      if ((await statOf(path))?.size === bytes.length) return false;
      await put(path, (temporary) => writeWhole(temporary, bytes));
      return true;
    },
    swap: async (file, before, bytes) => {
      const path = pathIn(root, file);
      if (!sameBytes(await readWhole(path), before)) throw changedMeanwhile(path);
      await replaceBytes(path, bytes);
    },
    remove: async (file) => removeWithFolders(root, pathIn(root, file)),
    list: async (folder) => namesIn(pathIn(root, folder)),
    touch: async (file) => touchFile(pathIn(root, file), options.now()),
    modifiedMs: async (file) => (await statOf(pathIn(root, file)))?.mtimeMs,
    lock: () => lockFolder(options),
  };
}

async function lockFolder({ root, now, temporaryName }: WritableFolderOptions): Promise<SiteLock> {
  const identity = await readProcessIdentity(process.pid);
  return acquireFolderLock({ root, identity, token: temporaryName(), now });
}

function changedMeanwhile(path: string): RegistryError {
  return new RegistryError(
    'conflict',
    `${path} was changed by another indexer meanwhile; run only one, then run again.`,
  );
}

/** @throws RegistryError `storage` for a name that leads out of the site */
function pathIn(root: string, file: string): string {
  const path = join(root, file);
  if (path.startsWith(root + sep)) return path;
  throw new RegistryError('storage', `${file} is not within ${root}.`);
}

async function readWhole(path: string, maxBytes = Infinity): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new RegistryError('too_large', `${path} is larger than the ${maxBytes} bytes allowed.`);
    return await readFile(path);
  } catch (cause) {
    if (NO_FILE.has(errnoOf(cause))) return undefined;
    throw storageError(cause, `read ${path}`);
  }
}

/** @throws RegistryError `storage` */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if (NO_FILE.has(errnoOf(cause))) return undefined;
    throw storageError(cause, `look at ${path}`);
  }
}

/** rename(2) between two names of one file does nothing, and would leave the temporary name behind. */
async function isOneFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([statOf(a), statOf(b)]);
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** A file, and the folders that it leaves empty. */
async function removeWithFolders(root: string, path: string): Promise<void> {
  try {
    await unlink(path).catch(ignore(NO_FILE));
    for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
      const removed = await rmdir(folder).then(() => true, ignore(NOT_EMPTY));
      if (removed !== true) return;
    }
  } catch (cause) {
    throw storageError(cause, `remove ${path}`);
  }
}

async function touchFile(path: string, nowMs: number): Promise<void> {
  const mtimeMs = (await statOf(path))?.mtimeMs;
  if (mtimeMs === undefined || mtimeMs >= nowMs) return;
  try {
    await utimes(path, nowMs / 1000, nowMs / 1000).catch(ignore(NO_FILE));
  } catch (cause) {
    throw storageError(cause, `date ${path}`);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder).catch(ignore(NO_FILE))) ?? [];
  } catch (cause) {
    throw storageError(cause, `list ${folder}`);
  }
}

/** Does something with a file whose folder may be missing, which is seldom. */
async function withFolderOf(file: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(file));
    await run();
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

/** One file with two names where the file system has links, else a second file. */
async function linkOrCopy(existing: string, path: string): Promise<void> {
  try {
    await link(existing, path);
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error))) throw error;
    await copyFile(existing, path, constants.COPYFILE_EXCL);
  }
}

/**
 * Web servers make an ETag of whole seconds and the size, so two contents of one path must never share a second, also
 * when the clock jumped back: the new file is then dated one second after the old one.
 */
async function keepTimesApart(path: string, successor: string, nowMs: number): Promise<void> {
  const old = await statOf(path);
  if (old === undefined) return;
  const next = await stat(successor);
  const oldSecond = Math.floor(old.mtimeMs / 1000);
  if (Math.floor(next.mtimeMs / 1000) > oldSecond) return;
  const second = Math.max(Math.floor(nowMs / 1000), oldSecond + 1);
  await utimes(successor, second, second);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.from(a).equals(b);
}
