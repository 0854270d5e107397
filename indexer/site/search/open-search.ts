import type { SearchDocument, SearchHead } from '../../model/documents.ts';
import type { SearchAnswer } from './answer.ts';
import type { SearchQuery } from './query.ts';

export type { FoundExtension, SearchAnswer } from './answer.ts';

/*
 * Search for whoever reads a site's files: the page, the client, the proxy. What is published decides how it is done, and
 * the answers are alike.
 */

export interface OpenSearchOptions {
  /**
   * The JSON of one file below the site's `v1`, such as `by-hash/sha256/ab/….json`; to be checked and kept by whoever can.
   * Rejects where the file is not to be had.
   */
  read: (file: string) => Promise<unknown>;
  /** The search document's file, as the pointer names it in `search.path`. */
  file: string;
  /** Shards of 64 records, at most, that one answer may be filtered from; 24 without it. */
  maxShards?: number;
}

export interface SearchRequest extends SearchQuery {
  /** 20 without it. */
  limit?: number;
  /** 0 without it. */
  offset?: number;
}

export interface OpenedSearch {
  /** The slim list, where that is what is published: up to 10,000 extensions. */
  readonly list?: SearchDocument;
  /** Rejects only as `read` does. */
  search: (request: SearchRequest) => Promise<SearchAnswer>;
}

const LIMIT = 20;
const MAX_SHARDS = 24;

/** Reads the search document; whatever else an answer needs is read for that answer, and once. */
export async function openSearch({ read, file, maxShards = MAX_SHARDS }: OpenSearchOptions): Promise<OpenedSearch> {
  const document = (await read(file)) as SearchDocument | SearchHead;
  // Each form is a module of its own: nobody needs both.
  if (document.form === 'shards') {
    const { createShardSearch } = await import('./shard-search.ts');
    const search = createShardSearch(document, { read, maxShards });
    return { search: ({ limit = LIMIT, offset = 0, ...query }) => search(query, { limit, offset }) };
  }
  const { createListSearch } = await import('./list.ts');
  const search = createListSearch(document);
  const answer = ({ limit = LIMIT, offset = 0, ...query }: SearchRequest): SearchAnswer =>
    search(query, { limit, offset });
  return { list: document, search: (request) => Promise.resolve(request).then(answer) };
}
