import type { Digest } from '../../indexer/model/digest.ts';
import type { DocumentReference } from '../../indexer/model/documents.ts';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { readReferenced } from '../../indexer/read-site.ts';
import { blobOf, fileOf, MANIFEST, SEARCH } from '../../indexer/site/layout.ts';
import { findCurrent, type CurrentGeneration, type CurrentOptions } from './current-generation.ts';
import { createManifestLookup } from './manifest-lookup.ts';
import type { Mirror } from './mirrors.ts';
import type { RequestEvent } from './registry.ts';

/** One generation of a site, its documents kept by their digests: what was read once is never asked for again. */
export interface SiteClient {
  /** Asked once, unless that failed. */
  current(): Promise<CurrentGeneration>;
  /** A document of the current generation by its path; undefined where there is none. */
  readDocument(path: string): Promise<Buffer | undefined>;
  /** What was made of the current search document, once for all processes. @param make from its bytes */
  readOverview(make: (bytes: Buffer) => Promise<string>): Promise<string>;
  /** A document that another one names by its digest. */
  readByDigest(digest: Digest): Promise<Buffer>;
  has(path: string): Promise<boolean>;
  /** Writes down what was looked up. */
  close(): Promise<void>;
}

export interface SiteClientOptions extends CurrentOptions {
  onRequest?: (event: RequestEvent) => void;
}

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

  const readKept = async <T>(friendly: string, read: () => Promise<T | undefined>): Promise<T | undefined> => {
    const startedMs = options.now();
    const kept = await read();
    if (kept === undefined) return undefined;
    const durationMs = options.now() - startedMs;
    options.onRequest?.({ method: 'GET', url: friendly, durationMs, fromCache: true });
    return kept;
  };
  const readBytes = async (reference: DocumentReference, friendly: string): Promise<Buffer> => {
    const kept = await readKept(friendly, () => store.read(reference.digest));
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

  return {
    current: getCurrent,
    readOverview: async (make) => {
      const { search } = (await getCurrent()).pointer;
      const kept = await readKept(fileOf(SEARCH), () => store.readOverview(search.digest));
      if (kept !== undefined) return kept;
      const text = await make(await readBytes(search, fileOf(SEARCH)));
      await store.keepOverview(search.digest, text);
      return text;
    },
    readDocument: async (path) => {
      // The pointer itself names the search document: who searches needs no manifest.
      const found = path === SEARCH ? (await getCurrent()).pointer.search : await lookup.find(path);
      return found && readBytes({ path: blobOf(found.digest), digest: found.digest, size: found.size }, fileOf(path));
    },
    readByDigest: (digest) => readBytes({ path: blobOf(digest), digest, size: MAX_BYTES }, blobOf(digest)),
    has: async (path) => (await lookup.find(path)) !== undefined,
    close: () => lookup.close(),
  };
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
  const reasons: string[] = [];
  for (const each of new Set([...(first ? [first] : []), ...usable])) {
    try {
      return await readReferenced(bounded(each, reference.size), reference, friendly);
    } catch (error) {
      if (usable.length === 1) throw error;
      reasons.push(messageOf(error));
    }
  }
  const sentence = `No mirror has ${friendly} as its generation names it. ${reasons.join(' ')}`;
  throw new RegistryError('unreachable', sentence);
}

/** Another's copy of a document may be anything, but not longer than the document, nor than we read of anybody's. */
function bounded(mirror: Mirror, sizeBytes: number): Mirror {
  return { ...mirror, read: (file, maxBytes) => mirror.read(file, Math.min(sizeBytes, maxBytes ?? Infinity)) };
}
