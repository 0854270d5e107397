import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { decodeBody } from '../http/body.ts';
import { single } from '../http/exchange.ts';
import { RegistryError } from '../model/errors.ts';
import type { BucketIndex } from './bucket-index.ts';
import type { Bucket, PutOptions, StoredObject } from './bucket.ts';

/** What readers are told of a file, beside its bytes. */
export interface FileFields {
  contentType: string;
  cacheControl: string;
  /** Whether it may be kept in gzip. */
  compressible: boolean;
}

/** The files of a site in a bucket. */
export interface BucketFiles {
  bucket: Bucket;
  index: BucketIndex;
  fieldsOf: (file: string) => FileFields;
  /** Whether files that grow smaller by it are kept in gzip, for stores and CDNs that compress nothing. */
  compress: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
}

const GZIP = 'gzip';
/** Below this, headers outweigh what compression could save. */
const MIN_COMPRESSED_BYTES = 1_024;
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
const compressed = promisify<Uint8Array, Buffer>(gzip);

/** A file's object and what it stands for. */
export async function readFile(
  bucket: Bucket,
  file: string,
  maxBytes = MAX_FILE_BYTES,
): Promise<StoredObject | undefined> {
  const found = await bucket.get(file, maxBytes);
  if (found === undefined) return undefined;
  const limit = { maxBytes, subject: `${bucket.name}/${file}` };
  return { ...found, bytes: await decodeBody(found.bytes, encodingIn(found), limit) };
}

/** @returns whether the condition held */
export async function writeFile(
  files: BucketFiles,
  file: string,
  { bytes, condition }: Pick<PutOptions, 'condition'> & { bytes: Uint8Array },
): Promise<boolean> {
  const { bucket, index, now } = files;
  const fields = files.fieldsOf(file);
  const isWanted = files.compress && fields.compressible && bytes.length >= MIN_COMPRESSED_BYTES;
  const body = isWanted ? await compressed(bytes) : bytes;
  const encoding = isWanted ? GZIP : '';
  const headers = headersOf(fields, encoding);
  const made = await bucket.put(file, body, { headers, ...(condition !== undefined && { condition }) });
  if (made !== undefined) await index.note(file, { sizeBytes: body.length, modifiedMs: now(), encoding });
  return made !== undefined;
}

/** Writes a file that never changes, unless it is there. A store shows whole objects only, so its length need not tell. */
export async function createFile(files: BucketFiles, file: string, bytes: Uint8Array): Promise<boolean> {
  const known = await files.index.find(file);
  const isThere = files.compress ? known !== undefined : known?.sizeBytes === bytes.length;
  return isThere ? false : writeFile(files, file, { bytes });
}

/** Gives another file the bytes of one, by a copy within the store: all its fields are given anew. */
export async function copyFile(files: BucketFiles, from: string, to: string): Promise<boolean> {
  const { bucket, index, now } = files;
  const known = index.knows(from) ? await index.find(from) : undefined;
  const encoding = known?.encoding ?? encodingIn(await bucket.head(from));
  if (!(await bucket.copy(from, to, headersOf(files.fieldsOf(to), encoding)))) return false;
  if (known !== undefined) await index.note(to, { sizeBytes: known.sizeBytes, modifiedMs: now(), encoding });
  return true;
}

/** Replaces a file that is still as it was read, or still absent. @throws RegistryError `conflict` */
export async function swapFile(
  files: BucketFiles,
  file: string,
  { before, bytes }: { before: Uint8Array | undefined; bytes: Uint8Array },
): Promise<void> {
  const { bucket } = files;
  const found = before === undefined ? undefined : await readFile(bucket, file);
  const isAsRead = before === undefined || found?.bytes.equals(before) === true;
  const condition = found === undefined ? 'absent' : { etag: found.etag };
  if (isAsRead && (await writeFile(files, file, { bytes, condition }))) return;
  // An answer that was lost on the way is asked for again, and then it is our own bytes that are in the way.
  if (isAsRead && (await readFile(bucket, file))?.bytes.equals(bytes) === true) return;
  throw new RegistryError(
    'conflict',
    `${bucket.name}/${file} was changed by another indexer meanwhile; run only one, then run again.`,
  );
}

/** The names in a folder, of files and of folders. */
export async function namesIn(bucket: Bucket, folder: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const { key } of bucket.list(`${folder}/`, 'flat')) {
    names.add(key.slice(folder.length + 1).replace(/\/$/, ''));
  }
  return [...names];
}

function headersOf({ contentType, cacheControl }: FileFields, encoding: string): Record<string, string> {
  const fields = { 'content-type': contentType, 'cache-control': cacheControl };
  return encoding === '' ? fields : { ...fields, 'content-encoding': encoding };
}

function encodingIn(object: StoredObject | undefined): string {
  return single(object?.headers['content-encoding'])?.toLowerCase() ?? '';
}
