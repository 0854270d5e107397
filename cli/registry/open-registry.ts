import type { Item } from '../../indexer/model/documents.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { extensionId, isNameSegment, type ExtensionId } from '../../indexer/model/extension.ts';
import { extensionPath, LIST, MAX_LISTED, SEARCH, versionsPath } from '../../indexer/site/layout.ts';
import { parseExtension, parseItems, parseSearchDocument, parseVersions } from './checked-documents.ts';
import { createConnections, credentialFields, parseBase } from './connections.ts';
import type { CurrentGeneration } from './current-generation.ts';
import { createDocumentStore } from './document-store.ts';
import { identifyIn, unknownExtension } from './identity.ts';
import { openMirror } from './mirrors.ts';
import { parseOverview, renderOverview } from './overview.ts';
import { proxyBaseOf } from './proxy-address.ts';
import type { Installed, Overview, OverviewFilter, Registry, RegistryOptions, SiteState, Update } from './registry.ts';
import { createSearchClient, type SearchClient } from './search-client.ts';
import { createSiteClient, type SiteClient } from './site-client.ts';

/*
 * What few commands need is loaded by the functions that need it: the HTTP client, semver and the search engine take
 * longer to load than the answer takes.
 */

/** @throws RegistryError `config` for a site or a proxy that is no place; nothing is asked of anybody yet */
export function openRegistry(options: RegistryOptions): Registry {
  const { sites, offline = false, now, random, cacheFolder, credential } = options;
  if (sites.length === 0) {
    throw new RegistryError(
      'config',
      'No site is named: pass --site with the URL or folder of its v1, or write it to extensions.toml or EXTENSION_REGISTRY_URL.',
    );
  }
  const connections = createConnections(options);
  const store = createDocumentStore(cacheFolder, random);
  const observed = { now, ...(options.onRequest && { onRequest: options.onRequest }) };
  // Before the pointer is read, the credential's origin is known only where it was named.
  const credentialOrigin = options.proxy === undefined ? undefined : parseBase(options.proxy, 'The proxy').origin;
  const fieldsFor = (origin: string) => (origin === credentialOrigin ? credentialFields(credential, origin) : {});
  const mirrors = [...new Set(sites)].map((each) => openMirror(each, { connections, fieldsFor, ...observed }));
  const site = createSiteClient({ mirrors, store, offline, ...observed });
  const read = createReader(site);

  return {
    list: read.list,
    overview: read.overview,
    extension: read.extension,
    versions: read.versions,
    state: async () => stateOf(await site.current(), { proxy: options.proxy, fault: store.fault() }),
    search: (request) => read.search.find(request),
    identify: (text) => identify(read, text),
    resolve: async (wish) => {
      const { resolveWish } = await import('./resolve.ts');
      const resolution = resolveWish(await read.versions(wish.id), wish, now());
      const { pointer, record } = await site.current();
      return { id: wish.id, ...resolution, site: record.site, generation: pointer.generation };
    },
    fetch: async (choice, fetchOptions = {}) => {
      const { createDownloadCache } = await import('./download-cache.ts');
      const { fetchAsset } = await import('./fetch-asset.ts');
      const cache = createDownloadCache({ cacheFolder, now, random });
      const { proxy } = options;
      // Who names a proxy needs no site to download from it.
      const proxyBase = async (): Promise<URL> => proxyBaseOf({ proxy }) ?? requireProxy(await site.current());
      const { retry } = options;
      return fetchAsset({ cache, connections, credential, offline, proxyBase, random, retry }, choice, fetchOptions);
    },
    updates: (of) => findUpdates(read, of),
    close: async () => {
      await site.close();
      await Promise.all([connections.close(), ...mirrors.map((each) => each.close())]);
    },
  };
}

interface Reader extends Pick<Registry, 'list' | 'overview' | 'extension' | 'versions'> {
  search: SearchClient;
  /** All ids, or of a large site those that somebody who typed this may mean. */
  idsNear(text: string): Promise<readonly ExtensionId[]>;
  /** Whether the generation has a document. */
  has(id: ExtensionId): Promise<boolean>;
}

