import { cp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../indexer/exit-codes.ts';
import type { GenerationsDocument, Item, StatusDocument } from '../indexer/model/documents.ts';
import { openSite, readPointer } from '../indexer/read-site.ts';
import { resumeSite } from '../indexer/rollback.ts';
import { runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere, openPrevious } from './crawl/site-folder.ts';
import { expectValidSite, smallWorld, type World } from './crawl/world.ts';
import {
  GEN_1,
  GEN_2,
  GEN_3,
  LATER,
  listed,
  rollBack,
  shownOf,
  storageOf,
  threeGenerations,
} from './generations-world.ts';
import { dyingAt, livedThrough } from './publish/dying-storage.ts';

describe('rollBackSite', () => {
  test('publishes the content before the current one as a new generation, and holds it', async () => {
    const world = await threeGenerations();
    const memory = await world.memory();
    const checked = (await world.pointer()).checked_at;
    const done = await rollBack(world.config);
    expect(done).toMatchObject({ changed: true, held: { since: '2026-06-03T14:00:00Z', generation: 2 } });
    expect(await shownOf(world)).toEqual(GEN_2);
    expect(await world.pointer()).toMatchObject({
      generation: 4,
      created: '2026-06-03T14:00:00Z',
      checked_at: checked,
      counts: { extensions: 3, versions: 5, by_type: { cluster: 1, provider: 1, taskserv: 1 } },
      held: done.held,
    });
    expect(await world.memory()).toEqual(memory);
    expect((await world.read<StatusDocument>('status')).generation).toBe(4);
    expect(await listed(world)).toEqual([4, 3, 2, 1]);
    await expectValidSite(world.config);
  });

  test('goes back to the generation that is named, and from there again to the one before', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 1);
    expect(await shownOf(world)).toEqual(GEN_1);
    await rollBack(world.config, 3);
    expect(await shownOf(world)).toEqual(GEN_3);
    await rollBack(world.config);
    expect(await shownOf(world)).toEqual(GEN_2);
    await rollBack(world.config);
    expect(await shownOf(world)).toEqual(GEN_1);
    expect(await world.pointer()).toMatchObject({ generation: 7, held: { generation: 1 } });
    expect(await listed(world)).toEqual([7, 3, 2, 1]);
    await expectValidSite(world.config);
  });

  test('to the current generation holds it as it is', async () => {
    const world = await threeGenerations();
    const before = await bytesOf(v1Of(world.config));
    expect(await rollBack(world.config, 3)).toMatchObject({
      changed: false,
      pointer: { generation: 3, held: { generation: 3 } },
    });
    const after = await bytesOf(v1Of(world.config));
    expect(Object.keys(after).filter((file) => after[file] !== before[file])).toEqual(['index.json']);
  });

  test('to the current generation does not lose it when a next rollback leaves it', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 3);
    await rollBack(world.config);
    expect(await shownOf(world)).toEqual(GEN_2);
    expect(await listed(world)).toEqual([4, 3, 2, 1]);
    await rollBack(world.config, 3);
    expect(await shownOf(world)).toEqual(GEN_3);
    await expectValidSite(world.config);
  });

  test('gives the same documents as the generation had, but for the memory', async () => {
    const world = await threeGenerations();
    const old = await openSite(storageOf(world.config), {
      ...(await world.pointer()),
      manifest: (await world.read<GenerationsDocument>('generations')).generations[2]!.manifest,
    });
    await rollBack(world.config, 1);
    const reader = storageOf(world.config);
    const now = await openSite(reader, (await readPointer(reader))!.pointer);
    const { memory: _old, ...oldDocuments } = old.manifest.documents;
    const { memory: _now, ...documents } = now.manifest.documents;
    expect(documents).toEqual(oldDocuments);
  });

  test('keeps what was seen first: other bytes under a version that it hides are still mutated', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 1);
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '3.0.0', name: 'aws_prov.tar.gz', content: 'changed' });
    await resumeSite({ storage: storageOf(world.config), now: () => LATER });
    const { problems } = await world.run();
    expect(problems.map((each) => `${each.code} ${each.subject}`)).toContain('mutated provider/aws@3.0.0');
  });

  test.each([9, 4])('refuses generation %d, which there is not, and lists those that are kept', async (generation) => {
    const world = await threeGenerations();
    const before = await bytesOf(v1Of(world.config));
    const list = '  3, made 2026-06-01T15:00:00Z\n  2, made 2026-06-01T14:00:00Z\n  1, made 2026-06-01T13:00:00Z';
    const message = expect.stringContaining(`Generation ${generation} is not kept; name one`);
    await expect(rollBack(world.config, generation)).rejects.toMatchObject({ code: 'not_found', message });
    await expect(rollBack(world.config, generation)).rejects.toThrow(list);
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
  });

  test.each(['manifest', 'document'] as const)(
    'refuses a generation whose %s is gone, and changes nothing',
    async (what) => {
      const world = await threeGenerations();
      const { manifest } = (await world.read<GenerationsDocument>('generations')).generations[2]!;
      const site = await openSite(storageOf(world.config), { ...(await world.pointer()), manifest });
      const hex = site.manifest.documents['extensions/provider/aws']!.digest.slice('sha256:'.length);
      const document = `by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`;
      await rm(join(v1Of(world.config), what === 'manifest' ? manifest.path : document));
      const before = await bytesOf(v1Of(world.config));
      const message = expect.stringMatching(
        /Generation 1 is no longer whole .*\n {2}3, made [^\n]*\n {2}2, made [^\n]*$/s,
      );
      await expect(rollBack(world.config, 1)).rejects.toMatchObject({ code: 'not_found', message });
      expect(await bytesOf(v1Of(world.config))).toEqual(before);
    },
  );

  test('has no generation before the first one, and nothing where nothing is published', async () => {
    const world = await smallWorld();
    await expect(rollBack(world.config)).rejects.toMatchObject({ code: 'unavailable' });
    await world.run();
    await expect(rollBack(world.config)).rejects.toThrow(/No generation before 1 is kept/);
  });

  test('is not kept from it by a damaged status', async () => {
    const world = await threeGenerations();
    await writeFile(join(v1Of(world.config), 'status/index.json'), '{');
    await rollBack(world.config);
    expect(await shownOf(world)).toEqual(GEN_2);
  });

  test('makes do with the current one where the list of generations is lost', async () => {
    const world = await threeGenerations();
    await writeFile(join(v1Of(world.config), 'generations/index.json'), '{');
    await expect(rollBack(world.config)).rejects.toThrow(/kept.*:\n {2}3, made [^\n]*$/s);
    world.release('aws_prov', { '4.0.0': { 'aws_prov.tar.gz': 'four' } });
    await world.run();
    await rollBack(world.config);
    expect(await shownOf(world)).toEqual(GEN_3);
  });

  test('that is killed at any step leaves a whole site, and a next one completes', async () => {
    const world = await threeGenerations();
    for (let n = 1, lived = false; !lived; n += 1) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      lived = await livedThrough(rollBack(config, 1, dyingAt(storageOf(config), n)));
      const reader = storageOf(config);
      const { pointer } = (await readPointer(reader))!;
      const site = await openSite(reader, pointer);
      for (const path of Object.keys(site.manifest.documents)) expect(await site.readDocument(path)).toBeDefined();
      expect(pointer.held === undefined ? 3 : 4, `killed at ${n}`).toBe(pointer.generation);
      const held = pointer.held !== undefined;
      const report = await runIndexer(config);
      expect(report.held !== undefined).toBe(held);
      await rollBack(config, 1);
      await expectValidSite(config);
    }
  });
});

