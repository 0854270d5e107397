import { rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storageError } from '../../indexer/storage/storage-error.ts';
import { temporaryName } from './temporary-name.ts';
import { makeFolder } from '../../indexer/storage/make-folder.ts';

/**
 * Makes a file have these bytes from one instant to the next, its folder where it is missing.
 * @throws RegistryError `storage`; nothing is left behind then
 */
export async function replaceFile(file: string, bytes: Uint8Array | string, random: () => number): Promise<void> {
  const temporary = join(dirname(file), `.${temporaryName(random)}`);
  try {
    await makeFolder(dirname(file));
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    // What hindered the writing hinders this, too, and is the better thing to tell.
    await unlink(temporary).catch(() => undefined);
    throw storageError(cause, `write ${file}`);
  }
}