function createReader(site: SiteClient): Reader {
  const search = createSearchClient(site);
  const list = async (): Promise<Item[]> => parseItems(await required(site, LIST, LIST_NAME), LIST_NAME);
  const overview = async (filter?: OverviewFilter): Promise<Overview> => {
    // Of shards there is none, but of the list that they are of.
    const text = (await site.readOverview(SEARCH, ofSearch)) ?? (await site.readOverview(LIST, ofList));
    if (text === undefined) throw missingDocument(LIST_NAME);
    return parseOverview(text, filter);
  };
  const idsNear = async (text: string): Promise<readonly ExtensionId[]> => {
    const { counts } = (await site.current()).pointer;
    return counts.extensions > MAX_LISTED ? search.idsNear(text) : (await overview()).ids;
  };
  const missing = async (id: ExtensionId): Promise<RegistryError> => unknownExtension(id, await idsNear(id));
  return {
    overview,
    list,
    extension: async (id) => {
      const bytes = await site.readDocument(extensionPath(id));
      if (bytes === undefined) throw await missing(id);
      return parseExtension(bytes, id);
    },
    versions: async (id) => {
      const bytes = await site.readDocument(versionsPath(id));
      if (bytes === undefined) throw await missing(id);
      return parseVersions(bytes, id);
    },
    search,
    idsNear,
    has: (id) => site.has(versionsPath(id)),
  };
}

const LIST_NAME = 'The list';

function ofSearch(bytes: Buffer): string | undefined {
  const document = parseSearchDocument(bytes);
  return document.form === 'list' ? renderOverview(document) : undefined;
}

async function ofList(bytes: Buffer): Promise<string> {
  const { renderSearchDocument } = await import('../../indexer/site/search.ts');
  return renderOverview(renderSearchDocument(parseItems(bytes, LIST_NAME)));
}

async function required(site: SiteClient, path: string, subject: string): Promise<Buffer> {
  const bytes = await site.readDocument(path);
  if (bytes === undefined) throw missingDocument(subject);
  return bytes;
}

function missingDocument(subject: string): RegistryError {
  return new RegistryError('invalid_site', `${subject} is not in the site's manifest; publish the site again.`);
}

async function identify(read: Reader, text: string): Promise<ExtensionId> {
  const [type = '', name = '', ...more] = text.split('/');
  const isId = more.length === 0 && isNameSegment(type) && isNameSegment(name);
  if (isId && (await read.has(extensionId(type, name)))) return extensionId(type, name);
  return identifyIn(text, await read.idsNear(text));
}

async function findUpdates(read: Reader, of: readonly Installed[]): Promise<Update[]> {
  const { findUpdate } = await import('./updates.ts');
  const found = await Promise.all(
    of.map(async (each) => ((await read.has(each.id)) ? findUpdate(await read.versions(each.id), each) : undefined)),
  );
  return found.filter((each) => each !== undefined);
}

function requireProxy({ pointer, mirror, record }: CurrentGeneration): URL {
  const base = proxyBaseOf({ downloads: pointer.downloads, site: mirror?.url });
  if (base !== undefined) return base;
  throw new RegistryError(
    'config',
    `${record.site} names no proxy to download from; pass --proxy with its URL, or write it to extensions.toml or EXTENSION_REGISTRY_PROXY.`,
  );
}

function stateOf(
  { pointer, mirror, record, failures }: CurrentGeneration,
  { proxy, fault }: { proxy: string | undefined; fault: string | undefined },
): SiteState {
  const { generation, created, checked_at, counts, sources, held, downloads } = pointer;
  const base = proxyBaseOf({ proxy, downloads, site: mirror?.url });
  return {
    site: record.site,
    failures: failures.map(({ site, reason }) => ({ site, reason })),
    ...(base && { proxy: base.href }),
    offline: mirror === undefined,
    generation,
    created,
    checkedAt: checked_at,
    confirmedAt: record.confirmed_at,
    counts: { extensions: counts.extensions, versions: counts.versions, byType: counts.by_type },
    sources,
    ...(held && { held }),
    ...(fault !== undefined && { cacheFault: fault }),
  };
}