describe('a rollback that is killed at any step', () => {
  /** A copy for each step at which a rollback is killed, and at last one for which it lived. */
  async function* killedRollbacks(world: World, generation?: number) {
    for (let n = 1, lived = false; !lived; n += 1) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      lived = await livedThrough(rollBack(config, generation, dyingAt(storageOf(config), n)));
      yield { n, lived, config };
    }
  }

  const shownIn = async ({ site }: World['config']): Promise<string[]> =>
    (JSON.parse(await readFile(join(site.path, 'api/v1/extensions/index.json'), 'utf8')) as Item[]).map(
      ({ type, name, version }) => `${type}/${name}@${version}`,
    );

  test('goes no further back the second time', async () => {
    const world = await threeGenerations();
    for await (const { n, lived, config } of killedRollbacks(world)) {
      if (lived) continue;
      const done = await rollBack(config);
      expect(done.held.generation, `killed at ${n}`).toBe(2);
      expect(done.pointer).toMatchObject({ generation: 4, held: done.held });
      expect(await shownIn(config)).toEqual(GEN_2);
      await expectValidSite(config);
      // And what it did is undone as ever: the next one is one step further.
      expect((await rollBack(config)).held.generation).toBe(1);
    }
  });

  test('goes no further back the second time, with files to be collected', async () => {
    const world = await threeGenerations();
    world.config.site.keepGenerations = 2;
    const blobs = join(v1Of(world.config), 'by-hash');
    const old = (await readdir(blobs, { recursive: true })).filter((each) => each.endsWith('.json'));
    for (const each of old) await utimes(join(blobs, each), 0, 0);
    let kills = 0;
    for await (const { n, lived, config } of killedRollbacks(world)) {
      if (lived) continue;
      kills += 1;
      expect((await rollBack(config)).held.generation, `killed at ${n}`).toBe(2);
      expect(await shownIn(config)).toEqual(GEN_2);
    }
    expect(kills).toBeGreaterThan(20);
  });

  test('is one step when it is the second one, however often it is killed', async () => {
    const world = await threeGenerations();
    await rollBack(world.config);
    for await (const { n, lived, config } of killedRollbacks(world)) {
      if (lived) continue;
      expect((await rollBack(config)).held.generation, `killed at ${n}`).toBe(1);
      expect(await shownIn(config)).toEqual(GEN_1);
    }
  });

  test('is ended by a next run, held or not, which leaves no litter', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 1);
    const runs = { held: 0, back: 0 };
    // From the oldest content to the newest, which has no redis: paths go, too.
    for await (const { n, config } of killedRollbacks(world, 3)) {
      const report = await runIndexer(config);
      const { generation } = report.held!;
      runs[generation === 3 ? 'held' : 'back'] += 1;
      expect(await shownIn(config), `killed at ${n}`).toEqual(generation === 3 ? GEN_3 : GEN_1);
      await expectValidSite(config);
      expect((await readdir(v1Of(config))).filter((each) => each.startsWith('.') && each !== '.tmp')).toEqual([]);
    }
    expect(runs).toMatchObject({ held: expect.any(Number), back: expect.any(Number) });
    expect(Math.min(runs.held, runs.back)).toBeGreaterThan(5);
  });
});

