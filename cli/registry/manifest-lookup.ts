import type { Manifest } from '../../indexer/model/documents.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { parseDocument } from '../../indexer/read-site.ts';
import type { CurrentGeneration } from './current-generation.ts';
import { isKnown, type DocumentStore, type KnownDocument } from './document-store.ts';

/** Which document is at a path of the current generation. */
export interface ManifestLookup {
  find(path: string): Promise<KnownDocument | undefined>;
  close(): Promise<void>;
}

export interface ManifestLookupOptions {
  current: () => Promise<CurrentGeneration>;
  readManifest: () => Promise<Buffer>;
  store: DocumentStore;
}

/** Places that are remembered from process to process; all others are looked up in the manifest, which is megabytes. */
const MAX_REMEMBERED = 1_000;

export function createManifestLookup({ current, readManifest, store }: ManifestLookupOptions): ManifestLookup {
  let manifest: Promise<Manifest> | undefined;
  let hasChanged = false;

  const load = async (): Promise<Manifest> => {
    const { pointer, record } = await current();
    const loaded = parseDocument<Manifest>(await readManifest(), `${record.site}: manifest`);
    if (typeof loaded.documents !== 'object' || loaded.documents === null) {
      throw new RegistryError('invalid_site', `${record.site}: manifest names no documents; publish the site again.`);
    }
    const { manifest: former } = record;
    if (former?.digest === pointer.manifest.digest) return loaded;
    record.manifest = { digest: pointer.manifest.digest, paths: carriedOver(former?.paths ?? {}, loaded) };
    hasChanged = true;
    if (former !== undefined) await dropFormer(store, former, loaded);
    return loaded;
  };

  const getManifest = () =>
    (manifest ??= load().catch((error: unknown) => {
      manifest = undefined;
      throw error;
    }));

  return {
    find: async (path) => {
      const { pointer, record } = await current();
      const remembered = record.manifest?.digest === pointer.manifest.digest ? record.manifest.paths : {};
      if (Object.hasOwn(remembered, path)) return remembered[path];
      const found = documentAt(await getManifest(), path, record.site);
      if (found === undefined || record.manifest === undefined) return undefined;
      if (Object.keys(record.manifest.paths).length < MAX_REMEMBERED) {
        record.manifest.paths[path] = found;
        hasChanged = true;
      }
      return found;
    },
    close: async () => {
      if (hasChanged) await store.keepRecord((await current()).record);
    },
  };
}

/** @throws RegistryError `invalid_site` */
function documentAt({ documents }: Manifest, path: string, site: string): KnownDocument | undefined {
  const found: unknown = Object.hasOwn(documents, path) ? documents[path] : undefined;
  if (found === undefined) return undefined;
  if (isKnown(found)) return { digest: found.digest, size: found.size };
  throw new RegistryError('invalid_site', `${site}: manifest has no digest for ${path}; publish the site again.`);
}

/** What is still there, at the place where it is now; what is none, is told to whoever asks for it. */
function carriedOver(
  paths: Readonly<Record<string, KnownDocument>>,
  manifest: Manifest,
): Record<string, KnownDocument> {
  const { documents } = manifest;
  return Object.fromEntries(
    Object.keys(paths).flatMap((path) => {
      const found: unknown = Object.hasOwn(documents, path) ? documents[path] : undefined;
      return isKnown(found) ? [[path, { digest: found.digest, size: found.size }]] : [];
    }),
  );
}

/** Forgets what the former generation had and this one has not, or the store would grow with every crawl. */
async function dropFormer(store: DocumentStore, former: { digest: KnownDocument['digest'] }, current: Manifest) {
  const bytes = await store.read(former.digest);
  if (bytes === undefined) return;
  const { documents: old } = parseDocument<Manifest>(bytes, 'the former manifest');
  const kept = new Set(knownIn(current.documents).map(({ digest }) => digest));
  const gone = knownIn(old).filter(({ digest }) => !kept.has(digest));
  await Promise.all([former, ...gone].map(({ digest }) => store.drop(digest)));
}

function knownIn(documents: unknown): KnownDocument[] {
  return typeof documents === 'object' && documents !== null ? Object.values(documents).filter(isKnown) : [];
}
