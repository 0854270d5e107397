import { describe, expect, test } from 'vitest';
import { openSearch, type OpenedSearch } from '../../indexer/site/search/open-search.ts';
import { parseSearchText } from '../../indexer/site/search/query.ts';
import { listFiles, shardFiles } from '../site/search/shard-files.ts';
import { readCatalogue, readQueries } from './catalogue.ts';
import { drawQueries } from './draw-queries.ts';
import { judge, type Judged } from './judge.ts';

const catalogue = readCatalogue();
const queries = readQueries();

function print(what: string, { successAt1, meanReciprocalRank, missed }: Judged): void {
  process.stdout.write(
    `${what}: success at 1 ${successAt1.toFixed(3)}, MRR ${meanReciprocalRank.toFixed(3)}\n${missed.map((each) => `  ${each}\n`).join('')}`,
  );
}

describe('the relevance set', () => {
  test('has a catalogue of 300 different extensions and more than 100 queries whose answers are in it', () => {
    const ids = new Set(catalogue.map(({ type, name }) => `${type}/${name}`));
    expect(ids.size).toBe(300);
    expect(queries.length).toBeGreaterThanOrEqual(140);
    expect(queries.flatMap(({ right }) => right).filter((each) => !ids.has(each))).toEqual([]);
  });
});

const list = await openSearch(listFiles(catalogue));
const shards = await openSearch(shardFiles(catalogue));
const answersOf =
  ({ search }: OpenedSearch) =>
  async (text: string): Promise<string[]> =>
    (await search({ ...parseSearchText(text), limit: 300 })).hits.map(({ id }) => id);

describe.each([
  ['the list', list],
  ['shards', shards],
])('%s', (name, opened) => {
  test('answers the right one first', async () => {
    const judged = await judge(queries, answersOf(opened));
    print(name, judged);
    expect(judged.successAt1).toBeGreaterThanOrEqual(0.95);
    expect(judged.meanReciprocalRank).toBeGreaterThanOrEqual(0.97);
  });

  test('answers exact names, starts of names and names with a typo, by names that were drawn', async () => {
    const judged = await judge(drawQueries(catalogue, 5), answersOf(opened));
    print(`${name}, drawn`, judged);
    expect(judged.successAt1).toBeGreaterThanOrEqual(0.95);
    expect(judged.meanReciprocalRank).toBeGreaterThanOrEqual(0.97);
  });
});

describe('both', () => {
  test.each([
    [10, 0],
    [300, 0],
    [10, 10],
    [3, 5],
  ])('answer the same in the same order, %i from %i on', async (limit, offset) => {
    for (const { text } of [...queries, ...drawQueries(catalogue, 5)]) {
      const request = { ...parseSearchText(text), limit, offset };
      expect(await shards.search(request), text).toEqual(await list.search(request));
    }
  });
});
