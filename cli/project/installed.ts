import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../indexer/model/errors.ts';
import { compareText, extensionId, isNameSegment, type ExtensionId } from '../../indexer/model/extension.ts';
import { compareVersions, isVersion, parseVersion, type Version } from '../../indexer/model/version.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { extensionFolder, namesIn, readCurrent, recordFile, RECORDS, versionFolder } from './install-root.ts';
import { readRecord, type InstallRecord } from './record.ts';

/** An extension that has versions in the install root. */
export interface InstalledExtension {
  id: ExtensionId;
  /** The version in use; undefined where there is none. */
  current: Version | undefined;
  /** Newest first; the one in use also when its folder is gone. */
  versions: readonly Version[];
}

/** By their names; an install root that is not there has none. @throws RegistryError `storage` */
export async function listInstalled(root: string): Promise<InstalledExtension[]> {
  const found: InstalledExtension[] = [];
  for (const type of (await namesIn(root)).filter(isNameSegment)) {
    for (const name of (await namesIn(join(root, type))).filter(isNameSegment)) {
      const installed = await findInstalled(root, extensionId(type, name));
      if (installed !== undefined) found.push(installed);
    }
  }
  return found.sort((a, b) => compareText(a.id, b.id));
}

/** Undefined for an extension of which nothing is installed. @throws RegistryError `storage` */
export async function findInstalled(root: string, id: ExtensionId): Promise<InstalledExtension | undefined> {
  const current = await readCurrent(root, id);
  const recorded = await recordedVersions(root, id);
  const versions: Version[] = [];
  for (const each of recorded) {
    if (each === current || (await isThere(versionFolder(root, id, each)))) versions.push(each);
  }
  if (versions.length === 0) return undefined;
  versions.sort((a, b) => compareVersions(b, a));
  return { id, current: versions.find((each) => each === current), versions };
}

/** One installed version, and its record, or why that cannot be read. */
export interface InstalledVersion {
  id: ExtensionId;
  version: Version;
  isCurrent: boolean;
  record: InstallRecord | undefined;
  fault?: string;
}

/** Every installed version, by the names of the extensions, newest first. @throws RegistryError `storage` */
export async function listVersions(root: string): Promise<InstalledVersion[]> {
  const found: InstalledVersion[] = [];
  for (const { id, current, versions } of await listInstalled(root)) {
    for (const version of versions) {
      const known = { id, version, isCurrent: version === current };
      found.push(
        await readRecord(root, id, version).then(
          (record) => ({ ...known, record }),
          (error: unknown) => ({ ...known, record: undefined, fault: messageOf(error) }),
        ),
      );
    }
  }
  return found;
}

/** Records of versions that never got their folders, since the run that made them was killed. */
export async function clearStaleRecords(root: string, id: ExtensionId): Promise<void> {
  const installed = await findInstalled(root, id);
  for (const each of await recordedVersions(root, id)) {
    if (installed?.versions.includes(each) !== true) await unlink(recordFile(root, id, each)).catch(ignore(NO_FILE));
  }
}

async function recordedVersions(root: string, id: ExtensionId): Promise<Version[]> {
  const names = await namesIn(join(extensionFolder(root, id), RECORDS));
  return names.flatMap((each) => {
    const version = each.replace(/\.json$/, '');
    return version !== each && isVersion(version) ? [parseVersion(version)] : [];
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await lstat(path).catch(ignore(NO_FILE))) !== undefined;
  } catch (cause) {
    throw storageError(cause, `look at ${path}`);
  }
}
