import type { Item, SearchDocument } from '../model/documents.ts';
import { createFilter, hasFilters, type Filterable, type SearchFilters, type SearchQuery } from './search/query.ts';
import { firstOf, rank } from './search/rank.ts';
import { readText } from './search/readings.ts';
import { buildWordIndex, type WordIndex } from './search/word-index.ts';

export { parseSearchText, type SearchFilters, type SearchQuery } from './search/query.ts';

/*
 * Search over the slim list: an index of words in memory, built when words are first asked for. PURE, and free of Node: a
 * browser runs it. `search/rank.ts` says what comes first; ties are broken by name, then type. What is yanked is never
 * found, whatever is asked.
 */

export interface SearchHit {
  /** Row of the search document: the place in the list, from 0. */
  row: number;
  /** Good for comparing within one answer only; at most 4 decimals, 0 without a text. */
  score: number;
}

export interface Search {
  /** Best first. An empty text answers every row that passes the filters, in the order of the list. Never throws. */
  query(query: SearchQuery): SearchHit[];
  /** The first of the same hits, and how many there are in all. */
  first(query: SearchQuery, count: number): { hits: SearchHit[]; total: number };
}

/** @param items the list, in its order: row i is item i */
export function renderSearchDocument(items: readonly Item[]): SearchDocument {
  return {
    schema: 1,
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

export function createSearch(document: SearchDocument): Search {
  const size = document.name.length;
  const deprecated = new Set(document.deprecated);
  let index: WordIndex | undefined;
  let places: Uint32Array | undefined;

  const first: Search['first'] = (query, count) => {
    if (query.text.trim() === '') {
      const rows = filterRows(document, query);
      return { hits: rows.slice(0, count).map((row) => ({ row, score: 0 })), total: rows.length };
    }
    index ??= indexOf(document);
    const order = (places ??= placesByName(document));
    const { vocabulary, postingsOf } = index;
    const isDeprecated = (row: number): boolean => deprecated.has(row);
    const { rows, scores } = rank(readText(vocabulary, query.text), { size, postingsOf, isDeprecated });
    const passes = createFilter(query);
    const found = hasFilters(query) ? rows.filter((row) => passes(cellsOf(document, row))) : rows;
    const compare = (a: number, b: number): number =>
      (scores[b] ?? 0) - (scores[a] ?? 0) || (order[a] ?? 0) - (order[b] ?? 0);
    return {
      hits: firstOf(found, count, compare).map((row) => ({ row, score: scores[row] ?? 0 })),
      total: found.length,
    };
  };
  return { first, query: (query) => first(query, Infinity).hits };
}

/** What an empty text answers, without an index: the rows that pass the filters, in the order of the list. */
export function filterRows(document: SearchDocument, query: SearchFilters): number[] {
  const passes = createFilter(query);
  const yanked = new Set(document.yanked);
  return document.name.flatMap((_, row) => (!yanked.has(row) && passes(cellsOf(document, row)) ? [row] : []));
}

/** What is known of a row but whether it is deprecated. */
export function cellsOf(
  { type, name, version, description, author, source, tags }: SearchDocument,
  row: number,
): Filterable & { id: string; version: string } {
  return {
    id: `${type[row] ?? ''}/${name[row] ?? ''}`,
    type: type[row] ?? '',
    name: name[row] ?? '',
    version: version[row] ?? '',
    description: description[row] ?? '',
    author: author[row] ?? '',
    sources: source[row] ?? [],
    tags: tags[row] ?? [],
  };
}

function indexOf(document: SearchDocument): WordIndex {
  const yanked = new Set(document.yanked);
  return buildWordIndex(document.name.map((_, row) => (yanked.has(row) ? undefined : cellsOf(document, row))));
}

/** Row -> its place by name, then type, in code units. */
function placesByName({ name, type }: SearchDocument): Uint32Array {
  const rows = [...name.keys()].sort(
    (a, b) => compare(name[a] ?? '', name[b] ?? '') || compare(type[a] ?? '', type[b] ?? ''),
  );
  const places = new Uint32Array(rows.length);
  for (const [place, row] of rows.entries()) places[row] = place;
  return places;
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
