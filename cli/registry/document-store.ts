import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf, isDigest, type Digest } from '../../indexer/model/digest.ts';
import { messageOf } from '../../indexer/model/errors.ts';
import { NO_FILE, errnoOf } from '../../indexer/storage/storage-error.ts';
import { replaceFile } from './replace-file.ts';

/*
 * What the client keeps of sites, below the cache folder. Nothing in it is needed: what is missing or damaged is asked
 * for again, and where nothing can be written, nothing is kept.
 *
 *   documents/ab/<64 hex>.json         documents, by the digest of their bytes
 *   documents/ab/<64 hex>.overview1    what was made of a search document, after a line with its own digest
 *   sites/<64 hex>.json                a record of each mirror, by the digest of its name
 */

/** A place's digest and length, as a site's manifest has it. */
export interface KnownDocument {
  digest: Digest;
  size: number;
}

/** Whether what a manifest or a record has at a path is a document's place. */
export function isKnown(value: unknown): value is KnownDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, size } = value as Partial<KnownDocument>;
  return typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && Number(size) >= 0;
}

/** What is kept of one mirror. */
export interface SiteRecord {
  schema: 1;
  site: string;
  /** Of the pointer, for the next conditional request. */
  etag?: string;
  /** RFC 3339: when the mirror last said that this is its pointer. */
  confirmed_at: string;
  /** The pointer's text. */
  pointer: string;
  /** The manifest whose documents are kept, which may be older than the pointer, and what was looked up in it. */
  manifest?: { digest: Digest; paths: Record<string, KnownDocument> };
}

/** Another form of it has another number. */
const OVERVIEW = 'overview1';

export interface DocumentStore {
  /** A document's bytes, checked; undefined where they are not kept. */
  read(digest: Digest): Promise<Buffer | undefined>;
  keep(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** What was made of the search document with this digest; undefined where it is not kept. */
  readOverview(digest: Digest): Promise<string | undefined>;
  keepOverview(digest: Digest, text: string): Promise<void>;
  /** A document, and what was made of it. */
  drop(digest: Digest): Promise<void>;
  readRecord(site: string): Promise<SiteRecord | undefined>;
  keepRecord(record: SiteRecord): Promise<void>;
  /** Why something could not be kept, the first time. */
  fault(): string | undefined;
}

export function createDocumentStore(cacheFolder: string, random: () => number): DocumentStore {
  let fault: string | undefined;
  const pathOf = (digest: Digest, ending = 'json'): string => {
    const hex = hexOf(digest);
    return join(cacheFolder, 'documents', hex.slice(0, 2), `${hex}.${ending}`);
  };
  const recordOf = (site: string): string => join(cacheFolder, 'sites', `${hexOf(digestOf(site))}.json`);
  const note = (error: unknown): undefined => {
    fault ??= messageOf(error);
    return undefined;
  };
  /** What cannot be read is as good as missing. */
  const read = (file: string): Promise<Buffer | undefined> =>
    readFile(file).catch((error: unknown) => (NO_FILE.has(errnoOf(error)) ? undefined : note(error)));
  const remove = (file: string): Promise<void> =>
    unlink(file).catch((error: unknown) => (NO_FILE.has(errnoOf(error)) ? undefined : note(error)));

  return {
    read: async (digest) => {
      const bytes = await read(pathOf(digest));
      return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
    },
    keep: (digest, bytes) => replaceFile(pathOf(digest), bytes, random).catch(note),
    readOverview: async (digest) => {
      const bytes = await read(pathOf(digest, OVERVIEW));
      const end = bytes?.indexOf('\n') ?? -1;
      const text = bytes?.subarray(end + 1);
      return text !== undefined && digestOf(text) === bytes?.toString('latin1', 0, end) ? text.toString() : undefined;
    },
    keepOverview: (digest, text) =>
      replaceFile(pathOf(digest, OVERVIEW), `${digestOf(text)}\n${text}`, random).catch(note),
    drop: async (digest) => {
      await Promise.all([remove(pathOf(digest)), remove(pathOf(digest, OVERVIEW))]);
    },
    readRecord: async (site) => parseRecord(await read(recordOf(site)), site),
    keepRecord: (record) => replaceFile(recordOf(record.site), JSON.stringify(record), random).catch(note),
    fault: () => fault,
  };
}

/** A record as we wrote it, or undefined for a damaged one and one of another version of this program. */
function parseRecord(bytes: Buffer | undefined, site: string): SiteRecord | undefined {
  const record = bytes === undefined ? undefined : parseObject(bytes);
  if (record?.schema !== 1 || record.site !== site) return undefined;
  const { etag, confirmed_at, pointer, manifest } = record;
  if (typeof confirmed_at !== 'string' || Number.isNaN(Date.parse(confirmed_at)) || typeof pointer !== 'string') {
    return undefined;
  }
  return {
    schema: 1,
    site,
    ...(typeof etag === 'string' && { etag }),
    confirmed_at,
    pointer,
    ...(isLookedUp(manifest) && { manifest }),
  };
}

function isLookedUp(manifest: SiteRecord['manifest']): boolean {
  const paths: unknown = manifest?.paths;
  return (
    isDigest(String(manifest?.digest)) &&
    typeof paths === 'object' &&
    paths !== null &&
    Object.values(paths).every(isKnown)
  );
}

function parseObject(bytes: Buffer): Partial<SiteRecord> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
