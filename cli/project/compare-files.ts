import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { compareText } from '../../indexer/model/extension.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { digestOfFile } from '../registry/file-digest.ts';
import type { InstalledFile, InstalledFiles } from './record.ts';

/** One file that is not as it was installed. */
export interface FileDifference {
  /** Below the version's folder, with `/` on every system. */
  path: string;
  difference: 'missing' | 'extra' | 'changed';
  /** Such as `other bytes`. */
  detail?: string;
}

/**
 * What in a version's folder is not as it was recorded, in the order of the paths; every file is read. Empty folders do
 * not count.
 * @throws RegistryError `storage`; what the signal was aborted with
 */
export async function compareFiles(
  folder: string,
  files: InstalledFiles,
  signal: AbortSignal,
): Promise<FileDifference[]> {
  const recorded = new Map(Object.entries(files));
  const differences: FileDifference[] = [];
  try {
    for await (const path of filesBelow(folder)) {
      signal.throwIfAborted();
      const file = recorded.get(path);
      recorded.delete(path);
      if (file === undefined) {
        differences.push({ path, difference: 'extra' });
        continue;
      }
      const detail = await changeOf(join(folder, path), file, signal);
      if (detail !== undefined) differences.push({ path, difference: 'changed', detail });
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw storageError(cause, `read ${folder}`);
  }
  for (const path of recorded.keys()) differences.push({ path, difference: 'missing' });
  return differences.sort((a, b) => compareText(a.path, b.path));
}

/** All but folders; links are not followed. */
async function* filesBelow(folder: string, prefix = ''): AsyncIterable<string> {
  const entries = (await readdir(join(folder, prefix), { withFileTypes: true }).catch(ignore(NO_FILE))) ?? [];
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, path);
    else yield path;
  }
}

async function changeOf(path: string, file: InstalledFile, signal: AbortSignal): Promise<string | undefined> {
  const found = await lstat(path);
  if ('link' in file) {
    if (!found.isSymbolicLink()) return 'no link any more';
    return (await readlink(path)) === file.link ? undefined : 'a link to another place';
  }
  if (!found.isFile()) return 'no file any more';
  if (found.size !== file.size) return `${found.size} bytes instead of ${file.size}`;
  if ((await digestOfFile(path, { signal, onBytes: () => undefined })) !== file.digest) return 'other bytes';
  return hasPermission(found, file.executable ?? false) ? undefined : 'other permission to execute';
}

/** Windows knows none. */
function hasPermission({ mode }: Stats, executable: boolean): boolean {
  return platform === 'win32' || ((mode & 0o100) !== 0) === executable;
}
