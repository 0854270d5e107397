import { parseDigest } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import { SEARCH } from '../../indexer/site/layout.ts';
import type { OpenedSearch, SearchRequest } from '../../indexer/site/search/open-search.ts';
import { parseSearchDocument, parseSearchShard } from './checked-documents.ts';
import type { FoundPage } from './registry.ts';
import type { SiteClient } from './site-client.ts';

/** Search over what a site publishes for it, which is kept like all documents: what was read once is never asked for again. */
export interface SearchClient {
  find(request: SearchRequest): Promise<FoundPage>;
  /** Ids that somebody who typed this may mean. */
  idsNear(text: string): Promise<ExtensionId[]>;
}

/** Of a large site, so many ids are looked through for what was meant. */
const MAX_NEAR = 100;

export function createSearchClient(site: SiteClient): SearchClient {
  let opened: Promise<OpenedSearch> | undefined;
  const open = async (): Promise<OpenedSearch> => {
    const { openSearch } = await import('../../indexer/site/search/open-search.ts');
    const { path: file } = (await site.current()).pointer.search;
    const read = async (asked: string): Promise<unknown> => {
      if (asked === file) return parseSearchDocument(await readHead(site));
      const [, hex = ''] = /([0-9a-f]{64})\.json$/.exec(asked) ?? [];
      return parseSearchShard(await site.readByDigest(parseDigest(`sha256:${hex}`)));
    };
    return openSearch({ read, file });
  };
  const getOpened = (): Promise<OpenedSearch> =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));

  const find = async (request: SearchRequest): Promise<FoundPage> => {
    const { search } = await getOpened();
    const { hits, total, complete } = await search(request);
    // Ids and versions were checked with the documents that they are from.
    const found = hits.map(({ id, version, description, author, tags, deprecated, score }) => ({
      id: id as ExtensionId,
      version: version as Version,
      description,
      author,
      tags,
      deprecated,
      score,
    }));
    return { found, total, complete };
  };
  return {
    find,
    idsNear: async (text) => (await find({ text, limit: MAX_NEAR })).found.map(({ id }) => id),
  };
}

async function readHead(site: SiteClient): Promise<Buffer> {
  const bytes = await site.readDocument(SEARCH);
  if (bytes !== undefined) return bytes;
  throw new RegistryError('invalid_site', "The search document is not in the site's manifest; publish the site again.");
}
