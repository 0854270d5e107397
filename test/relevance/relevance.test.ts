import { describe, expect, test } from 'vitest';
import { renderSearchDocument } from '../../indexer/site/search.ts';
import { openSearch } from '../../indexer/site/search/open-search.ts';
import { parseSearchText } from '../../indexer/site/search/query.ts';
import { readCatalogue, readQueries } from './catalogue.ts';
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

describe('the list', () => {
  test('answers the right one first', async () => {
    const read = (): Promise<unknown> => Promise.resolve(renderSearchDocument(catalogue));
    const { search } = await openSearch({ read, file: 'search/index.json' });
    const judged = await judge(queries, async (text) =>
      (await search({ ...parseSearchText(text), limit: 300 })).hits.map(({ id }) => id),
    );
    print('The list', judged);
    expect(judged.successAt1).toBeGreaterThanOrEqual(0.95);
    expect(judged.meanReciprocalRank).toBeGreaterThanOrEqual(0.97);
  });
});
