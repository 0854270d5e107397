import type { Digest } from '../../model/digest.ts';
import type { PostingShard, RecordShard, SearchHead } from '../../model/documents.ts';
import { cellsOf, compareNames } from './columns.ts';
import { TAG, typeTerm } from './fields.ts';
import type { Page } from './list.ts';
import type { FoundExtension, SearchAnswer } from './open-search.ts';
import { unpackDigits, unpackRising, unpackWords } from './packing.ts';
import { createFilter, hasFilters, type SearchQuery } from './query.ts';
import { firstOf, rank, type Postings } from './rank.ts';
import { readText } from './readings.ts';
import { createVocabulary, type Vocabulary } from './vocabulary.ts';
import { isUnspaced, splitWords, STOP_WORDS } from './words.ts';

/*
 * Search over shards: the words of the head say which postings to read, these rank the rows, and only the records of rows
 * that are shown, or looked into by a filter, are read.
 */

export interface ShardSearchOptions {
  read: (file: string) => Promise<unknown>;
  maxShards: number;
}

/** Shards that are kept once they were read. */
const MAX_KEPT = 256;
/** Equals at the edge of a page are told apart by name while they are in so few shards; by their rows where they are not. */
const MAX_TIED_SHARDS = 5;

type Load = <T>(digest: Digest | undefined) => Promise<T>;

export function createShardSearch(
  head: SearchHead,
  { read, maxShards }: ShardSearchOptions,
): (query: SearchQuery, page: Page) => Promise<SearchAnswer> {
  const vocabulary = createVocabulary(unpackWords(head.words), unpackDigits(head.marks));
  const deprecated = new Set(unpackRising(head.deprecated));
  const isDeprecated = (row: number): boolean => deprecated.has(row);
  const shardOf = (row: number): number => Math.floor(row / head.record_rows);
  const load = createLoader(read);
  const loadPostings = createPostings(head, load);

  const loadRecords = async (rows: readonly number[], scores: Float64Array): Promise<Found[]> => {
    const numbers = [...new Set(rows.map(shardOf))];
    const shards = new Map(
      await Promise.all(numbers.map(async (at) => [at, await load<RecordShard>(head.records[at])] as const)),
    );
    return rows.flatMap((row) => {
      const shard = shards.get(shardOf(row));
      const place = row % head.record_rows;
      if (shard === undefined || shard.absent.includes(place)) return [];
      const cells = cellsOf(shard, place - shard.absent.filter((each) => each < place).length);
      return [{ row, ...cells, deprecated: isDeprecated(row), score: scores[row] ?? 0 }];
    });
  };

  return async (query, { limit, offset }) => {
    const isBlank = query.text.trim() === '';
    const readings = readText(vocabulary, query.text);
    const needs = needsOf(vocabulary, query);
    const terms = [...readings.flat().flatMap(({ matches }) => matches), ...needs].map(({ term }) => term);
    const postingsOf = await loadPostings(terms);
    const { rows: ranked, scores } = rank(readings, { size: head.rows, postingsOf, isDeprecated });
    const rows = needs.reduce(
      (left, { term, place }) => left.filter(createRowFilter(postingsOf(term), place)),
      isBlank ? Array.from({ length: head.rows }, (_, row) => row) : ranked,
    );
    const compare = (a: number, b: number): number => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b;
    // By type all are known; of the rest, whatever a word cannot say is looked up in the records.
    const { type: _type, ...others } = query;
    if (hasFilters(others)) {
      const looked = withinShards(firstOf(rows, maxShards * head.record_rows, compare), maxShards, shardOf);
      const found = (await loadRecords(looked, scores)).filter(createFilter(query)).sort(orderOf(isBlank, new Set()));
      return answerOf(found.slice(offset, offset + limit), found.length, looked.length === rows.length);
    }
    const first = firstOf(rows, offset + limit, compare);
    const edges = isBlank ? [] : [first[offset], first.slice(offset).at(-1)];
    const { shown, loose } = withEquals(new Set(first.slice(offset)), edges, (edge) => {
      const tied = rows.filter((row) => scores[row] === scores[edge]);
      return withinShards(tied, MAX_TIED_SHARDS, shardOf).length < tied.length ? undefined : tied;
    });
    const found = (await loadRecords([...shown], scores)).sort(
      orderOf(isBlank, new Set(loose.map((row) => scores[row]))),
    );
    const before = first.slice(0, offset).filter((row) => shown.has(row)).length;
    const total = isBlank && needs.length === 0 ? head.extensions : rows.length;
    return answerOf(found.slice(before, before + limit), total, true);
  };
}

