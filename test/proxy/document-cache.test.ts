import { describe, expect, test } from 'vitest';
import { createDocumentCache } from '../../proxy/document-cache.ts';
import { createDocument } from '../../proxy/document.ts';

function cacheOf(overrides: Partial<Parameters<typeof createDocumentCache>[0]> = {}) {
  const clock = { nowMs: 1_000_000 };
  const cache = createDocumentCache({
    enabled: true,
    capacity: 2,
    maxBytes: 1024 * 1024,
    ttlSeconds: 60,
    now: () => clock.nowMs,
    ...overrides,
  });
  const loads: string[] = [];
  const get = (key: string) =>
    cache.get(key, async () => {
      loads.push(key);
      return createDocument(Buffer.from(JSON.stringify(key)));
    });
  return { cache, clock, get, loads };
}

describe('createDocumentCache', () => {
  test('loads a document once and counts', async () => {
    const { cache, get, loads } = cacheOf();
    await get('a');
    await get('a');
    await get('a');
    expect(loads).toEqual(['a']);
    expect(cache.statistics()).toEqual({
      enabled: true,
      entries: 1,
      capacity: 2,
      ttl_seconds: 60,
      hits: 2,
      misses: 1,
      evictions: 0,
      hit_ratio: 0.6667,
    });
  });

  test('loads a document once for all who ask at the same time', async () => {
    const { get, loads } = cacheOf();
    const [one, two] = await Promise.all([get('a'), get('a')]);
    expect(loads).toEqual(['a']);
    expect(one).toBe(two);
  });

  test('drops what was used least recently', async () => {
    const { cache, get, loads } = cacheOf();
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
    expect(loads).toEqual(['a', 'b', 'c', 'b']);
    expect(cache.statistics()).toMatchObject({ entries: 2, evictions: 2 });
  });

  test('drops what is too much in bytes, and keeps nothing that is too much by itself', async () => {
    const { cache, get, loads } = cacheOf({ capacity: 100, maxBytes: 20_000 });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'a', 'e']) await get(key);
    expect(loads).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
    await get('x'.repeat(10_000));
    expect(cache.statistics()).toMatchObject({ entries: 4, evictions: 2 });
  });

  test('gives what is kept without waiting, and counts it when it was of use', async () => {
    const { cache, get } = cacheOf();
    expect(cache.held('a')).toBeUndefined();
    const a = await get('a');
    expect(cache.held('a')).toBe(a);
    expect(cache.statistics()).toMatchObject({ hits: 0, misses: 1 });
    cache.countHit();
    expect(cache.statistics()).toMatchObject({ hits: 1, misses: 1 });
  });

  test('drops what is too old', async () => {
    const { cache, clock, get, loads } = cacheOf();
    await get('a');
    clock.nowMs += 60_000;
    await get('a');
    clock.nowMs += 1;
    await get('a');
    expect(loads).toEqual(['a', 'a']);
    expect(cache.statistics()).toMatchObject({ hits: 1, misses: 2, evictions: 1 });
  });

  test.each([{ enabled: false }, { capacity: 0 }])('keeps nothing with %j', async (overrides) => {
    const { cache, get, loads } = cacheOf(overrides);
    await get('a');
    await get('a');
    expect(loads).toEqual(['a', 'a']);
    expect(cache.statistics()).toMatchObject({ enabled: false, entries: 0, hits: 0, misses: 0, hit_ratio: 0 });
  });

  test('remembers neither what is not there nor what failed', async () => {
    const { cache } = cacheOf();
    expect(await cache.get('a', async () => undefined)).toBeUndefined();
    await expect(cache.get('a', () => Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable');
    expect(await cache.get('a', async () => createDocument(Buffer.from('1')))).toMatchObject({ isCompressible: false });
    expect(cache.statistics()).toMatchObject({ entries: 1, misses: 3 });
  });
});
