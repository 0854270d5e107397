import { strict as assert } from 'node:assert';
import process from 'node:process';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Item, SearchHead } from '../../indexer/model/documents.ts';
import { openSearch, type OpenedSearch } from '../../indexer/site/search/open-search.ts';
import { readQueries, type RelevanceQuery } from '../relevance/catalogue.ts';
import { drawQueries } from '../relevance/draw-queries.ts';
import { judge } from '../relevance/judge.ts';
import { listFiles, shardFiles, type SearchFiles } from '../site/search/shard-files.ts';
import { median } from './median.ts';
import { drawCorpus, sortItems } from './search-corpus.ts';
import { createPeer } from './search-peer.ts';

/** A step in a process of its own, so that what one size leaves behind slows no other. */
export interface SearchTask {
  extensions: number;
  /** Times that each query is asked. */
  rounds: number;
}

export interface Engine {
  /** From parsed JSON to the first answer. */
  buildMs: number;
  p50Ms: number;
  p99Ms: number;
  /** Share of the queries by names whose first answer is right. */
  successAt1: number;
}

export interface Searched {
  /** The list is not published above 10,000: its bytes are 0 there. */
  list: Engine & { bytes: number };
  shards: Engine & {
    headBytes: number;
    /** Medians of what a first query and one after it read; the most of the latter. */
    firstBytes: number;
    nextBytes: number;
    nextMostBytes: number;
    nextRequests: number;
    nextMostRequests: number;
    files: number;
  };
  peer: Engine;
  /** Share of the posting shards, and how many shards of records, that one extension more changes. */
  changedPostings: number;
  changedRecords: number;
  /** Queries of whose first ten the list and the shards do not have the same scores, or not the same order. */
  differentScores: number;
  differentOrders: number;
}

/** What a page shows first. */
const LIMIT = 10;
/** The list is compressed once, shards each time that one changes. */
const [BEST, GOOD] = [11, 9];
/** What was published when shards began, by type and name; the rest came one by one since. */
const BEGUN_WITH = 10_000;
const SEED = 5;

process.send?.(await run(JSON.parse(process.argv[2] ?? '{}') as SearchTask));

