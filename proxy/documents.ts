import type { Config } from '../indexer/config/config.ts';
import { digestOf, type Digest } from '../indexer/model/digest.ts';
import { RegistryError } from '../indexer/model/errors.ts';
import { readReferenced } from '../indexer/read-site.ts';
import { blobOf, fileOf, MANIFEST, mediaTypeOf, OUTSIDE_GENERATIONS } from '../indexer/site/layout.ts';
import type { SiteReader } from '../indexer/storage/storage.ts';
import { createDocumentCache, type CacheStatistics, type DocumentCache } from './document-cache.ts';
import { kindOf, type CacheName } from './document-path.ts';
import { createDocument, type Document } from './document.ts';
import type { Generation } from './site-view.ts';

export interface Documents {
  /** A document that is in memory, in the cache of its kind; who serves it counts the hit. */
  held(generation: Generation, path: string, cache: CacheName): Document | undefined;
  countHit(cache: CacheName): void;
  /** The path of a document of the generation that is named by its bytes. */
  pathOf(generation: Generation, digest: Digest): string | undefined;
  /** A document of a generation by its path, such as `extensions/provider/aws`; undefined where there is none. */
  read(generation: Generation, path: string): Promise<Document | undefined>;
  /** A document of any generation that is still kept, by its bytes. */
  readBlob(generation: Generation, digest: Digest): Promise<Document | undefined>;
  statistics(): Record<CacheName, CacheStatistics>;
}

const MAX_BLOB_BYTES = 256 * 1024 * 1024;
/** Of each of the three caches. */
const MAX_CACHE_BYTES = 128 * 1024 * 1024;

/** The site's documents, through the caches of `[cache]`. */
export function createDocuments(reader: SiteReader, { cache }: Pick<Config, 'cache'>, now: () => number): Documents {
  const { capacity, ttlSeconds, enableListCache, enableMetadataCache } = cache;
  const create = (enabled: boolean): DocumentCache =>
    createDocumentCache({ enabled, capacity, maxBytes: MAX_CACHE_BYTES, ttlSeconds, now });
  const caches: Record<CacheName, DocumentCache> = {
    list: create(enableListCache),
    metadata: create(enableMetadataCache),
    // What is known of an extension's versions is metadata too: the switch is for both.
    versions: create(enableMetadataCache),
  };
  const pathsOf = createPathIndex();

  const read = async (generation: Generation, path: string): Promise<Document | undefined> => {
    if (OUTSIDE_GENERATIONS.has(path)) return wrap(await reader.read(fileOf(path), MAX_BLOB_BYTES));
    const { manifest } = generation.pointer;
    if (path === MANIFEST) {
      return caches.list.get(`${generation.key} ${path}`, async () =>
        createDocument(await readReferenced(reader, manifest, fileOf(MANIFEST)), manifest.digest),
      );
    }
    const { documents } = generation.site.manifest;
    // A path that is not in the manifest costs neither a look-up in a cache nor a read.
    const entry = Object.hasOwn(documents, path) ? documents[path] : undefined;
    if (entry === undefined) return undefined;
    return caches[kindOf(path).cache].get(`${generation.key} ${path}`, async () =>
      wrap(await generation.site.readDocument(path), entry.digest, mediaTypeOf(path)),
    );
  };

  return {
    held: (generation, path, cache) => caches[cache].held(`${generation.key} ${path}`),
    countHit: (cache) => caches[cache].countHit(),
    pathOf: (generation, digest) => pathsOf(generation).get(digest),
    read,
    readBlob: async (generation, digest) => {
      const path = pathsOf(generation).get(digest);
      if (path !== undefined) return read(generation, path);
      return wrap(await readKept(reader, digest), digest);
    },
    statistics: () => ({
      list: caches.list.statistics(),
      metadata: caches.metadata.statistics(),
      versions: caches.versions.statistics(),
    }),
  };
}

/** Digest -> path within a generation, made when a generation is first asked for a document by its bytes. */
function createPathIndex(): (generation: Generation) => ReadonlyMap<Digest, string> {
  const indexes = new WeakMap<object, Map<Digest, string>>();
  return ({ site, pointer }) => {
    const known = indexes.get(site);
    if (known !== undefined) return known;
    const index = new Map(Object.entries(site.manifest.documents).map(([path, { digest }]) => [digest, path] as const));
    index.set(pointer.manifest.digest, MANIFEST);
    indexes.set(site, index);
    return index;
  };
}

/** A by-hash file that the current generation no longer names. */
async function readKept(reader: SiteReader, digest: Digest): Promise<Buffer | undefined> {
  const bytes = await reader.read(blobOf(digest), MAX_BLOB_BYTES);
  if (bytes !== undefined && digestOf(bytes) !== digest) {
    throw new RegistryError('invalid_site', `${reader.name}: ${blobOf(digest)} is not what its name says; remove it.`);
  }
  return bytes;
}

function wrap(bytes: Buffer | undefined, digest?: Digest, mediaType?: string): Document | undefined {
  return bytes && createDocument(bytes, digest, mediaType);
}
