import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GenerationsDocument } from '../indexer/model/documents.ts';
import { v1Of } from './builders.ts';
import { bytesOf } from './crawl/site-folder.ts';
import { expectValidSite, smallWorld } from './crawl/world.ts';
import { GEN_1, listed, rollBack, shownOf, storageOf, threeGenerations } from './generations-world.ts';
import { configFile, run } from './indexer-process.ts';

describe('the generations', () => {
  test('that are kept are listed, the newest first, each with its manifest', async () => {
    const world = await threeGenerations();
    const { generations } = await world.read<GenerationsDocument>('generations');
    expect(generations.map((each) => [each.generation, each.created])).toEqual([
      [3, '2026-06-01T15:00:00Z'],
      [2, '2026-06-01T14:00:00Z'],
      [1, '2026-06-01T13:00:00Z'],
    ]);
    expect(generations[0]?.manifest).toEqual((await world.pointer()).manifest);
    await world.run();
    expect((await world.read<GenerationsDocument>('generations')).generations).toEqual(generations);
  });

  test('that are no longer kept lose, after a week, the files that no other one names', async () => {
    const world = await smallWorld();
    world.config.site.keepGenerations = 2;
    await world.run();
    const first = (await world.pointer()).manifest;
    for (const version of ['2.0.0', '2.1.0', '2.2.0']) {
      const old = Object.keys(await bytesOf(v1Of(world.config)));
      for (const file of old) await utimes(join(v1Of(world.config), file), 0, 0);
      world.release('aws_prov', { [version]: { 'aws_prov.tar.gz': version } });
      await world.run();
    }
    expect(await listed(world)).toEqual([4, 3]);
    const files = Object.keys(await bytesOf(v1Of(world.config)));
    expect(files).not.toContain(first.path);
    await rollBack(world.config, 3);
    await expectValidSite(world.config);
    await expect(rollBack(world.config, 2)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that are no longer kept leave their files for a week from then, however old they are', async () => {
    const world = await smallWorld();
    world.config.site.keepGenerations = 1;
    await world.run();
    const first = Object.keys(await bytesOf(v1Of(world.config))).filter((each) => each.startsWith('by-hash/'));
    const start = Date.now();
    const publishAfter = async (days: number): Promise<string[]> => {
      world.release('aws_prov', { [`2.${days}.0`]: { 'aws_prov.tar.gz': `${days}` } });
      await world.run({ now: () => start + days * 86_400_000 });
      const files = new Set(Object.keys(await bytesOf(v1Of(world.config))));
      return first.filter((each) => !files.has(each));
    };
    expect(await publishAfter(8)).toEqual([]);
    expect(await publishAfter(14)).toEqual([]);
    const gone = await publishAfter(16);
    expect(gone.length).toBeGreaterThan(3);
    await expectValidSite(world.config);
    // What the documents that never change have was named all the time.
    expect(gone.length).toBeLessThan(first.length);
  });
});

describe('extension-indexer', () => {
  test('rolls back, holds and resumes, in words', async () => {
    const world = await threeGenerations();
    const file = await configFile(world);
    const back = await run('rollback', '--config', file);
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toMatch(
      /^Generation 4 shows what generation 2 showed: 3 extensions, 5 versions .*To go on: extension-indexer resume/,
    );
    const held = await run('--config', file);
    expect(held).toMatchObject({ code: 0, stderr: '' });
    expect(held.stdout).toMatch(/^The site is held at generation 2 since .*extension-indexer resume --config FILE\n$/);
    expect((await run('resume', '--config', file)).stdout).toMatch(/^The site is no longer held/);
    expect((await run('resume', '--config', file)).stdout).toMatch(/^The site was not held/);
    expect((await run('--config', file)).stdout).toMatch(/^Published generation 5: 2 extensions/);
    expect(await run('rollback', '1', '--config', file, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await shownOf(world)).toEqual(GEN_1);
  });

  test('tells the same as JSON', async () => {
    const world = await threeGenerations();
    const file = await configFile(world);
    const json = async (...argv: string[]): Promise<unknown> =>
      JSON.parse((await run(...argv, '--config', file, '--json')).stdout);
    const held = { since: expect.any(String), generation: 1 };
    expect(await json('rollback', '1')).toMatchObject({
      outcome: 'rolled_back',
      generation: 4,
      held,
      counts: { extensions: 3 },
    });
    expect(await json()).toMatchObject({ outcome: 'held', held, sources: [] });
    expect(await json('resume')).toEqual({ outcome: 'resumed', held });
    expect(await json('resume')).toEqual({ outcome: 'not_held' });
  });

  test.each([
    ['not a number', ['rollback', 'yesterday'], 2, /Name one generation by its number/],
    ['zero', ['rollback', '0'], 2, /Name one generation/],
    ['two generations', ['rollback', '1', '2'], 2, /Name one generation/],
    ['words after resume', ['resume', 'now'], 2, /no command resume now/],
  ] as const)('refuses %s', async (...[, argv, code, message]) => {
    const refused = await run(...argv, '--config', 'x');
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
  });

  test('exits with 1 for a generation that is not kept, and with 4 while another indexer runs', async () => {
    const world = await threeGenerations();
    const file = await configFile(world);
    const refused = await run('rollback', '9', '--config', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Generation 9 is not kept.*\n {2}3, made/s);
    const lock = await storageOf(world.config).lock?.();
    for (const argv of [['rollback'], ['resume'], ['index']]) {
      const { code, stderr } = await run(...argv, '--config', file);
      expect(code).toBe(4);
      expect(stderr).toContain(`process ${process.pid} on `);
    }
    expect((await run('check', '--config', file)).code).toBe(0);
    await lock?.release();
    expect(await readFile(join(v1Of(world.config), 'index.json'), 'utf8')).toContain('"generation":3');
  });
});