async function run({ extensions, rounds }: SearchTask): Promise<Searched> {
  const drawn = drawCorpus(extensions + 1);
  const items = sortItems(drawn.slice(0, extensions));
  const rows = rowsOf(drawn.slice(0, extensions));
  const [list, shards] = [listFiles(items), shardFiles(rows)];
  assert.deepEqual([...shardFiles(rows).files.keys()], [...shards.files.keys()], 'the same input gives the same bytes');
  const queries = [...readQueries().filter(({ text }) => !/[:"]/.test(text)), ...drawQueries(items, SEED)];
  const byList = await measureOurs(list, queries, rounds);
  const byShards = await measureOurs(shards, queries, rounds);
  const peer = await measurePeer(items, queries, rounds);
  return {
    list: { ...byList.engine, bytes: extensions > BEGUN_WITH ? 0 : compress(list.files.get(list.file) ?? '', BEST) },
    shards: { ...byShards.engine, ...(await weighShards(shards, queries)) },
    peer,
    ...compareHeads(headOf(shards), headOf(shardFiles([...rows, ...drawn.slice(extensions)]))),
    ...(await compareAnswers(byList.opened, byShards.opened, queries)),
  };
}

function rowsOf(published: readonly Item[]): Item[] {
  return [...sortItems(published.slice(0, BEGUN_WITH)), ...published.slice(BEGUN_WITH)];
}

async function measureOurs(
  files: SearchFiles,
  queries: readonly RelevanceQuery[],
  rounds: number,
): Promise<{ engine: Engine; opened: OpenedSearch }> {
  const parsed = new Map([...files.files].map(([file, text]) => [file, JSON.parse(text) as unknown]));
  const startedMs = performance.now();
  const opened = await openSearch({ file: files.file, read: (file) => Promise.resolve(parsed.get(file)) });
  const ask = async (text: string): Promise<string[]> =>
    (await opened.search({ text, limit: LIMIT })).hits.map(({ id }) => id);
  await ask('redis');
  const buildMs = performance.now() - startedMs;
  return { engine: { buildMs, ...(await measure(ask, queries, rounds)) }, opened };
}

async function measurePeer(
  items: readonly Item[],
  queries: readonly RelevanceQuery[],
  rounds: number,
): Promise<Engine> {
  const startedMs = performance.now();
  const find = createPeer(items);
  find('redis', LIMIT);
  const buildMs = performance.now() - startedMs;
  return { buildMs, ...(await measure((text) => Promise.resolve(find(text, LIMIT)), queries, rounds)) };
}

async function measure(
  ask: (text: string) => Promise<string[]>,
  queries: readonly RelevanceQuery[],
  rounds: number,
): Promise<Omit<Engine, 'buildMs'>> {
  // Descriptions are drawn from one another, so that only of names it is known who was meant.
  const byName = queries.filter(({ kind }) => /^(?:exact|typo|start|The |One |Two |Joined )/.test(kind));
  const { successAt1 } = await judge(byName, ask);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { text } of queries) {
      const startedMs = performance.now();
      await ask(text);
      times.push(performance.now() - startedMs);
    }
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { p50Ms: median(times), p99Ms: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? NaN, successAt1 };
}

/** Each query of a reader that has the head and no shard yet. */
async function weighShards(
  { files, file, read }: SearchFiles,
  queries: readonly RelevanceQuery[],
): Promise<Omit<Searched['shards'], keyof Engine>> {
  const sizes = new Map<string, number>();
  const sizeOf = (path: string): number => {
    const size = sizes.get(path) ?? compress(files.get(path) ?? '', GOOD);
    sizes.set(path, size);
    return size;
  };
  const [bytes, requests]: [number[], number[]] = [[], []];
  for (const { text } of queries) {
    const asked: string[] = [];
    const opened = await openSearch({
      file,
      read: (path) => {
        if (path !== file) asked.push(path);
        return read(path);
      },
    });
    await opened.search({ text, limit: LIMIT });
    bytes.push(asked.reduce((sum, path) => sum + sizeOf(path), 0));
    requests.push(asked.length);
  }
  const headBytes = compress(files.get(file) ?? '', BEST);
  return {
    headBytes,
    firstBytes: headBytes + median(bytes),
    nextBytes: median(bytes),
    nextMostBytes: Math.max(...bytes),
    nextRequests: median(requests),
    nextMostRequests: Math.max(...requests),
    files: files.size,
  };
}

function compareHeads(before: SearchHead, after: SearchHead): Pick<Searched, 'changedPostings' | 'changedRecords'> {
  const added = (of: 'postings' | 'records'): number => {
    const known = new Set(before[of]);
    return after[of].filter((digest) => !known.has(digest)).length;
  };
  return { changedPostings: added('postings') / before.postings.length, changedRecords: added('records') };
}

async function compareAnswers(
  list: OpenedSearch,
  shards: OpenedSearch,
  queries: readonly RelevanceQuery[],
): Promise<Pick<Searched, 'differentScores' | 'differentOrders'>> {
  let [differentScores, differentOrders] = [0, 0];
  for (const { text } of queries) {
    const [one, other] = [await list.search({ text, limit: LIMIT }), await shards.search({ text, limit: LIMIT })];
    assert.equal(other.total, one.total, `${text} finds as many`);
    const scores = ({ hits }: typeof one): string => hits.map(({ score }) => score).join();
    if (scores(one) !== scores(other)) differentScores += 1;
    if (one.hits.some(({ id }, at) => other.hits[at]?.id !== id)) differentOrders += 1;
  }
  return { differentScores, differentOrders };
}

function headOf({ files, file }: SearchFiles): SearchHead {
  return JSON.parse(files.get(file) ?? '') as SearchHead;
}

function compress(text: string, quality: number): number {
  const bytes = Buffer.from(text);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  return brotliCompressSync(bytes, {
    params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
}
