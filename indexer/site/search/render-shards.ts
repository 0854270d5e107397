import type { Digest } from '../../model/digest.ts';
import type { Item, PostingShard, RecordShard, SearchHead } from '../../model/documents.ts';
import { packDigits, packRising, packWords } from './packing.ts';
import { buildWordIndex, type WordIndex } from './word-index.ts';

/*
 * The shards of a catalogue that is too large for one list. Rows are for life, so one extension more changes what its own
 * words and its own row are in, and nothing else.
 */

export interface SearchShards {
  postings: PostingShard[];
  records: RecordShard[];
  /** Given the digests of both, in their order. */
  head: (postings: Digest[], records: Digest[]) => SearchHead;
}

/** Rows of a shard of records: few enough to be read for one of them, and their digests few enough for the head. */
export const RECORD_ROWS = 64;
/** A word that so many extensions have is a shard of its own, so that its neighbours are read without it. */
const COMMON = 2_048;
/** Of other words about every so many-th begins a shard: which, its letters say, so that a new word moves no other. */
const SHARD_WORDS = 64;

/** @param rows row -> item; undefined where no extension has it any more, or none that may be found */
export function renderSearchShards(rows: readonly (Item | undefined)[]): SearchShards {
  const { vocabulary, postingsOf } = buildWordIndex(rows.map((item) => item && { ...item, tags: item.tags ?? [] }));
  const { terms, marks } = vocabulary;
  const cuts = cutWords(terms, postingsOf);
  const deprecated = [...rows.keys()].filter((row) => rows[row]?.deprecated !== undefined);
  return {
    postings: cuts.map(({ from, to }) => renderPostings(postingsOf, from, to)),
    records: Array.from({ length: Math.ceil(rows.length / RECORD_ROWS) }, (_, at) =>
      renderRecords(rows.slice(at * RECORD_ROWS, (at + 1) * RECORD_ROWS)),
    ),
    head: (postings, records) => ({
      schema: 1,
      form: 'shards',
      extensions: rows.filter((item) => item !== undefined).length,
      rows: rows.length,
      words: packWords(terms),
      marks: packDigits(marks),
      postings,
      posting_words: cuts.map(({ from, to }) => to - from),
      records,
      record_rows: RECORD_ROWS,
      deprecated: packRising(deprecated),
    }),
  };
}

function cutWords(terms: readonly string[], postingsOf: WordIndex['postingsOf']): { from: number; to: number }[] {
  const isCommon = (term: number): boolean => postingsOf(term).length >= COMMON;
  const starts = [...terms.keys()].filter(
    (term) => term === 0 || isCommon(term) || isCommon(term - 1) || hashOf(terms[term] ?? '') % SHARD_WORDS === 0,
  );
  return starts.map((from, at) => ({ from, to: starts[at + 1] ?? terms.length }));
}

/** FNV-1a over UTF-16 code units, its bits mixed once more. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function renderPostings(postingsOf: WordIndex['postingsOf'], from: number, to: number): PostingShard {
  const shard: PostingShard = { schema: 1, rows: [], places: [] };
  for (let term = from; term < to; term += 1) {
    const postings = Array.from(postingsOf(term));
    const places = postings.map((each) => each & 63);
    shard.rows.push(packRising(postings.map((each) => each >> 6)));
    shard.places.push(packDigits(new Set(places).size === 1 ? places.slice(0, 1) : places));
  }
  return shard;
}

function renderRecords(rows: readonly (Item | undefined)[]): RecordShard {
  const items = rows.filter((item) => item !== undefined);
  return {
    schema: 1,
    type: items.map((item) => item.type),
    name: items.map((item) => item.name),
    version: items.map((item) => item.version),
    description: items.map((item) => item.description),
    author: items.map((item) => item.author),
    source: items.map((item) => item.sources ?? [item.source]),
    tags: items.map((item) => item.tags ?? []),
    absent: [...rows.keys()].filter((row) => rows[row] === undefined),
  };
}
