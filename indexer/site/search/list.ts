import type { SearchDocument } from '../../model/documents.ts';
import type { Page, SearchAnswer } from './answer.ts';
import { cellsOf, compareNames } from './columns.ts';
import { createFilter, type SearchFilters, type SearchQuery } from './query.ts';
import { firstOf, rank } from './rank.ts';
import { readText } from './readings.ts';
import { buildWordIndex, type WordIndex } from './word-index.ts';

/*
 * Search over the slim list, by an index of its words that is built when words are first asked for.
 */

export interface ListHit {
  /** Row of the list, from 0. */
  row: number;
  score: number;
}

export function createListSearch(list: SearchDocument): (query: SearchQuery, page: Page) => SearchAnswer {
  const find = createListIndex(list);
  const deprecated = new Set(list.deprecated);
  return (query, { limit, offset }) => {
    const { hits, total } = find(query, offset + limit);
    const shown = hits.slice(offset).map(({ row, score }) => ({
      ...cellsOf(list, row),
      deprecated: deprecated.has(row),
      score,
    }));
    return { hits: shown, total, complete: true };
  };
}

/** The first rows of an answer, and how many there are in all. */
export function createListIndex(
  list: SearchDocument,
): (query: SearchQuery, count: number) => { hits: ListHit[]; total: number } {
  const size = list.name.length;
  const [deprecated, yanked] = [new Set(list.deprecated), new Set(list.yanked)];
  let index: (WordIndex & { order: Uint32Array }) | undefined;

  return (query, count) => {
    if (query.text.trim() === '') {
      const rows = filterRows(list, query);
      return { hits: rows.slice(0, count).map((row) => ({ row, score: 0 })), total: rows.length };
    }
    index ??= {
      ...buildWordIndex(list.name.map((_, row) => (yanked.has(row) ? undefined : cellsOf(list, row)))),
      order: orderByName(list),
    };
    const { vocabulary, postingsOf, order } = index;
    const isDeprecated = (row: number): boolean => deprecated.has(row);
    const { rows, scores } = rank(readText(vocabulary, query.text), { size, postingsOf, isDeprecated });
    const passes = createFilter(query);
    const found = passes === undefined ? rows : rows.filter((row) => passes(cellsOf(list, row)));
    const compare = (a: number, b: number): number =>
      (scores[b] ?? 0) - (scores[a] ?? 0) || (order[a] ?? 0) - (order[b] ?? 0);
    const first = firstOf(found, count, compare);
    return { hits: first.map((row) => ({ row, score: scores[row] ?? 0 })), total: found.length };
  };
}

/** What an empty text answers, without an index: the rows that pass the filters, in the order of the list. */
export function filterRows(list: SearchDocument, query: SearchFilters): number[] {
  const passes = createFilter(query);
  const yanked = new Set(list.yanked);
  return list.name.flatMap((_, row) => (!yanked.has(row) && passes?.(cellsOf(list, row)) !== false ? [row] : []));
}

/** Row -> its place by name, then type. */
function orderByName(list: SearchDocument): Uint32Array {
  const cells = list.name.map((name, row) => ({ name, type: list.type[row] ?? '', row }));
  const order = new Uint32Array(cells.length);
  for (const [place, { row }] of cells.sort(compareNames).entries()) order[row] = place;
  return order;
}
