import { readFile } from 'node:fs/promises';
import { isDigest, type Digest } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';
import { recordFile } from './install-root.ts';

/** What is below an installed version's folder at a path: a file's bytes, or a link. */
export type InstalledFile = { size: number; digest: Digest; executable?: true } | { link: string };

/** Path with `/` on every system -> what is there. */
export type InstalledFiles = Readonly<Record<string, InstalledFile>>;

/** What was installed, and from where; the document that `verify` goes by. */
export interface InstallRecord {
  schema: 1;
  extension: ExtensionId;
  version: Version;
  /** The range that it was chosen for. */
  range: string;
  /** RFC 3339 */
  installed_at: string;
  site: string;
  generation: number;
  asset: { name: string; size: number; digest: Digest };
  files: InstalledFiles;
}

/** Undefined where nothing is recorded. @throws RegistryError `storage` for a record that is damaged */
export async function readRecord(root: string, id: ExtensionId, version: Version): Promise<InstallRecord | undefined> {
  const file = recordFile(root, id, version);
  const text = await readFile(file, 'utf8')
    .catch(ignore(NO_FILE))
    .catch((cause: unknown) => {
      throw storageError(cause, `read ${file}`);
    });
  return text === undefined ? undefined : parseRecord(text, { file, id, version });
}

function parseRecord(text: string, of: { file: string; id: ExtensionId; version: Version }): InstallRecord {
  const record = parseJson(text);
  const { extension, version, asset, files, range } = record;
  const sound =
    record.schema === 1 &&
    extension === of.id &&
    version === of.version &&
    typeof range === 'string' &&
    isDigest(String(asset?.digest)) &&
    typeof files === 'object' &&
    Object.values(files).every(isInstalledFile);
  if (sound) return record as InstallRecord;
  throw new RegistryError(
    'storage',
    `${of.file} is damaged, or of a newer program: remove it, then run extension install ${of.id}@${of.version}.`,
  );
}

function parseJson(text: string): Partial<InstallRecord> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isInstalledFile(file: InstalledFile): boolean {
  return 'link' in file ? typeof file.link === 'string' : Number.isSafeInteger(file.size) && isDigest(file.digest);
}
