import type { Item, SearchDocument } from '../model/documents.ts';
import { createListIndex } from './search/list.ts';
import type { SearchQuery } from './search/query.ts';

export { parseSearchText, type SearchQuery } from './search/query.ts';

/*
 * Search over the slim list, in memory. PURE, and free of Node: a browser runs it. `search/rank.ts` says what comes first;
 * ties are broken by name, then type. What is yanked is never found, whatever is asked.
 */

export interface SearchHit {
  /** Row of the list, from 0. */
  row: number;
  score: number;
}

export interface Search {
  /** Best first. An empty text answers every row that passes the filters, in the order of the list. Never throws. */
  query(query: SearchQuery): SearchHit[];
}

export function createSearch(document: SearchDocument): Search {
  const find = createListIndex(document);
  return {
    query: (query) => {
      const { rows, scoreOf } = find(query, Infinity);
      return rows.map((row) => ({ row, score: scoreOf(row) }));
    },
  };
}

/** @param items the list, in its order: row i is item i */
export function renderSearchDocument(items: readonly Item[]): SearchDocument {
  return {
    schema: 1,
    form: 'list',
    type: items.map((item) => item.type),
    name: items.map((item) => item.name),
    version: items.map((item) => item.version),
    description: items.map((item) => item.description),
    author: items.map((item) => item.author),
    source: items.map((item) => item.sources ?? [item.source]),
    tags: items.map((item) => item.tags ?? []),
    deprecated: rowsOf(items, (item) => item.deprecated !== undefined),
    yanked: rowsOf(items, (item) => item.yanked === true),
  };
}

function rowsOf(items: readonly Item[], isSo: (item: Item) => boolean): number[] {
  return items.flatMap((item, row) => (isSo(item) ? [row] : []));
}
