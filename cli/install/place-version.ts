import { lstat, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { typeOf, type ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import { errnoOf, ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import {
  extensionFolder,
  makeFolder,
  readCurrent,
  recordFile,
  versionFolder,
  writeCurrent,
} from '../project/install-root.ts';
import { clearStaleRecords } from '../project/installed.ts';
import type { InstallRecord } from '../project/record.ts';
import type { RootChange } from './root-lock.ts';

const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);

/**
 * Gives an unpacked version its place; a damaged one that is there makes way. It is not in use by that.
 * @param staged its folder, on the file system of the root
 * @throws RegistryError `storage`
 */
export async function placeVersion(
  root: string,
  { record, staged }: { record: InstallRecord; staged: string },
  change: RootChange,
): Promise<void> {
  const { extension: id, version } = record;
  const place = versionFolder(root, id, version);
  const old = change.temporary();
  await clearStaleRecords(root, id);
  await writeRecord(root, record, change);
  try {
    const hadOld = await moveAway(place, old);
    await rename(staged, place).catch(async (error: unknown) => {
      if (hadOld) await rename(old, place);
      throw error;
    });
  } catch (cause) {
    throw storageError(cause, `install ${id} ${version} to ${place}`);
  }
}

/** @throws RegistryError `storage` */
export async function writeRecord(root: string, record: InstallRecord, change: RootChange): Promise<void> {
  const file = recordFile(root, record.extension, record.version);
  const temporary = change.temporary();
  await makeFolder(dirname(file));
  try {
    await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    throw storageError(cause, `write ${file}`);
  }
}

/**
 * Takes a version, or without one all of them, out of the root. Of a version in use it takes `current` first.
 * @throws RegistryError `storage`
 */
export async function removeVersion(
  root: string,
  { id, version }: { id: ExtensionId; version?: Version },
  change: RootChange,
): Promise<void> {
  try {
    if (version === undefined) await moveAway(extensionFolder(root, id), change.temporary());
    else {
      if ((await readCurrent(root, id)) === version) {
        await writeCurrent({ root, id, version: undefined, temporary: change.temporary() });
      }
      await moveAway(versionFolder(root, id, version), change.temporary());
      await unlink(recordFile(root, id, version)).catch(ignore(NO_FILE));
    }
    const empty = [dirname(recordFile(root, id, 'x' as Version)), extensionFolder(root, id), join(root, typeOf(id))];
    for (const folder of empty) await rmdir(folder).catch(ignore(NOT_EMPTY));
  } catch (cause) {
    throw storageError(cause, `remove ${id} from ${root}`);
  }
}

/** Whether there was something. */
async function moveAway(path: string, to: string): Promise<boolean> {
  if ((await lstat(path).catch(ignore(NO_FILE))) === undefined) return false;
  await rename(path, to).catch((error: unknown) => {
    // Somebody else removed it meanwhile, by hand.
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  return true;
}
