import { describe, expect, test } from 'vitest';
import { exitCodeOfError } from '../indexer/exit-codes.ts';
import { renderExaminationText } from '../indexer/fsck-text.ts';
import { runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere, openPrevious } from './crawl/site-folder.ts';
import { problemsOf, smallWorld, startWorld, type World } from './crawl/world.ts';
import { expectWhole, fsck, loseManifest, loseMemory, resume } from './damage.ts';
import { GEN_2, GEN_3, LATER, rollBack, shownOf, threeGenerations } from './generations-world.ts';

describe.each([
  ['memory', loseMemory],
  ['manifest', loseManifest],
] as const)('a damaged %s', (what, damage) => {
  const refusal = new RegExp(`the ${what} of generation 3 is damaged. Run fsck.*rollback.*resume.*--first-run`);

  test('ends a run that publishes nothing and tells the way out, again after fsck', async () => {
    const world = await threeGenerations();
    await damage(world.config);
    const before = await bytesOf(v1Of(world.config));
    const failure = await world.run().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'invalid_site', message: expect.stringMatching(refusal) });
    expect(exitCodeOfError(failure)).toBe(1);
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
    const text = renderExaminationText(await fsck(world.config));
    expect(text.join('\n')).toMatch(
      new RegExp(`The ${what} of generation 3 cannot be made anew. Go back with rollback`),
    );
    await expect(world.run()).rejects.toThrow(refusal);
  });

  test.each(['with fsck before it', 'alone'])('is left behind by rollback %s, and a next run goes on', async (how) => {
    const world = await threeGenerations();
    const { config } = world;
    await damage(config);
    if (how !== 'alone') await fsck(config);
    await rollBack(config);
    expect(await shownOf(world)).toEqual(GEN_2);
    await expectWhole(config);
    await resume(config);
    // First seen before the memory that is left was made: still known.
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '2.0.0', name: 'aws_prov.tar.gz', content: 'other' });
    expect(problemsOf(await runIndexer(config))).toContain('mutated provider/aws@2.0.0');
    expect(await shownOf(world)).toEqual(GEN_3);
    expect((await world.pointer()).generation).toBe(5);
    await expectWhole(config);
  });

  test.each(['with fsck before it', 'alone'])('is left behind by --first-run %s', async (how) => {
    const world = await threeGenerations();
    await damage(world.config);
    if (how !== 'alone') await fsck(world.config);
    const { published } = await runIndexer(world.config, { firstRun: true, now: () => LATER });
    expect(published?.pointer.counts.extensions).toBe(2);
    expect(await shownOf(world)).toEqual(GEN_3);
    await expectWhole(world.config);
    expect((await runIndexer(world.config)).published?.changed).toBe(false);
  });
});

describe('--first-run over a damaged memory', () => {
  async function damagedWorld(): Promise<World> {
    const world = await startWorld();
    for (let n = 0; n < 4; n += 1) world.release(`e${n}_prov`, { '1.0.0': { 'a.zip': `${n}` } });
    world.push('one-cluster', '1.0.0', { 'a.zip': 'one' });
    await world.run();
    await loseMemory(world.config);
    return world;
  }

  test('goes past no gate: what the site lists is compared with', async () => {
    const world = await damagedWorld();
    world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
    const message = expect.stringMatching(/4 of 5 extensions:.*4 of 5 versions:\n {4}provider\/e0@1\.0\.0/s);
    await expect(runIndexer(world.config, { firstRun: true })).rejects.toMatchObject({ code: 'refused', message });
    world.gitea.heal();
    await runIndexer(world.config, { firstRun: true });
    expect((await world.pointer()).counts.extensions).toBe(5);
  });

  test('publishes nothing where every source fails', async () => {
    const world = await damagedWorld();
    for (const each of [world.gitea, world.oci]) each.misbehave({ match: /./, fault: { kind: 'reset' } });
    const before = await bytesOf(v1Of(world.config));
    expect((await runIndexer(world.config, { firstRun: true })).published).toBeUndefined();
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
  });

  test('starts from [indexer] previous where there is one, which forgets less', async () => {
    const world = await damagedWorld();
    const copy = await elsewhere(world.config);
    await runIndexer(copy);
    world.gitea.replaceAsset('acme', 'e0_prov', { tag: '1.0.0', name: 'a.zip', content: 'other' });
    const report = await runIndexer(world.config, { firstRun: true, previous: openPrevious(v1Of(copy)) });
    expect(problemsOf(report)).toEqual(['mutated provider/e0@1.0.0']);
  });
});

describe('a rollback without any memory that is whole', () => {
  test('is refused, and says what is left to do', async () => {
    const world = await smallWorld();
    await world.run();
    await loseMemory(world.config);
    await expect(rollBack(world.config, 1)).rejects.toThrow(/no generation that is kept has a memory.*--first-run/);
  });
});
