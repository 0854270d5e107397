import { constants } from 'node:fs';
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
  return { name: root, read: (file, maxBytes) => readFileOf(root, file, maxBytes), close: async () => undefined };
}

/** A site in a folder. Every change of a file is a rename of a finished one beside it. */
export function createFolderStorage(options: WritableFolderOptions): SiteStorage {
  const { root } = options;
  const temporaryIn = (file: string): string => join(root, dirname(file), `.${options.temporaryName()}.tmp`);

  const put = async (file: string, make: (temporary: string) => Promise<void>): Promise<void> => {
    const temporary = temporaryIn(file);
    try {
      await mkdir(join(root, dirname(file)), { recursive: true });
      await make(temporary);
      await rename(temporary, join(root, file));
    } catch (cause) {
      await unlink(temporary).catch(ignore(NO_FILE));
      throw storageError(cause, `write ${join(root, file)}`);
    }
  };

  const replace = (file: string, make: (temporary: string) => Promise<void>): Promise<void> =>
    put(file, async (temporary) => {
      await make(temporary);
      await keepTimesApart(join(root, file), temporary, options.now());
    });
  const replaceBytes = (file: string, bytes: Uint8Array): Promise<void> =>
    replace(file, (temporary) => writeWhole(temporary, bytes));

  return {
    ...createFolderReader(options),
    replace: replaceBytes,
    expose: (blob, file) => replace(file, (temporary) => linkOrCopy(join(root, blob), temporary)),
    create: async (file, bytes) => {
      const there = await stat(join(root, file)).catch(ignore(NO_FILE));
      if (there?.size === bytes.length) return;
      await put(file, (temporary) => writeWhole(temporary, bytes));
    },
    swap: async (file, before, bytes) => {
      const current = await readFileOf(root, file);
      if (!sameBytes(current, before)) {
        throw new RegistryError(
          'conflict',
          `${join(root, file)} was changed by another indexer meanwhile; run only one, then run again.`,
        );
      }
      await replaceBytes(file, bytes);
    },
    remove: async (file) => {
      await unlink(join(root, file)).catch(ignore(NO_FILE));
      for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
        const removed = await rmdir(join(root, folder)).then(() => true, ignore(NOT_EMPTY));
        if (removed !== true) return;
      }
    },
  };
}

async function readFileOf(root: string, file: string, maxBytes = Infinity): Promise<Buffer | undefined> {
  const path = join(root, file);
  if (!path.startsWith(root + sep)) throw new RegistryError('storage', `${file} is not within ${root}.`);
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new RegistryError('too_large', `${path} is larger than the ${maxBytes} bytes allowed.`);
    return await readFile(path);
  } catch (cause) {
    if (isOneOf(cause, NO_FILE)) return undefined;
    throw storageError(cause, `read ${path}`);
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
  const old = await stat(path).catch(ignore(NO_FILE));
  if (old === undefined) return;
  const next = await stat(successor);
  if (next.ino === old.ino) return;
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
