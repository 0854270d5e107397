import { cp, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { renderExaminationText } from '../indexer/fsck-text.ts';
import { runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere } from './crawl/site-folder.ts';
import { expectValidSite, smallWorld, startWorld } from './crawl/world.ts';
import { AWS, blobIn, expectWhole, flip, flipAlone, friendlyIn, fsck, resume, told, type Config } from './damage.ts';
import { rollBack, storageOf, threeGenerations } from './generations-world.ts';
import { configFile, run } from './indexer-process.ts';
import { dyingAt, livedThrough } from './publish/dying-storage.ts';

describe('examineSite', () => {
  test('reads every file of a site that is whole, and changes none', async () => {
    const { config } = await threeGenerations();
    const before = await bytesOf(v1Of(config));
    const examination = await fsck(config);
    expect(examination).toMatchObject({ generations: [3, 2, 1], damaged: [], pointer: { generation: 3 } });
    // All but the pointer.
    expect(examination.checked).toBe(Object.keys(before).length - 1);
    expect(await bytesOf(v1Of(config))).toEqual(before);
  });

  test('lets a damaged document of the same length be written again, though nothing has changed', async () => {
    const world = await smallWorld();
    await world.run();
    await flip(await blobIn(world.config, AWS));
    await runIndexer(world.config);
    const examination = await fsck(world.config);
    expect(told(examination)).toEqual([`by-hash ${AWS}: damaged, removed`, `${AWS}/index.json: damaged, left`]);
    expect(renderExaminationText(examination).at(-1)).toBe('Run the indexer: it writes again what it lists.');
    expect((await world.run()).published?.changed).toBe(false);
    expect((await fsck(world.config)).damaged).toEqual([]);
    await expectValidSite(world.config);
  });

  test('lets every path be written again that shares a damaged file', async () => {
    const world = await startWorld();
    for (const name of ['a', 'b', 'c']) world.push(`${name}-cluster`, '1.0.0', { 'a.zip': name });
    await world.run();
    // No version has notes, so the three documents are one file.
    await flip(await blobIn(world.config, 'extensions/cluster/b/notes'));
    const examination = await fsck(world.config);
    // The by-hash file, the three friendly ones, and those of the lists by type and by source that are as empty.
    expect(examination.damaged).toHaveLength(7);
    await world.run();
    expect((await fsck(world.config)).damaged).toEqual([]);
    await expectValidSite(world.config);
  });

  test.each([
    ['a by-hash file is missing', async (config: Config) => rm(await blobIn(config, AWS)), `by-hash ${AWS}: missing`],
    [
      'a by-hash file is another',
      async (config: Config) => flipAlone(await blobIn(config, AWS)),
      `by-hash ${AWS}: damaged`,
    ],
    ['a friendly file is missing', async (config: Config) => rm(friendlyIn(config, AWS)), `${AWS}/index.json: missing`],
    [
      'a friendly file is another',
      async (config: Config) => flipAlone(friendlyIn(config, AWS)),
      `${AWS}/index.json: damaged`,
    ],
    [
      'the manifest is missing',
      async (config: Config) => rm(friendlyIn(config, 'manifest')),
      'manifest/index.json: missing',
    ],
  ])('makes anew of its other copy what is damaged: %s', async (_what, damage, fault) => {
    const { config } = await threeGenerations();
    await damage(config);
    const examination = await fsck(config);
    expect(told(examination)).toEqual([`${fault}, restored`]);
    expect(renderExaminationText(examination).at(-1)).toMatch(/nothing is left to do/);
    expect((await fsck(config)).damaged).toEqual([]);
    await expectValidSite(config);
  });

  test('makes a manifest anew that is damaged by both its names, of the documents', async () => {
    const { config } = await threeGenerations();
    await flip(await blobIn(config, 'manifest'));
    await expect(runIndexer(config)).rejects.toThrow(/manifest of generation 3 is damaged\. Run fsck/);
    expect(told(await fsck(config))).toEqual([
      'by-hash manifest: damaged, restored',
      'manifest/index.json: damaged, restored',
    ]);
    await expectValidSite(config);
    await runIndexer(config);
  });

  test('names the generations that lack a document, and those that cannot be gone back to', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 2);
    await flip(await blobIn(world.config, AWS));
    await resume(world.config);
    await runIndexer(world.config);
    const examination = await fsck(world.config);
    expect(examination.damaged).toMatchObject([{ document: AWS, generations: [4, 2], done: 'removed' }]);
    expect(renderExaminationText(examination).at(-1)).toBe(
      'Generation 4, 2 cannot be gone back to, unless a run writes the same documents again.',
    );
    await expect(rollBack(world.config, 2)).rejects.toThrow(/Generation 2 is no longer whole/);
  });

  test('tells of reports that are damaged, which the next run writes again', async () => {
    const world = await threeGenerations();
    await writeFile(friendlyIn(world.config, 'generations'), '{');
    await rm(friendlyIn(world.config, 'status'));
    const examination = await fsck(world.config);
    expect(examination.generations).toEqual([3]);
    expect(told(examination)).toEqual(['status/index.json: missing, left', 'generations/index.json: damaged, left']);
    await world.run();
    expect((await fsck(world.config)).damaged).toEqual([]);
  });

  test('says to resume first where a rollback holds the site', async () => {
    const world = await threeGenerations();
    await rollBack(world.config);
    await flip(await blobIn(world.config, AWS));
    expect(renderExaminationText(await fsck(world.config))).toContain(
      'Let go with resume and run the indexer: it writes again what it lists.',
    );
    await resume(world.config);
    await runIndexer(world.config);
    await expectWhole(world.config);
  });

  test('ends what a killed rollback left, and takes it for no damage', async () => {
    const world = await threeGenerations();
    await rollBack(world.config, 1);
    for (let n = 1, lived = false; !lived; n += 1) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      lived = await livedThrough(rollBack(config, 3, dyingAt(storageOf(config), n)));
      expect((await fsck(config)).damaged, `killed at ${n}`).toEqual([]);
      await expectValidSite(config);
    }
  });

  test('that is killed at any step has made nothing worse', async () => {
    const world = await threeGenerations();
    await flip(await blobIn(world.config, AWS));
    await rm(await blobIn(world.config, 'extensions'));
    await flipAlone(friendlyIn(world.config, 'search'));
    let kills = 0;
    for (let n = 1, lived = false; !lived; n += 1) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      lived = await livedThrough(fsck(config, dyingAt(storageOf(config), n)));
      if (!lived) kills += 1;
      await fsck(config);
      await runIndexer(config);
      expect((await fsck(config)).damaged, `killed at ${n}`).toEqual([]);
    }
    expect(kills).toBe(3);
  });

  test('has nothing to examine where nothing is published', async () => {
    const { config } = await smallWorld();
    await expect(fsck(config)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('extension-indexer fsck', () => {
  test('exits with 0 where all is whole and with 1 where something is not, in words and as JSON', async () => {
    const world = await threeGenerations();
    const file = await configFile(world);
    const whole = await run('fsck', '--config', file);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toMatch(/^Every one of \d+ files of generations 3, 2, 1 is whole\.\n$/);
    await flip(await blobIn(world.config, AWS));
    const json = await run('fsck', '--config', file, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outcome: 'damaged',
      generation: 3,
      generations: [3, 2, 1],
      damaged: [
        { document: AWS, fault: 'damaged', generations: [3], done: 'removed' },
        { file: `${AWS}/index.json`, fault: 'damaged', generations: [3], done: 'left' },
      ],
      remedies: ['Run the indexer: it writes again what it lists.'],
    });
    const again = await run('fsck', '--config', file);
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(
      /^2 of \d+ files of .*:\n {2}by-hash\S+ \(extensions\/provider\/aws of generation 3\) is missing; it is left so\.\n/,
    );
    expect((await run('--config', file, '--quiet')).code).toBe(0);
    expect(await run('fsck', '--config', file, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('takes no operand, and keeps away while another indexer runs', async () => {
    const world = await threeGenerations();
    expect(await run('fsck', '3', '--config', 'x')).toMatchObject({ code: 2 });
    const lock = await storageOf(world.config).lock?.();
    expect((await run('fsck', '--config', await configFile(world))).code).toBe(4);
    await lock?.release();
  });
});
