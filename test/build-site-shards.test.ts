import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest, SearchDocument, SearchHead } from '../indexer/model/documents.ts';
import { openSearch } from '../indexer/site/search/open-search.ts';
import { runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere, OF_EVERY_RUN, openPrevious } from './crawl/site-folder.ts';
import { expectValidSite, smallWorld, type World } from './crawl/world.ts';
import { fsck, resume } from './damage.ts';
import { rollBack } from './generations-world.ts';

/** Whatever there is, is too much for one list. */
const SHARDED = { maxListed: 0 };

/** What a search of the published files answers. */
async function search(world: World, text: string): Promise<string[]> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(v1Of(world.config), file), 'utf8'));
  const { search: ask } = await openSearch({ read, file: (await world.pointer()).search.path });
  return (await ask({ text })).hits.map(({ id, version }) => `${id}@${version}`);
}

async function searchPaths(world: World): Promise<string[]> {
  return Object.keys((await world.read<Manifest>('manifest')).documents).filter((path) => path.startsWith('search'));
}

describe('a site of search shards', () => {
  test('has a head, shards of its manifest and rows in its memory, and answers from the files alone', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    expect(await searchPaths(world)).toEqual(
      expect.arrayContaining(['search', 'search/postings/0', 'search/records/0']),
    );
    expect(await world.read<SearchHead>('search')).toMatchObject({ extensions: 3, rows: 3, record_rows: 64 });
    expect((await world.memory()).rows).toEqual(['cluster/k8s', 'provider/aws', 'taskserv/redis']);
    expect(await search(world, 'aws')).toEqual(['provider/aws@1.1.0+build.5']);
    expect(await search(world, 'rdeis')).toEqual(['taskserv/redis@7.2.0']);
  });

  test('is not there up to 10,000 extensions, and neither are rows', async () => {
    const world = await smallWorld();
    await world.run();
    expect(await searchPaths(world)).toEqual(['search']);
    expect(await world.memory()).not.toHaveProperty('rows');
  });

  test('of an unchanged world is the same generation', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    expect((await world.run(SHARDED)).published).toMatchObject({ changed: false, written: 0 });
  });

  test('gives an extension a row for life: a new one the next, and one that is gone keeps its own', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    world.gitea.removeRepository('acme', 'redis_taskserv');
    world.oci.removeRepository('acme/redis-taskserv');
    world.release('aaa_prov', { '1.0.0': { 'aaa_prov.tar.gz': 'a' } });
    await world.run({ ...SHARDED, force: true });
    const rows = ['cluster/k8s', 'provider/aws', 'taskserv/redis', 'provider/aaa'];
    expect((await world.memory()).rows).toEqual(rows);
    expect(await world.read('search/records/0')).toMatchObject({ name: ['k8s', 'aws', 'aaa'], absent: [2] });
    expect(await search(world, 'redis')).toEqual([]);
    world.push('redis-taskserv', '7.4.0', { 'redis.tar.gz': 'redis' });
    await world.run(SHARDED);
    expect((await world.memory()).rows).toEqual(rows);
    expect(await search(world, 'redis')).toEqual(['taskserv/redis@7.4.0']);
  });

  test('keeps its rows while it is a list again', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    world.release('aaa_prov', { '1.0.0': { 'aaa_prov.tar.gz': 'a' } });
    await world.run();
    expect(await searchPaths(world)).toEqual(['search']);
    expect((await world.read<SearchDocument>('search')).name).toHaveLength(4);
    expect((await world.memory()).rows?.at(-1)).toBe('provider/aaa');
  });

  test('has the same bytes in two fresh folders, and in one that starts from another site', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    world.release('aaa_prov', { '1.0.0': { 'aaa_prov.tar.gz': 'a' } });
    const [one, other] = [await elsewhere(world.config), await elsewhere(world.config)];
    for (const config of [one, other]) {
      await runIndexer(config, { ...SHARDED, previous: openPrevious(v1Of(world.config)) });
      await expectValidSite(config);
    }
    await world.run(SHARDED);
    const [a, b, c] = [await bytesOf(v1Of(one)), await bytesOf(v1Of(other)), await bytesOf(v1Of(world.config))];
    expect(b).toEqual(a);
    const isSearch = (file: string): boolean => file.startsWith('search/');
    expect(Object.keys(a).filter(isSearch).length).toBeGreaterThan(2);
    expect(Object.keys(a).filter((file) => isSearch(file) && a[file] !== c[file])).toEqual([]);
    expect(OF_EVERY_RUN.some(isSearch)).toBe(false);
  });

  test('carries on what a failing source gave', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 500 } });
    await world.run(SHARDED);
    expect(await search(world, 'aws')).toEqual(['provider/aws@1.1.0+build.5']);
  });

  test('is gone back to, with the newest rows, and goes on from there', async () => {
    const world = await smallWorld();
    await world.run(SHARDED);
    world.release('aaa_prov', { '1.0.0': { 'aaa_prov.tar.gz': 'a' } });
    await world.run(SHARDED);
    await rollBack(world.config);
    await expectValidSite(world.config);
    expect(await search(world, 'aaa')).toEqual([]);
    expect(await search(world, 'aws')).toEqual(['provider/aws@1.1.0+build.5']);
    expect((await world.memory()).rows).toHaveLength(4);
    await resume(world.config);
    await world.run(SHARDED);
    expect(await search(world, 'aaa')).toEqual(['provider/aaa@1.0.0']);
    expect((await fsck(world.config)).damaged).toEqual([]);
  });
});
