import type { SearchHead } from '../../model/documents.ts';
import type { FoundExtension, Page, SearchAnswer } from './answer.ts';
import { compareNames } from './columns.ts';
import { TAG, typeTerm } from './fields.ts';
import { createFilter, type Filterable, type SearchQuery } from './query.ts';
import { firstOf, rank, type Postings } from './rank.ts';
import { readText } from './readings.ts';
import { openShards, type Shards } from './shards.ts';
import type { Vocabulary } from './vocabulary.ts';
import { foldCase, isUnspaced, splitWords, STOP_WORDS } from './words.ts';

/*
 * Search over shards: the words of the head say which postings to read, these rank the rows, and only the records of rows
 * that are shown, or looked into by a filter, are read.
 */

export interface ShardSearchOptions {
  read: (file: string) => Promise<unknown>;
  /** That one answer may be filtered from. */
  maxShards: number;
}

/** Rows that a filter looks into, whatever shards they are in. */
const MAX_LOOKED = 2_000;
/** Equals at the edge of a page are told apart by name while they are in so few shards; by their rows where they are not. */
const MAX_TIED_SHARDS = 5;

export function createShardSearch(
  head: SearchHead,
  { read, maxShards }: ShardSearchOptions,
): (query: SearchQuery, page: Page) => Promise<SearchAnswer> {
  const shards = openShards(head, read);
  const { vocabulary, deprecated, readPostings } = shards;
  const { rows: size, extensions } = head;
  const types = termsOfTypes(vocabulary);
  return async (query, { limit, offset }) => {
    const isBlank = query.text.trim() === '';
    const readings = readText(vocabulary, query.text);
    const needs = needsOf(vocabulary, query);
    // What is gone leaves a row that has nothing, not even a type.
    const isByType = isBlank && needs.length === 0 && extensions < size;
    const terms = [...readings.flat().flatMap(({ matches }) => matches), ...needs].map(({ term }) => term);
    const postingsOf = await readPostings(isByType ? types : terms);
    const { rows, scores } = rank(readings, { size, postingsOf, deprecated });
    const listed = (): number[] =>
      isByType
        ? types.flatMap((term) => Array.from(postingsOf(term), rowOf)).sort((a, b) => a - b)
        : [...Array(size).keys()];
    const all = isBlank ? listed() : rows;
    const ranking = {
      rows: needs.reduce((left, { term, place }) => left.filter(hasIn(postingsOf(term), place)), all),
      scoreOf: (row = -1): number => scores[row] ?? 0,
      isBlank,
      page: { limit, offset },
    };
    // By type all are known; the rest, which words cannot say for certain, is looked up in the records.
    const { type: _type, ...others } = query;
    const passes = createFilter(others);
    if (passes !== undefined) return filtered(shards, ranking, { passes, maxShards });
    return paged(shards, ranking);
  };
}

function rowOf(posting: number): number {
  return posting >> 6;
}

function termsOfTypes({ terms }: Vocabulary): number[] {
  return [...terms.keys()].filter((term) => terms[term]?.startsWith(typeTerm('')));
}

interface Need {
  term: number;
  /** The least place that will do. */
  place: number;
}

/** Of a hostile filter, more would only cost time: each may be a word that everybody has, and the records decide anyway. */
const MAX_NEEDS = 16;

/** What each row must have for the filters; a term of -1 is had by none. */
function needsOf({ find }: Vocabulary, { type, tag, phrases }: SearchQuery): Need[] {
  // Case does not count for them, so it does not part words either.
  const partsOf = (texts: readonly string[]): string[] =>
    [...new Set(texts.map(foldCase))]
      .flatMap(splitWords)
      .flatMap(({ parts }) => parts.filter((part) => part.length > 1 || !isUnspaced(part)));
  const unique = (parts: readonly string[]): string[] => [...new Set(parts)].slice(0, MAX_NEEDS);
  return [
    ...(type === undefined || type === '' ? [] : [{ term: find(typeTerm(type)), place: 0 }]),
    ...unique(partsOf([tag ?? []].flat())).map((part) => ({ term: find(part), place: TAG })),
    ...unique(partsOf(phrases ?? []).filter((part) => !STOP_WORDS.has(part))).map((part) => ({
      term: find(part),
      place: 0,
    })),
  ];
}

function hasIn(postings: Postings, place: number): (row: number) => boolean {
  const rows = new Set(Array.from(postings, (posting) => ((posting & 63) < place ? -1 : rowOf(posting))));
  return (row) => rows.has(row);
}

interface Ranking {
  rows: readonly number[];
  scoreOf: (row?: number) => number;
  isBlank: boolean;
  page: Page;
}

/** Of the best rows that so few shards have, those that pass. */
async function filtered(
  shards: Shards,
  ranking: Ranking,
  { passes, maxShards }: { passes: (of: Filterable) => boolean; maxShards: number },
): Promise<SearchAnswer> {
  const { rows, page } = ranking;
  const looked = shards.within(firstOf(rows, MAX_LOOKED, byScore(ranking)), maxShards);
  const found = (await show(shards, looked, { ranking })).filter(passes);
  const hits = found.slice(page.offset, page.offset + page.limit);
  return { hits, total: found.length, complete: looked.length === rows.length };
}

/** One page, and all equals of its first and its last row where they are few, so that names decide who is on it. */
async function paged(shards: Shards, ranking: Ranking): Promise<SearchAnswer> {
  const { rows, scoreOf, isBlank, page } = ranking;
  const first = firstOf(rows, page.offset + page.limit, byScore(ranking));
  const shown = new Set(first.slice(page.offset));
  const loose = new Set<number>();
  for (const edge of isBlank ? [] : [first[page.offset], first.slice(page.offset).at(-1)]) {
    const equals = rows.filter((row) => scoreOf(row) === scoreOf(edge));
    if (shards.within(equals, MAX_TIED_SHARDS).length < equals.length) loose.add(scoreOf(edge));
    else for (const row of equals) shown.add(row);
  }
  const before = first.slice(0, page.offset).filter((row) => shown.has(row)).length;
  const found = await show(shards, [...shown], { ranking, loose });
  return { hits: found.slice(before, before + page.limit), total: rows.length, complete: true };
}

/** Best first, equals by name; those of a loose score by row, as all are without words. */
async function show(
  shards: Shards,
  rows: readonly number[],
  { ranking, loose = new Set() }: { ranking: Ranking; loose?: ReadonlySet<number> },
): Promise<FoundExtension[]> {
  const records = await shards.readRecords(rows);
  const { scoreOf, isBlank } = ranking;
  const isByRow = (row: number): boolean => isBlank || loose.has(scoreOf(row));
  const sorted = records.sort(
    (a, b) => scoreOf(b.row) - scoreOf(a.row) || (isByRow(a.row) ? a.row - b.row : compareNames(a, b)),
  );
  return sorted.map(({ row, ...cells }) => ({
    ...cells,
    deprecated: shards.deprecated.has(row),
    score: scoreOf(row),
  }));
}

function byScore({ scoreOf }: Ranking): (a: number, b: number) => number {
  return (a, b) => scoreOf(b) - scoreOf(a) || a - b;
}
