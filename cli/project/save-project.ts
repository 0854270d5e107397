import { open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { editProject, type WantedChanges } from './edit-project.ts';
import { LOCK_FILE, readLock, renderLock, type LockedExtension } from './lock-file.ts';
import { PROJECT_FILE, readProjectText } from './project-file.ts';

/** Extension -> what is locked of it from now on, or undefined for nothing. */
export type LockChanges = ReadonlyMap<ExtensionId, LockedExtension | undefined>;

/**
 * Changes some extensions in both files of a project as they are now, so what another run has written meanwhile stays.
 * First what is wanted: a run that is killed between the two is completed by the next.
 * @throws RegistryError `config`, `storage`
 */
export async function saveProject(folder: string, wanted: WantedChanges, locked: LockChanges): Promise<void> {
  const text = (await readProjectText(folder)) ?? '';
  await replaceText(join(folder, PROJECT_FILE), text, editProject(text, wanted));
  const lock = new Map((await readLock(folder)) ?? []);
  for (const [id, entry] of locked) {
    if (entry === undefined) lock.delete(id);
    else lock.set(id, entry);
  }
  const file = join(folder, LOCK_FILE);
  const before = (await readFile(file, 'utf8').catch(ignore(NO_FILE))) ?? '';
  await replaceText(file, before, renderLock(lock));
}

/** From one instant to the next; a link to a file elsewhere stays one. */
async function replaceText(file: string, before: string, text: string): Promise<void> {
  if (text === before) return;
  try {
    const target = (await realpath(file).catch(ignore(NO_FILE))) ?? file;
    const mode = (await stat(target).catch(ignore(NO_FILE)))?.mode;
    // One name for all runs: what a killed one has left is written over by the next.
    const temporary = join(dirname(target), `.${basename(target)}.new`);
    const handle = await open(temporary, 'w', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target).catch(async (error: unknown) => {
      await unlink(temporary);
      throw error;
    });
  } catch (cause) {
    throw storageError(cause, `write ${file}`);
  }
}
