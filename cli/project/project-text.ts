import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';

/*
 * Apart from what reads TOML and ranges in it, which takes longer to load than most commands take, and which nobody
 * needs who has no such file.
 */

export const PROJECT_FILE = 'extensions.toml';

/** The text of a folder's `extensions.toml`; undefined where it has none. @throws RegistryError `storage` */
export async function readProjectText(folder: string): Promise<string | undefined> {
  const file = join(folder, PROJECT_FILE);
  try {
    return await readFile(file, 'utf8').catch(ignore(NO_FILE));
  } catch (cause) {
    // Not our file: a folder above that may not be looked into, or one of that name.
    if (['EACCES', 'EISDIR'].includes(errnoOf(cause))) return undefined;
    throw storageError(cause, `read ${file}`);
  }
}

/** That of a folder, or of the nearest one around it that has one. */
export async function findProjectText(folder: string): Promise<{ folder: string; text: string } | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const text = await readProjectText(at);
    if (text !== undefined) return { folder: at, text };
    if (at === dirname(at)) return undefined;
  }
}
