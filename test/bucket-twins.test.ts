import { describe, expect, test } from 'vitest';
import { publishedTo, storageOf, TO, V1 } from './bucket-publishing.ts';
import { smallWorld } from './crawl/world.ts';
import type { FakeBucket } from './fakes/bucket.ts';

describe('twins', () => {
  const pairsIn = (store: FakeBucket): [text: string | undefined, twin: string | undefined][] =>
    [...store.objects]
      .filter(([key]) => key.endsWith('/index.json') && key !== `${V1}index.json`)
      .map(([key, { bytes }]) => [String(bytes), store.objects.get(key.slice(0, -11))?.bytes.toString()]);
  const expectPairs = (store: FakeBucket): void => {
    const pairs = pairsIn(store);
    expect(pairs.length).toBeGreaterThan(15);
    for (const [text, twin] of pairs) expect(twin).toBe(text);
  };

  test('are beside every document, with its type, and go with it', async () => {
    const world = await smallWorld();
    const published = await publishedTo(world, { twins: true });
    const { store, run: runOnce } = published;
    await runOnce();
    expectPairs(store);
    expect(store.objects.get(`${V1}extensions`)?.headers).toEqual(
      store.objects.get(`${V1}extensions/index.json`)?.headers,
    );
    expect(store.objects.get(`${V1}status`)?.headers['cache-control']).toContain('must-revalidate');
    world.gitea.removeRepository('acme', 'redis_taskserv');
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
    await runOnce({ force: true });
    expectPairs(store);
    const twins = [...store.objects.keys()].filter((each) => !/\.(?:json|xml|html)$/.test(each));
    const documents = [...store.objects.keys()].filter((each) => each.endsWith('/index.json'));
    expect(twins).toHaveLength(documents.length - 1);
    expect((await runOnce()).published).toMatchObject({ changed: false });
    expect(await storageOf(published.config).list('extensions/provider')).toEqual(['aws']);
  });

  test('come to a site that had none, though nothing else of it changes', async () => {
    const world = await smallWorld();
    const { store, config, run: runOnce } = await publishedTo(world);
    await runOnce();
    const storage = storageOf({ ...config, publish: { to: TO, compress: false, twins: true } });
    expect((await runOnce({ storage })).published).toMatchObject({ changed: false });
    // It is written with the next generation.
    store.objects.delete(`${V1}generations/index.json`);
    expectPairs(store);
  });
});
