import { describe, expect, test } from 'vitest';
import { sharedSite, startProxy } from './world.ts';

const site = sharedSite();

describe('GET /cache/stats', () => {
  test('counts each of the three caches', async () => {
    const { get } = await site();
    for (const path of ['/extensions', '/extensions', '/extensions?type=provider', '/by-type/provider'])
      await get(path);
    for (const path of ['/extensions/provider/aws', '/extensions/provider/aws/index.json']) await get(path);
    for (const path of ['/versions', '/notes', '/versions', '/1.0.0', '/latest'])
      await get(`/extensions/provider/aws${path}`);
    const answer = await get('/cache/stats');
    expect(answer.headers['cache-control']).toBe('no-store');
    const common = { enabled: true, capacity: 1000, ttl_seconds: 300, evictions: 0 };
    expect(answer.json).toEqual({
      list: { ...common, entries: 2, hits: 2, misses: 2, hit_ratio: 0.5 },
      metadata: { ...common, entries: 1, hits: 1, misses: 1, hit_ratio: 0.5 },
      versions: { ...common, entries: 2, hits: 3, misses: 2, hit_ratio: 0.6 },
    });
  });

  test.each([
    [
      { enableListCache: false },
      { list: { enabled: false }, metadata: { enabled: true }, versions: { enabled: true } },
    ],
    [
      { enableMetadataCache: false },
      { list: { enabled: true }, metadata: { enabled: false }, versions: { enabled: false } },
    ],
  ])('follows the switch %j', async (cache, expected) => {
    const { config } = await site();
    const { get } = await startProxy({ ...config, cache: { ...config.cache, ...cache } });
    expect((await get('/extensions')).status).toBe(200);
    expect((await get('/extensions/provider/aws')).status).toBe(200);
    expect((await get('/cache/stats')).json).toMatchObject(expected);
  });
});
