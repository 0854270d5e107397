import { describe, expect, test } from 'vitest';
import { exitCodeOfError } from '../indexer/exit-codes.ts';
import { v1Of } from './builders.ts';
import { bytesOf } from './crawl/site-folder.ts';
import { startWorld, type World } from './crawl/world.ts';
import { configFile, run } from './indexer-process.ts';

/** Ten extensions at Gitea, and four others at the registry. */
async function world(): Promise<World> {
  const made = await startWorld();
  for (let number = 0; number < 10; number += 1) {
    made.release(`e${number}_prov`, { '1.0.0': { 'a.zip': `${number}` }, '1.1.0': { 'a.zip': `${number}.1` } });
  }
  for (let number = 0; number < 4; number += 1) made.push(`o${number}-cluster`, '1.0.0', { 'a.zip': `o${number}` });
  return made;
}

function lose(made: World, ...numbers: number[]): void {
  for (const number of numbers) made.gitea.removeRepository('acme', `e${number}_prov`);
}

describe('the publish gate', () => {
  test('refuses a site that lost too much, leaves the old one as it is, and lists what would vanish', async () => {
    const made = await world();
    await made.run();
    const before = await bytesOf(v1Of(made.config));
    lose(made, 0, 1, 2, 3);
    const refused = await made.run().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'refused' });
    expect(exitCodeOfError(refused)).toBe(1);
    expect(String(refused)).toContain('4 of 14 extensions:\n    provider/e0\n    provider/e1\n');
    expect(String(refused)).toContain('8 of 24 versions:\n    provider/e0@1.0.0\n');
    expect(String(refused)).toContain('8 of 20 releases of the source gitea:\n');
    expect(await bytesOf(v1Of(made.config))).toEqual(before);
  });

  test('lets pass what was lost little by little', async () => {
    const made = await world();
    await made.run();
    for (const numbers of [[0], [1], [2]]) {
      lose(made, ...numbers);
      await made.run();
    }
    expect((await made.pointer()).counts.extensions).toBe(11);
  });

  test.each(['force', 'acceptedLosses'] as const)('publishes all the same with %s', async (option) => {
    const made = await world();
    await made.run();
    lose(made, 0, 1, 2);
    const acceptedLosses = new Set(['provider/e0', 'provider/e1']);
    await made.run(option === 'force' ? { force: true } : { acceptedLosses });
    expect((await made.pointer()).counts.extensions).toBe(11);
  });

  test('is not satisfied by the acceptance of other losses', async () => {
    const made = await world();
    await made.run();
    lose(made, 0, 1, 2, 3);
    await expect(made.run({ acceptedLosses: new Set(['provider/e0']) })).rejects.toMatchObject({ code: 'refused' });
  });

  test('refuses what one source lost although another has it', async () => {
    const made = await world();
    for (let number = 0; number < 4; number += 1)
      made.release(`o${number}_cluster`, { '1.0.0': { 'a.zip': `o${number}` } });
    await made.run();
    for (let number = 0; number < 4; number += 1) made.oci.removeRepository(`acme/o${number}-cluster`);
    made.push('new-cluster', '1.0.0', { 'a.zip': 'new' });
    const refused = await made.run().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'refused' });
    expect(String(refused)).toContain('4 of 4 releases of the source oci:');
    expect(String(refused)).not.toContain('extensions:');
  });

  test('refuses to lose what a source gave that is no longer configured, and says so', async () => {
    const made = await world();
    await made.run();
    made.config.sources = made.config.sources.filter((each) => each.name === 'gitea');
    const message = expect.stringMatching(/4 of 4 releases of the source oci:.*source oci is no longer in the config/s);
    await expect(made.run()).rejects.toMatchObject({ code: 'refused', message });
    await made.run({ force: true });
    expect((await made.pointer()).counts.extensions).toBe(10);
    await made.run();
  });

  test('refuses what a changed [[source]] owns would shut out', async () => {
    const made = await world();
    await made.run();
    const sources = made.config.sources;
    const owning = (owns: string[]): typeof sources =>
      sources.map((each) => (each.name === 'oci' ? { ...each, owns } : each));
    made.config.sources = owning(['provider/*']);
    const message = expect.stringMatching(/10 of 14 extensions:\n {4}provider\/e0\n.*20 of 24 versions:/s);
    await expect(made.run()).rejects.toMatchObject({ code: 'refused', message });
    await made.run({ force: true });
    expect((await made.pointer()).counts.extensions).toBe(4);
    expect((await made.memory()).owns).toEqual({ oci: ['provider/*'] });
    // What was shut out then is no loss now, and what is let in again may go again.
    await made.run();
    made.config.sources = owning([]);
    await made.run();
    expect((await made.pointer()).counts.extensions).toBe(14);
    expect(await made.memory()).not.toHaveProperty('owns');
    lose(made, 0, 1, 2, 3);
    await expect(made.run()).rejects.toMatchObject({ code: 'refused' });
  });

  test('refuses versions that a changed [[source]] owns exchanges for as many others', async () => {
    const made = await startWorld();
    for (let number = 0; number < 3; number += 1) {
      made.release(`e${number}_prov`, { '1.0.0': { 'a.zip': `${number}` } });
      made.push(`e${number}-provider`, '2.0.0', { 'a.zip': `o${number}` });
    }
    const owning = (owner: string): typeof made.config.sources =>
      made.config.sources.map((each) => ({ ...each, owns: each.name === owner ? ['provider/*'] : [] }));
    made.config.sources = owning('gitea');
    await made.run();
    made.config.sources = owning('oci');
    await expect(made.run()).rejects.toThrow(/3 of 3 versions:\n {4}provider\/e0@1\.0\.0\n/);
  });

  test('does not count what a failing source gave, nor what a policy hides', async () => {
    const made = await world();
    await made.run();
    made.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 401 } });
    await made.run();
    made.gitea.heal();
    made.config.policy = Array.from({ length: 10 }, (_, number) => {
      const id = `provider/e${number}`;
      return { action: 'hide', target: { text: id, id }, reason: 'No.' } as World['config']['policy'][number];
    });
    await made.run();
    expect((await made.pointer()).counts.extensions).toBe(4);
    lose(made, 0, 1, 2, 3);
    await expect(made.run()).rejects.toMatchObject({ code: 'refused' });
  });

  test('has nothing to compare with in a first run, and goes by max_loss_percent', async () => {
    const made = await world();
    await made.run();
    lose(made, 0, 1, 2, 3);
    made.config.indexer.maxLossPercent = 40;
    await made.run();
    lose(made, 4, 5, 6, 7, 8, 9);
    made.config.indexer.maxLossPercent = 100;
    await made.run();
    expect((await made.pointer()).counts.extensions).toBe(4);
  });
});

describe('extension-indexer', () => {
  test('exits with 1 where it refuses, tells the remedy, and takes it', async () => {
    const made = await world();
    const file = await configFile(made, 'max_loss_percent = 20');
    expect((await run('--config', file)).code).toBe(0);
    lose(made, 0, 1, 2, 3, 4);
    const { code, stdout, stderr } = await run('--config', file, '--quiet');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^extension-indexer: Nothing is published: .*max_loss_percent = 20.*--accept-loss .*--force/s,
    );
    const [, , ...accepting] = [0, 1, 2, 3, 4].flatMap((each) => ['--accept-loss', `provider/e${each}`]);
    expect(await run('--config', file, '--quiet', ...accepting)).toEqual({ code: 0, stdout: '', stderr: '' });
    lose(made, 5, 6, 7, 8, 9);
    expect((await run('--config', file, '--quiet')).code).toBe(1);
    expect((await run('--config', file, '--quiet', '--force')).code).toBe(0);
  });

  test.each(['aws', 'provider/aws@1.0.0', 'provider/', ''])('refuses to accept the loss of %j', async (text) => {
    const { code, stderr } = await run('--config', 'x', `--accept-loss=${text}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--accept-loss: /);
  });
});
