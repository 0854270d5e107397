import type { Digest } from '../../indexer/model/digest.ts';
import type { DocumentReference } from '../../indexer/model/documents.ts';
import { codeOf, messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { readReferenced } from '../../indexer/read-site.ts';
import { blobOf, fileOf, MANIFEST, SEARCH } from '../../indexer/site/layout.ts';
import { findCurrent, type CurrentGeneration, type CurrentOptions } from './current-generation.ts';
import type { KnownDocument } from './document-store.ts';
import { createManifestLookup } from './manifest-lookup.ts';
import type { Mirror } from './mirrors.ts';
import type { RequestEvent } from './registry.ts';
import { commonCode } from './silence.ts';

/** One generation of a site, its documents kept by their digests: what was read once is never asked for again. */
export interface SiteClient {
  /** Asked once, unless that failed. */
  current(): Promise<CurrentGeneration>;
  /** A document of the current generation by its path; undefined where there is none. */
  readDocument(path: string): Promise<Buffer | undefined>;
  /**
   * What was made of a document of the current generation, once for all processes; undefined where it is not there.
   * @param make from its bytes; undefined for a document that nothing is made of
   */
  readOverview(path: string, make: MakeOverview): Promise<string | undefined>;
  /** A document that another one names by its digest. */
  readByDigest(digest: Digest): Promise<Buffer>;
  has(path: string): Promise<boolean>;
  /** Writes down what was looked up. */
  close(): Promise<void>;
}

export interface SiteClientOptions extends CurrentOptions {
  onRequest?: (event: RequestEvent) => void;
}

export type MakeOverview = (bytes: Buffer) => string | undefined | Promise<string>;

/** Of a document whose length nobody has said. */
const MAX_BYTES = 16 * 1024 * 1024;

export function createSiteClient(options: SiteClientOptions): SiteClient {
  const { store } = options;
  let current: Promise<CurrentGeneration> | undefined;
  const getCurrent = (): Promise<CurrentGeneration> =>
    (current ??= findCurrent(options).catch((error: unknown) => {
      current = undefined;
      throw error;
    }));

  const readBytes = async (reference: DocumentReference, friendly: string): Promise<Buffer> => {
    const kept = await readKept(options, friendly, () => store.read(reference.digest));
    if (kept !== undefined) return kept;
    const bytes = await fetchFromMirrors(options, await getCurrent(), { reference, friendly });
    await store.keep(reference.digest, bytes);
    return bytes;
  };

  const lookup = createManifestLookup({
    current: getCurrent,
    readManifest: async () => readBytes((await getCurrent()).pointer.manifest, fileOf(MANIFEST)),
    store,
  });

  /** The pointer itself names the search document: who searches needs no manifest. */
  const find = async (path: string): Promise<KnownDocument | undefined> =>
    path === SEARCH ? (await getCurrent()).pointer.search : lookup.find(path);
  const readFound = ({ digest, size }: KnownDocument, path: string): Promise<Buffer> =>
    readBytes({ path: blobOf(digest), digest, size }, fileOf(path));

  return {
    current: getCurrent,
    readOverview: async (path, make) => {
      const found = await find(path);
      if (found === undefined) return undefined;
      const kept = await readKept(options, fileOf(path), () => store.readOverview(found.digest));
      if (kept !== undefined) return kept;
      const text = await make(await readFound(found, path));
      if (text !== undefined) await store.keepOverview(found.digest, text);
      return text;
    },
    readDocument: async (path) => {
      const found = await find(path);
      return found && readFound(found, path);
    },
    readByDigest: (digest) => readBytes({ path: blobOf(digest), digest, size: MAX_BYTES }, blobOf(digest)),
    has: async (path) => (await lookup.find(path)) !== undefined,
    close: () => lookup.close(),
  };
}

async function readKept<T>(
  { now, onRequest }: SiteClientOptions,
  friendly: string,
  read: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const startedMs = now();
  const kept = await read();
  if (kept !== undefined) onRequest?.({ method: 'GET', url: friendly, durationMs: now() - startedMs, fromCache: true });
  return kept;
}

/** From the mirror that named the generation; what it lacks may another have, for a digest is the same everywhere. */
async function fetchFromMirrors(
  { mirrors, offline }: SiteClientOptions,
  { mirror: first, record }: CurrentGeneration,
  { reference, friendly }: { reference: DocumentReference; friendly: string },
): Promise<Buffer> {
  const usable = mirrors.filter((each) => !offline || each.url === undefined);
  if (usable.length === 0) {
    const sentence = `${friendly} of ${record.site} is not kept to answer from; ask for it once without --offline.`;
    throw new RegistryError('unreachable', sentence);
  }
  const failures: unknown[] = [];
  for (const each of new Set([...(first ? [first] : []), ...usable])) {
    try {
      return await readReferenced(bounded(each, reference.size), reference, friendly);
    } catch (error) {
      if (usable.length === 1) throw error;
      failures.push(error);
    }
  }
  const sentence = `No mirror has ${friendly} as its generation names it. ${failures.map(messageOf).join(' ')}`;
  throw new RegistryError(commonCode(failures.map(codeOf)), sentence);
}

/** Another's copy of a document may be anything, but not longer than the document, nor than we read of anybody's. */
function bounded(mirror: Mirror, sizeBytes: number): Mirror {
  return { ...mirror, read: (file, maxBytes) => mirror.read(file, Math.min(sizeBytes, maxBytes ?? Infinity)) };
}
