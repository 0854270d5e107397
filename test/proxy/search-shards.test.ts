import { describe, expect, test } from 'vitest';
import type { Item } from '../../indexer/model/documents.ts';
import { runIndexer } from '../builders.ts';
import { startWorld } from './world.ts';

const QUERIES = [
  '?q=aws',
  '?q=AMAZN',
  '?q=both&type=taskserv',
  '?q=both&source=oci',
  '?tag=cloud',
  '?q=tag:cloud',
  '?tag=cLoud',
  '?q="Large+fiLes"',
  '?q=type:taskserv+data',
  '?q="large+files"',
  '?q=nothing-like-it',
  '?q=!!!',
  '?q=&type=taskserv',
  '',
  '?limit=2&offset=1',
  '?q=store&limit=1',
  `?q=${'%F0%9F%92%A9'.repeat(60)}`,
];

describe('GET /extensions/search over shards', () => {
  test('answers as over a list: the same items in the same order', async () => {
    const world = await startWorld();
    const before = await Promise.all(QUERIES.map((query) => world.get(`/extensions/search${query}`)));
    expect((await world.get('/search')).json).toHaveProperty('yanked');
    await runIndexer(world.config, { maxListed: 0 });
    world.clock.nowMs += 1_000;
    expect((await world.get('/search')).json).toHaveProperty('postings');
    expect((before[0]!.json as Item[]).map(({ name }) => name)).toEqual(['aws']);
    for (const [at, query] of QUERIES.entries()) {
      const { status, json, headers } = await world.get(`/extensions/search${query}`);
      expect({ query, status, json, total: headers['x-total-count'], link: headers['link'] }).toEqual({
        query,
        status: 200,
        json: before[at]?.json,
        total: before[at]?.headers['x-total-count'],
        link: before[at]?.headers['link'],
      });
      expect(headers).not.toHaveProperty('x-search-complete');
    }
  });
});
