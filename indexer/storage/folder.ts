import { constants, type Stats } from 'node:fs';
import { copyFile, link, mkdir, open, readFile, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { RegistryError, messageOf } from '../model/errors.ts';
import type { SiteReader, SiteStorage } from './storage.ts';

export interface FolderOptions {
  /** Absolute path of the site's `v1`. */
  root: string;
}

export interface WritableFolderOptions extends FolderOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** A name that no other writer uses at the same time. */
  temporaryName: () => string;
}

const NO_FILE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);
const NO_LINK: ReadonlySet<unknown> = new Set(['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'ENOSYS']);
const NOT_EMPTY: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);

export function createFolderReader({ root }: FolderOptions): SiteReader {
  return {
    name: root,
    read: async (file, maxBytes) => readWhole(pathIn(root, file), maxBytes),
    close: async () => undefined,
  };
}

/** A site in a folder. Every change of a file is a rename of a finished one beside it. */
export function createFolderStorage(options: WritableFolderOptions): SiteStorage {
  const { root } = options;

  const put = async (path: string, make: (temporary: string) => Promise<void>): Promise<void> => {
    const temporary = join(dirname(path), `.${options.temporaryName()}.tmp`);
    try {
      await mkdir(dirname(path), { recursive: true });
      await make(temporary);
      await rename(temporary, path);
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
      if (!sameBytes(await readWhole(path), before)) {
        throw new RegistryError(
          'conflict',
          `${path} was changed by another indexer meanwhile; run only one, then run again.`,
        );
      }
      await replaceBytes(path, bytes);
    },
    remove: async (file) => removeWithFolders(root, pathIn(root, file)),
  };
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
    if (isOneOf(cause, NO_FILE)) return undefined;
    throw storageError(cause, `read ${path}`);
  }
}

/** @throws RegistryError `storage` */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if (isOneOf(cause, NO_FILE)) return undefined;
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
    if (!isOneOf(error, NO_LINK)) throw error;
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

function isOneOf(error: unknown, codes: ReadonlySet<unknown>): boolean {
  return typeof error === 'object' && error !== null && codes.has((error as { code?: unknown }).code);
}

/** Turns an expected system error into undefined and throws every other. */
function ignore(codes: ReadonlySet<unknown>): (error: unknown) => undefined {
  return (error) => {
    if (!isOneOf(error, codes)) throw error;
    return undefined;
  };
}

function storageError(cause: unknown, what: string): RegistryError {
  if (cause instanceof RegistryError) return cause;
  return new RegistryError('storage', `Cannot ${what}: ${messageOf(cause)}; see its permissions and the free space.`, {
    cause,
  });
}
