import type { Digest } from '../../model/digest.ts';
import type { PostingShard, RecordShard, SearchHead } from '../../model/documents.ts';
import { cellsOf, type Cells } from './columns.ts';
import { unpackDigits, unpackRising, unpackWords } from './packing.ts';
import type { Postings } from './rank.ts';
import { createVocabulary, type Vocabulary } from './vocabulary.ts';

/*
 * What the shards of a search hold, read as it is needed.
 */

export interface Shards {
  vocabulary: Vocabulary;
  deprecated: ReadonlySet<number>;
  /** Who has each of the terms; a term of -1 is had by nobody. */
  readPostings: (terms: readonly number[]) => Promise<(term: number) => Postings>;
  /** The records of rows, in their order, without those that have none. */
  readRecords: (rows: readonly number[]) => Promise<(Cells & { row: number })[]>;
  /** The first of the rows, as long as they are in so few shards of records. */
  within: (rows: readonly number[], shards: number) => number[];
}

/** Shards that are kept once they were read. */
const MAX_KEPT = 256;

export function openShards(head: SearchHead, read: (file: string) => Promise<unknown>): Shards {
  const load = createLoader(read);
  const deprecated = new Set(unpackRising(head.deprecated));
  const shardOf = (row: number): number => Math.floor(row / head.record_rows);
  let words = 0;
  const starts = head.posting_words.map((count) => (words += count) - count);
  const shardOfTerm = head.posting_words.flatMap((count, shard) => Array<number>(count).fill(shard));

  return {
    vocabulary: createVocabulary(unpackWords(head.words), unpackDigits(head.marks)),
    deprecated,
    readPostings: async (terms) => {
      const found = new Map<number, Postings>();
      const unpack = async (term: number): Promise<void> => {
        const shard = shardOfTerm[term] ?? 0;
        const { rows, places } = await load<PostingShard>(head.postings[shard]);
        const at = term - (starts[shard] ?? 0);
        const digits = unpackDigits(places[at] ?? '');
        found.set(
          term,
          unpackRising(rows[at] ?? '').map((row, each) => row * 64 + (digits[each] ?? digits[0] ?? 0)),
        );
      };
      await Promise.all([...new Set(terms)].filter((term) => term >= 0).map(unpack));
      return (term) => found.get(term) ?? [];
    },
    readRecords: async (rows) => {
      const numbers = [...new Set(rows.map(shardOf))];
      const loaded = await Promise.all(numbers.map((number) => load<RecordShard>(head.records[number])));
      return rows.flatMap((row) => {
        const shard = loaded[numbers.indexOf(shardOf(row))];
        const place = row % head.record_rows;
        if (shard === undefined || shard.absent.includes(place)) return [];
        return [{ row, ...cellsOf(shard, place - shard.absent.filter((each) => each < place).length) }];
      });
    },
    within: (rows, shards) => {
      const seen = new Set<number>();
      const end = rows.findIndex((row) => seen.add(shardOf(row)).size > shards);
      return rows.slice(0, end < 0 ? rows.length : end);
    },
  };
}

function createLoader(read: (file: string) => Promise<unknown>): <T>(digest: Digest | undefined) => Promise<T> {
  const kept = new Map<string, Promise<unknown>>();
  return async <T>(digest: Digest | undefined): Promise<T> => {
    const hex = digest?.slice('sha256:'.length) ?? '';
    const loading = kept.get(hex) ?? read(`by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`);
    // The newest is the last, so that the first is the one that was not asked for longest.
    kept.delete(hex);
    kept.set(hex, loading);
    const [oldest = ''] = kept.keys();
    if (kept.size > MAX_KEPT) kept.delete(oldest);
    try {
      return (await loading) as T;
    } catch (error) {
      kept.delete(hex);
      throw error;
    }
  };
}
