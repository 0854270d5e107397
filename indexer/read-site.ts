import { digestOf, isDigest } from './model/digest.ts';
import type { DocumentReference, Manifest, Pointer, PointerSource } from './model/documents.ts';
import { RegistryError } from './model/errors.ts';
import { blobOf, fileOf, MANIFEST, POINTER_FILE } from './site/layout.ts';
import type { SiteReader } from './storage/storage.ts';

/** One generation of a published site, every document checked against its digest on the way. */
export interface Site {
  readonly pointer: Pointer;
  readonly manifest: Manifest;
  /** A document of this generation by its path, such as `extensions/provider/aws`; undefined where there is none. */
  readDocument(path: string): Promise<Buffer | undefined>;
}

const MAX_POINTER_BYTES = 1024 * 1024;
/** A document that somebody else put there must not fill the memory. */
const MAX_DOCUMENT_BYTES = 512 * 1024 * 1024;
const SCHEMA = 1;

/** The pointer and its very bytes, which a publisher compares; undefined where nothing is published. */
export async function readPointer(from: SiteReader): Promise<{ pointer: Pointer; bytes: Buffer } | undefined> {
  const bytes = await from.read(POINTER_FILE, MAX_POINTER_BYTES);
  return bytes && { pointer: parsePointer(bytes, from.name), bytes };
}

export async function openSite(from: SiteReader, pointer: Pointer): Promise<Site> {
  const bytes = await readReferenced(from, pointer.manifest, fileOf(MANIFEST));
  const manifest = parseDocument<Manifest>(bytes, `${from.name}: manifest`);
  return {
    pointer,
    manifest,
    readDocument: async (path) => {
      const entry = Object.hasOwn(manifest.documents, path) ? manifest.documents[path] : undefined;
      return entry && (await readReferenced(from, { path: blobOf(entry.digest), ...entry }, fileOf(path)));
    },
  };
}

/**
 * The bytes that a reference names; where that file is missing or damaged, those of its friendly file if they are the
 * very same.
 * @throws RegistryError `invalid_site` when neither has them
 */
export async function readReferenced(
  from: SiteReader,
  reference: DocumentReference,
  friendly: string,
): Promise<Buffer> {
  for (const file of [reference.path, friendly]) {
    const bytes = await from.read(file, MAX_DOCUMENT_BYTES);
    if (bytes !== undefined && digestOf(bytes) === reference.digest) return bytes;
  }
  throw new RegistryError(
    'invalid_site',
    `${from.name}: neither ${reference.path} nor ${friendly} has the bytes that its generation names; ` +
      'run fsck there, then the indexer, which writes what is missing; or restore the folder from a copy.',
  );
}

/** A document's JSON; its digest has been checked, so its shape is the publisher's. */
export function parseDocument<T extends { schema: number }>(bytes: Buffer, subject: string): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new RegistryError('invalid_site', `${subject} is not JSON; publish the site again.`, { cause });
  }
  const schema = typeof value === 'object' && value !== null ? (value as { schema?: unknown }).schema : undefined;
  if (typeof schema !== 'number') {
    throw new RegistryError('invalid_site', `${subject} has no schema number: this is not a registry's v1.`);
  }
  if (schema > SCHEMA) {
    throw new RegistryError(
      'invalid_site',
      `${subject} is of schema ${schema}, newer than ${SCHEMA}: upgrade this program.`,
    );
  }
  return value as T;
}

function parsePointer(bytes: Buffer, name: string): Pointer {
  const subject = `${name}: ${POINTER_FILE}`;
  const pointer = parseDocument<Pointer>(bytes, subject);
  if (!isWhole(pointer)) {
    throw new RegistryError(
      'invalid_site',
      `${subject} is no whole pointer: it names no manifest, or lacks other fields.`,
    );
  }
  return pointer;
}

/** A pointer is read before anything has a digest, so whatever is made of it is looked at. */
function isWhole({ generation, manifest, search, counts, sources, ...pointer }: Partial<Pointer>): boolean {
  const { created, checked_at, downloads, held } = pointer;
  return (
    isCount(generation) &&
    generation !== 0 &&
    [manifest, search].every((each) => typeof each?.path === 'string' && isDigest(String(each.digest))) &&
    [counts?.extensions, counts?.versions, ...Object.values(counts?.by_type ?? { none: undefined })].every(isCount) &&
    [created, checked_at].every((each) => !Number.isNaN(Date.parse(String(each)))) &&
    (downloads === undefined || typeof downloads === 'string') &&
    (held === undefined || isCount(held?.generation)) &&
    Array.isArray(sources) &&
    sources.every((each: Partial<PointerSource> | null) => typeof each?.name === 'string')
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
