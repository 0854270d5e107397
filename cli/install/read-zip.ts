import { isUtf8 } from 'node:buffer';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { NO_BODY, type ArchiveEntry, type EntryKind } from './archive-entry.ts';
import { refusedEntry } from './entry-path.ts';

/** The upper half of `version made by` for archives with Unix modes (APPNOTE 4.4.2.2): Unix, and macOS. */
const UNIX = new Set([3, 19]);
/** S_IFMT and what of it we know (inode(7)). */
const FORMAT = 0o170000;
const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);
/** PATH_MAX of Linux, its end included. */
const MAX_TARGET_BYTES = 4096;

/** @throws RegistryError `bad_answer` */
export async function* readZip(file: string): AsyncIterable<ArchiveEntry> {
  const zip = await openZip(file);
  try {
    // Names with a backslash are an error then, instead of another name.
    for await (const entry of zip.eachEntry()) yield await entryOf(zip, entry);
  } catch (error) {
    throw notSound(error);
  } finally {
    zip.close();
  }
}

function openZip(file: string): Promise<ZipFile> {
  const options = { strictFileNames: true, autoClose: false };
  return openPromise(file, options).catch((error: unknown) => {
    throw notSound(error);
  });
}

async function entryOf(zip: ZipFile, entry: Entry): Promise<ArchiveEntry> {
  const isUnix = UNIX.has(entry.versionMadeBy >> 8);
  const name = isUnix ? unixNameOf(entry) : entry.fileName;
  if (entry.isEncrypted()) throw refusedEntry(name, 'is encrypted');
  const mode = isUnix ? entry.externalFileAttributes >>> 16 : undefined;
  const kind = name.endsWith('/')
    ? 'folder'
    : (KINDS.get((mode ?? 0) & FORMAT) ?? 'device, pipe or other special file');
  const known = { name, kind, ...(mode !== undefined && { mode: mode & 0o7777 }) };
  if (kind === 'link') return { ...known, target: await readTarget(zip, entry), body: NO_BODY };
  return { ...known, body: kind === 'file' ? bodyOf(zip, entry) : NO_BODY };
}

/**
 * Without a mark of UTF-8, or a second name that is, a name is one of code page 437 (APPNOTE 4.4.4, 4.6.9); but zip(1)
 * of Unix writes what it was given.
 */
function unixNameOf({ fileName, fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  const isMarked = (generalPurposeBitFlag & 0x800) !== 0 || extraFields.some(({ id }) => id === 0x7075);
  return !isMarked && isUtf8(fileNameRaw) ? fileNameRaw.toString('utf8') : fileName;
}

async function* bodyOf(zip: ZipFile, entry: Entry): AsyncIterable<Uint8Array> {
  // yauzl checks that there are as many bytes as the archive says.
  yield* await zip.openReadStreamPromise(entry);
}

/** A link's target is its content. */
async function readTarget(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_TARGET_BYTES) throw refusedEntry(entry.fileName, 'is a link to too long a path');
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(zip, entry)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function notSound(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  return new RegistryError('bad_answer', `It is no sound zip archive: ${messageOf(cause)}.`, { cause });
}
