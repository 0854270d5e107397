import type { SearchDocument } from '../../model/documents.ts';
import { cellsOf, createSearch } from '../search.ts';
import type { SearchQuery } from './query.ts';

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
}

export interface SearchRequest extends SearchQuery {
  /** 20 without it. */
  limit?: number;
  /** 0 without it. */
  offset?: number;
}

/** An extension at its shown version, with what is needed to show it. */
export interface FoundExtension {
  /** `type/name` */
  id: string;
  type: string;
  name: string;
  version: string;
  description: string;
  author: string;
  sources: readonly string[];
  tags: readonly string[];
  deprecated: boolean;
  /** Good for comparing within one answer only; 0 without words. */
  score: number;
}

export interface SearchAnswer {
  /** Best first; without words, the list from its beginning, filtered. */
  hits: FoundExtension[];
  /** How many there are in all, `hits` among them. */
  total: number;
  /** False where more may pass the filters than were looked at; `total` then counts those that were. */
  complete: boolean;
}

export interface OpenedSearch {
  /** The slim list, where that is what is published: up to 10,000 extensions. */
  readonly list?: SearchDocument;
  /** Rejects only as `read` does. */
  search: (request: SearchRequest) => Promise<SearchAnswer>;
}

const LIMIT = 20;

/** Reads the search document; whatever else an answer needs is read for that answer, and once. */
export async function openSearch({ read, file }: OpenSearchOptions): Promise<OpenedSearch> {
  const list = (await read(file)) as SearchDocument;
  const engine = createSearch(list);
  const deprecated = new Set(list.deprecated);
  return {
    list,
    search: async ({ limit = LIMIT, offset = 0, ...query }) => {
      const { hits, total } = engine.first(query, offset + limit);
      const found = hits.slice(offset).map(({ row, score }) => ({
        ...cellsOf(list, row),
        deprecated: deprecated.has(row),
        score,
      }));
      return { hits: found, total, complete: true };
    },
  };
}