describe('a site that is held', () => {
  test('is neither crawled for nor published to, and says so with exit code 0', async () => {
    const world = await threeGenerations();
    await rollBack(world.config);
    const before = await bytesOf(v1Of(world.config));
    world.release('aws_prov', { '4.0.0': { 'aws_prov.tar.gz': 'four' } });
    world.gitea.forget();
    const report = await world.run();
    expect(report).toMatchObject({ held: { generation: 2 }, outcomes: [], problems: [] });
    expect(exitCodeOf(report)).toBe(0);
    expect(world.gitea.requests).toEqual([]);
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
  });

  test('is published to again once it is resumed', async () => {
    const world = await threeGenerations();
    const { held } = await rollBack(world.config);
    const before = await bytesOf(v1Of(world.config));
    expect(await resumeSite({ storage: storageOf(world.config), now: () => LATER })).toEqual(held);
    expect(await resumeSite({ storage: storageOf(world.config), now: () => LATER })).toBeUndefined();
    const after = await bytesOf(v1Of(world.config));
    expect(Object.keys(after).filter((file) => after[file] !== before[file])).toEqual(['index.json']);
    expect(await world.pointer()).not.toHaveProperty('held');
    await world.run();
    expect(await shownOf(world)).toEqual(GEN_3);
    expect(await world.pointer()).toMatchObject({ generation: 5 });
  });

  test('cannot be started from elsewhere: what was rolled back would come back there', async () => {
    const world = await threeGenerations();
    await rollBack(world.config);
    const fresh = await elsewhere(world.config);
    const run = runIndexer(fresh, { previous: openPrevious(v1Of(world.config)) });
    await expect(run).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/held .*resume it there/),
    });
    expect(await bytesOf(fresh.site.path)).toEqual({});
  });

  test('cannot be resumed where nothing is published', async () => {
    const { config } = await smallWorld();
    await expect(resumeSite({ storage: storageOf(config), now: () => LATER })).rejects.toThrow(/run index first/);
  });
});