/** The rows of a page with all equals of its first and last one, so that a name decides; `loose` are edges with too many. */
function withEquals(
  shown: Set<number>,
  edges: readonly (number | undefined)[],
  equalsOf: (edge: number) => number[] | undefined,
): { shown: Set<number>; loose: number[] } {
  const loose: number[] = [];
  for (const edge of edges) {
    if (edge === undefined) continue;
    const equals = equalsOf(edge);
    if (equals === undefined) loose.push(edge);
    else for (const row of equals) shown.add(row);
  }
  return { shown, loose };
}

interface Found extends FoundExtension {
  row: number;
}

function answerOf(found: readonly Found[], total: number, complete: boolean): SearchAnswer {
  return { hits: found.map(({ row: _row, ...hit }) => hit), total, complete };
}

/** Best first, equals by name; those of a loose score by row, as all are without words. */
function orderOf(isBlank: boolean, loose: ReadonlySet<number | undefined>): (a: Found, b: Found) => number {
  return (a, b) => b.score - a.score || (isBlank || loose.has(a.score) ? a.row - b.row : compareNames(a, b));
}

/** The first rows that are in so few shards. */
function withinShards(rows: readonly number[], most: number, shardOf: (row: number) => number): number[] {
  const seen = new Set<number>();
  const end = rows.findIndex((row) => seen.add(shardOf(row)).size > most);
  return rows.slice(0, end < 0 ? rows.length : end);
}

interface Need {
  term: number;
  /** The least place that will do. */
  place: number;
}

/** What each row must have for the filters; a term of -1 is had by none. */
function needsOf({ find }: Vocabulary, { type, tag, phrases }: SearchQuery): Need[] {
  const partsOf = (texts: readonly string[]): string[] => texts.flatMap(splitWords).flatMap(({ parts }) => parts);
  return [
    ...(type === undefined ? [] : [{ term: find(typeTerm(type)), place: 0 }]),
    ...partsOf([tag ?? []].flat()).map((part) => ({ term: find(part), place: TAG })),
    ...partsOf(phrases ?? [])
      .filter((part) => !STOP_WORDS.has(part) && !(part.length === 1 && isUnspaced(part)))
      .map((part) => ({ term: find(part), place: 0 })),
  ];
}

function createRowFilter(postings: Postings, place: number): (row: number) => boolean {
  const rows = new Set<number>();
  for (let at = 0; at < postings.length; at += 1) {
    const posting = postings[at] ?? 0;
    if ((posting & 63) >= place) rows.add(posting >> 6);
  }
  return (row) => rows.has(row);
}

/** Reads the postings of terms, each shard once. */
function createPostings(
  head: SearchHead,
  load: Load,
): (terms: readonly number[]) => Promise<(term: number) => Postings> {
  let end = 0;
  const starts = head.posting_words.map((words) => (end += words) - words);
  const shardOfTerm = head.posting_words.flatMap((words, shard) => Array<number>(words).fill(shard));
  return async (terms) => {
    const found = new Map<number, Postings>();
    const unpack = async (term: number): Promise<void> => {
      const shard = shardOfTerm[term] ?? -1;
      const at = term - (starts[shard] ?? 0);
      const { rows, places } = await load<PostingShard>(head.postings[shard]);
      const digits = unpackDigits(places[at] ?? '');
      found.set(
        term,
        unpackRising(rows[at] ?? '').map((row, each) => row * 64 + (digits[each] ?? digits[0] ?? 0)),
      );
    };
    await Promise.all([...new Set(terms)].filter((term) => term >= 0).map(unpack));
    return (term) => found.get(term) ?? [];
  };
}

function createLoader(read: ShardSearchOptions['read']): Load {
  const kept = new Map<string, Promise<unknown>>();
  return async <T>(digest: Digest | undefined): Promise<T> => {
    const hex = digest?.slice('sha256:'.length) ?? '';
    const loading = kept.get(hex) ?? read(`by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`);
    // The newest is the last, so that the first is the one that was not asked for longest.
    kept.delete(hex);
    kept.set(hex, loading);
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    try {
      return (await loading) as T;
    } catch (error) {
      kept.delete(hex);
      throw error;
    }
  };
}
