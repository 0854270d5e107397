import { describe, expect, test } from 'vitest';
import type { Item } from '../../../indexer/model/documents.ts';
import { openSearch, type SearchRequest } from '../../../indexer/site/search/open-search.ts';
import { readCatalogue } from '../../relevance/catalogue.ts';
import { listFiles, shardFiles } from './shard-files.ts';

/*
 * Rows are for life: what is gone leaves holes, whole shards of them where many went.
 */

const catalogue = readCatalogue();
const left = catalogue.slice(200);
const rows: (Item | undefined)[] = catalogue.map((each, row) => (row < 200 ? undefined : each));

const REQUESTS: SearchRequest[] = [
  { text: '' },
  { text: '', limit: 7 },
  { text: ' ', limit: 30, offset: 60 },
  { text: '', limit: 300 },
  { text: '', limit: 10, offset: 100 },
  { text: '', type: 'taskserv', limit: 20 },
  { text: '', source: 'oci' },
  { text: '', tag: 'database' },
  { text: '', phrases: ['key-value store'] },
  { text: 'database', limit: 5 },
];

describe('shards of rows with holes', () => {
  test.each(REQUESTS)('answer %o as a list of what is left does', async (request) => {
    const [list, shards] = [await openSearch(listFiles(left)), await openSearch(shardFiles(rows))];
    expect(await shards.search(request)).toEqual(await list.search(request));
  });

  test('have nothing where nothing is left', async () => {
    const { search } = await openSearch(shardFiles(rows.map(() => undefined)));
    expect(await search({ text: '' })).toEqual({ hits: [], total: 0, complete: true });
  });

  test('are read without postings where there are no holes', async () => {
    const { read, file } = shardFiles(catalogue);
    const asked: string[] = [];
    const { search } = await openSearch({ file, read: (path) => (asked.push(path), read(path)) });
    await search({ text: '', limit: 20 });
    expect(asked).toHaveLength(2);
  });
});
