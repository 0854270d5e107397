import { constants } from 'node:fs';
import { copyFile, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../indexer/model/digest.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { digestOfHandle, type Watch } from './file-digest.ts';
import { isAbandoned, temporaryName } from './temporary-name.ts';
import { makeFolder } from '../../indexer/storage/make-folder.ts';

/*
 * A download under way. Each file belongs to one process, which alone ever writes to it, so that two downloads of one
 * asset never meet:
 *
 *   <64 hex>.<pid>-<chance>-<n>     the process that writes it
 *   <64 hex>.0-<chance>-<n>         given up by its process: the next one takes it over by a rename
 *
 * What a killed process left is copied and removed, for whether it is dead cannot be told for sure: one that lives then
 * finds at its end that its file is gone, and begins again. Wrong bytes are found when the whole file is checked.
 */

export interface PartialFile {
  readonly path: string;
  /** Bytes that are there. */
  readonly receivedBytes: number;
  /** Whether some of them are of an earlier process. */
  readonly isResumed: boolean;
  /** @throws RegistryError `storage` */
  append(chunk: Uint8Array): Promise<void>;
  /** Begins from nothing again. */
  reset(): Promise<void>;
  /** Of the bytes on the disk. */
  digest(watch: Watch): Promise<Digest>;
  /** Ends the writing; the file stays where it is. */
  close(): Promise<void>;
  /** Ends it, and leaves the bytes to a later download. */
  leave(): Promise<void>;
  /** Ends it, and removes the file. */
  discard(): Promise<void>;
}

export interface PartialOptions {
  /** What the bytes are known by; without it nothing is taken over, and nothing left. */
  key: string | undefined;
  /** Longer leftovers are none of this file. */
  sizeBytes: number;
  random: () => number;
}

/** @throws RegistryError `storage` */
export async function beginPartial(folder: string, options: PartialOptions): Promise<PartialFile> {
  const { key, random } = options;
  const name = temporaryName(random);
  const path = join(folder, `${key ?? 'unverified'}.${name}`);
  try {
    await makeFolder(folder);
    const isResumed = key !== undefined && (await takeOver({ folder, key, path, sizeBytes: options.sizeBytes }));
    const handle = await open(path, isResumed ? 'r+' : 'wx+');
    const { size } = await handle.stat();
    const left = key === undefined ? undefined : join(folder, `${key}.${name.replace(/^\d+/, '0')}`);
    return createPartialFile(handle, { path, left, size, isResumed });
  } catch (cause) {
    throw storageError(cause, `write ${path}`);
  }
}

/** Whether a name is of such bytes, and of no process that lives. */
export function isLeftBehind(name: string, key: string): boolean {
  return name.startsWith(`${key}.`) && isAbandoned(name.slice(key.length + 1));
}

interface Begun {
  path: string;
  /** Its name once it is given up. */
  left: string | undefined;
  size: number;
  isResumed: boolean;
}

function createPartialFile(handle: FileHandle, { path, left, ...begun }: Begun): PartialFile {
  let receivedBytes = begun.size;
  let { isResumed } = begun;
  let isOpen = true;
  const failedTo = (what: string) => (cause: unknown) => {
    throw storageError(cause, `${what} ${path}`);
  };
  const close = async (): Promise<void> => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  const discard = async (): Promise<void> => {
    await close();
    await unlink(path).catch(ignore(NO_FILE));
  };
  return {
    path,
    get receivedBytes() {
      return receivedBytes;
    },
    get isResumed() {
      return isResumed;
    },
    append: async (chunk) => {
      await writeAt(handle, chunk, receivedBytes).catch(failedTo('write'));
      receivedBytes += chunk.length;
    },
    reset: async () => {
      if (receivedBytes > 0) await handle.truncate(0).catch(failedTo('write'));
      receivedBytes = 0;
      isResumed = false;
    },
    digest: (watch) =>
      digestOfHandle(handle, watch).catch((cause: unknown) => {
        watch.signal.throwIfAborted();
        return failedTo('read')(cause);
      }),
    close,
    discard,
    leave: async () => {
      if (left === undefined || receivedBytes === 0) return discard();
      await close();
      await rename(path, left).catch(ignore(NO_FILE));
    },
  };
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

interface TakeOver {
  folder: string;
  key: string;
  path: string;
  sizeBytes: number;
}

/** Puts the longest leftover at the path. */
async function takeOver({ folder, key, path, sizeBytes }: TakeOver): Promise<boolean> {
  const names = (await readdir(folder)).filter((each) => isLeftBehind(each, key));
  const leftovers = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(folder, name)).catch(ignore(NO_FILE)))?.size ?? 0 })),
  );
  const usable = leftovers.filter(({ size }) => size > 0 && size <= sizeBytes).sort((a, b) => b.size - a.size);
  for (const { name } of usable) {
    const from = join(folder, name);
    const isGivenUp = name.startsWith(`${key}.0-`);
    const taken = await (isGivenUp ? rename(from, path) : copyFile(from, path, COPY_FLAGS)).then(
      () => true,
      // Another process was faster.
      ignore(NO_FILE),
    );
    if (taken === undefined) continue;
    if (!isGivenUp) await unlink(from).catch(ignore(NO_FILE));
    return true;
  }
  return false;
}

const COPY_FLAGS = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
