import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nameOf, typeOf, type ExtensionId } from '../../indexer/model/extension.ts';
import { isVersion, parseVersion, type Version } from '../../indexer/model/version.ts';
import { errnoOf, ignore, NO_FILE, NO_LINK, storageError } from '../../indexer/storage/storage-error.ts';

/*
 *   <root>/<type>/<name>/<version>/                 the files of a version, never changed while they are there
 *   <root>/<type>/<name>/current                    a link to the version in use; where no links can be made, a file
 *                                                   that holds its name
 *   <root>/<type>/<name>/.installed/<version>.json  what was installed: the record
 *   <root>/.changes/                                who changes the root
 *   <root>/.changes/.tmp/                           what is being unpacked, and what is being removed
 *
 * A version is installed once its folder is there, which gets its name by rename(2) after its record was written; it is
 * in use once `current` names it, which is replaced by rename(2), too. So whoever reads the root meets a whole version
 * at any instant.
 */

export const CURRENT = 'current';
export const RECORDS = '.installed';
const CHANGES = '.changes';
/** More is no version. */
const MAX_VERSION_FILE_BYTES = 256;

export function extensionFolder(root: string, id: ExtensionId): string {
  return join(root, typeOf(id), nameOf(id));
}

export function versionFolder(root: string, id: ExtensionId, version: Version): string {
  return join(extensionFolder(root, id), version);
}

export function recordFile(root: string, id: ExtensionId, version: Version): string {
  return join(extensionFolder(root, id), RECORDS, `${version}.json`);
}

export function changesFolder(root: string): string {
  return join(root, CHANGES);
}

/** The version in use; undefined where there is none. @throws RegistryError `storage` */
export async function readCurrent(root: string, id: ExtensionId): Promise<Version | undefined> {
  const path = join(extensionFolder(root, id), CURRENT);
  try {
    const found = await lstat(path).catch(ignore(NO_FILE));
    if (found === undefined) return undefined;
    if (found.isFile() && found.size > MAX_VERSION_FILE_BYTES) return undefined;
    const text = found.isSymbolicLink() ? await readlink(path) : found.isFile() ? await readFile(path, 'utf8') : '';
    return isVersion(text.trim()) ? parseVersion(text.trim()) : undefined;
  } catch (cause) {
    throw storageError(cause, `read ${path}`);
  }
}

export interface CurrentChange {
  root: string;
  id: ExtensionId;
  /** Undefined for none in use. */
  version: Version | undefined;
  /** On the file system of the root; it is not there yet. */
  temporary: string;
  /** symlink(2), or what stands in for it. */
  link?: typeof symlink;
}

/** Puts a version in use from one instant to the next. @throws RegistryError `storage` */
export async function writeCurrent({ root, id, version, temporary, link = symlink }: CurrentChange): Promise<void> {
  const path = join(extensionFolder(root, id), CURRENT);
  try {
    if (version === undefined) return await rm(path, { force: true });
    await link(version, temporary).catch((error: unknown) => {
      if (!NO_LINK.has(errnoOf(error))) throw error;
      return writeFile(temporary, `${version}\n`, { flag: 'wx' });
    });
    await rename(temporary, path);
  } catch (cause) {
    throw storageError(cause, `make ${path}`);
  }
}

/** The names in a folder that can be part of ours, in no order; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder).catch(ignore(NO_FILE))) ?? [];
  } catch (cause) {
    throw storageError(cause, `list ${folder}`);
  }
}

/** @throws RegistryError `storage` */
export async function makeFolder(folder: string): Promise<void> {
  await makeWithParents(folder).catch((cause: unknown) => {
    throw storageError(cause, `make ${folder}`);
  });
}

/** One by one: what Node makes recursively tells ENOENT of a read-only file system. */
async function makeWithParents(folder: string): Promise<void> {
  const parentIsMissing = await mkdir(folder).then(
    () => false,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return true;
      if (errnoOf(error) !== 'EEXIST') throw error;
      return false;
    },
  );
  if (!parentIsMissing) return;
  await makeWithParents(dirname(folder));
  await makeWithParents(folder);
}
