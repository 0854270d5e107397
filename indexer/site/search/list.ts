import type { SearchDocument } from '../../model/documents.ts';
import type { Page, SearchAnswer } from './answer.ts';
import { cellsOf, compareNames, type Cells } from './columns.ts';
import { createFilter, type SearchQuery } from './query.ts';
import { firstOf, rank, type Ranked } from './rank.ts';
import { readText } from './readings.ts';
import { buildWordIndex, type WordIndex } from './word-index.ts';

/*
 * Search over the slim list, by an index of its words that is built when words are first asked for.
 */

export interface FoundRows {
  /** Rows of the list, from 0, best first. */
  rows: number[];
  scoreOf: (row: number) => number;
  total: number;
}

export function createListSearch(list: SearchDocument): (query: SearchQuery, page: Page) => SearchAnswer {
  const find = createListIndex(list);
  return (query, { limit, offset }) => {
    const { rows, scoreOf, total } = find(query, offset + limit);
    const hits = rows.slice(offset).map((row) => ({
      ...cellsOf(list, row),
      deprecated: list.deprecated.includes(row),
      score: scoreOf(row),
    }));
    return { hits, total, complete: true };
  };
}

/** The first rows of an answer, and how many there are in all. */
export function createListIndex(list: SearchDocument): (query: SearchQuery, count: number) => FoundRows {
  const [deprecated, yanked] = [new Set(list.deprecated), new Set(list.yanked)];
  // What is yanked is nowhere.
  const cells = list.name.map((_, row) => (yanked.has(row) ? undefined : cellsOf(list, row)));
  const cellsAt = (row: number): Cells => cells[row] as Cells;
  let index: WordIndex | undefined;

  const rankText = (text: string): Ranked => {
    index ??= buildWordIndex(cells);
    const { vocabulary, postingsOf } = index;
    return rank(readText(vocabulary, text), { size: cells.length, postingsOf, deprecated });
  };

  return (query, count) => {
    const isBlank = query.text.trim() === '';
    const { rows, scores } = isBlank
      ? { rows: [...cells.keys()].filter((row) => cells[row]), scores: [] }
      : rankText(query.text);
    const scoreOf = (row: number): number => scores[row] ?? 0;
    const passes = createFilter(query);
    const found = passes === undefined ? rows : rows.filter((row) => passes(cellsAt(row)));
    const compare = (a: number, b: number): number =>
      scoreOf(b) - scoreOf(a) || (isBlank ? a - b : compareNames(cellsAt(a), cellsAt(b)));
    return { rows: firstOf(found, count, compare), scoreOf, total: found.length };
  };
}
