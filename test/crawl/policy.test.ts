import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../indexer/config/policy.ts';
import { exitCodeOf } from '../../indexer/exit-codes.ts';
import type { Item, SearchDocument, StatusDocument } from '../../indexer/model/documents.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { v1Of } from '../builders.ts';
import { problemsOf, startWorld, type World } from './world.ts';

const AWS = 'provider/aws';

/** `provider/aws` with three versions at Gitea, the oldest in the registry too, and `taskserv/redis` beside it. */
async function policyWorld(policy: string): Promise<World> {
  const world = await startWorld();
  world.release('aws_prov', {
    '1.0.0': { 'a.zip': 'one' },
    '1.1.0': { 'a.zip': 'two' },
    '2.0.0-rc.1': { 'a.zip': 'candidate' },
  });
  world.push('aws-provider', '1.0.0', { 'a.zip': 'one' });
  world.push('redis-taskserv', '7.2.0', { 'a.zip': 'redis' });
  setPolicy(world, policy);
  return world;
}

function setPolicy(world: World, toml: string): void {
  const { rules, faults } = parsePolicy(toml);
  expect(faults).toEqual([]);
  world.config.policy = rules;
}

const yank = (match: string) => `[[yank]]\nmatch = "${match}"\nreason = "It leaks."\n`;
const hide = (match: string) => `[[hide]]\nmatch = "${match}"\nreason = "A key is in it."\n`;
const deprecate = (match: string) =>
  `[[deprecate]]\nmatch = "${match}"\nmessage = "Old."\nreplacement = "taskserv/redis"\n`;

/** The documents of the present generation, and the reports, that hold a text. */
async function documentsWith(world: World, text: string): Promise<string[]> {
  const found = await readdir(v1Of(world.config), { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const texts = files.map(async (file) => [file, await readFile(file, 'utf8')] as const);
  return (await Promise.all(texts))
    .filter(([, content]) => content.includes(text))
    .map(([file]) => file.slice(v1Of(world.config).length + 1))
    .filter((file) => !file.startsWith('by-hash/'));
}

/** `code subject` of each problem that everybody may read of. */
async function shownProblems(world: World): Promise<string[]> {
  return (await world.read<StatusDocument>('status')).problems.first.map((each) => `${each.code} ${each.subject}`);
}

describe('a yanked version', () => {
  test('is never the shown one, and keeps its entry with the reason', async () => {
    const world = await policyWorld(yank(`${AWS}@1.1.0`));
    expect((await world.run()).problems).toEqual([]);
    const [item] = await world.items();
    expect(item).toMatchObject({ version: '1.0.0', version_count: 3 });
    expect(item).not.toHaveProperty('yanked');
    expect(await world.extension(AWS)).toMatchObject({
      version: '1.0.0',
      latest_prerelease: '2.0.0-rc.1',
      versions: ['2.0.0-rc.1', '1.1.0', '1.0.0'],
    });
    expect((await world.versions(AWS)).map(({ version, yanked }) => [version, yanked])).toEqual([
      ['2.0.0-rc.1', undefined],
      ['1.1.0', { reason: 'It leaks.' }],
      ['1.0.0', undefined],
    ]);
    expect((await world.versions(AWS))[1]).toMatchObject({ checksum: digestOf('two'), assets: [{ name: 'a.zip' }] });
  });

  test('of an extension that has no other marks it, and no search finds it', async () => {
    const world = await policyWorld(yank(AWS));
    await world.run();
    expect(await world.items()).toMatchObject([
      { name: 'aws', version: '2.0.0-rc.1', yanked: true },
      { name: 'redis' },
    ]);
    expect(await world.extension(AWS)).toMatchObject({ yanked: true });
    expect(await world.read<SearchDocument>('search')).toMatchObject({ name: ['aws', 'redis'], yanked: [0] });
  });

  test('is yanked at every source that has it', async () => {
    const world = await policyWorld(yank(`${AWS}@1.0.0`));
    await world.run();
    expect((await world.versions(AWS)).at(-1)).toMatchObject({
      yanked: { reason: 'It leaks.' },
      sources: ['gitea', 'oci'],
      assets: [{ locations: [{ source: 'gitea' }, { source: 'oci' }] }],
    });
  });
});

describe('a deprecated version', () => {
  test('says so with what to use instead, where it is shown and in its entry', async () => {
    const world = await policyWorld(deprecate(`${AWS}@<1.1`) + yank(`${AWS}@1.1.0`));
    await world.run();
    const deprecated = { message: 'Old.', replacement: 'taskserv/redis' };
    expect((await world.items())[0]).toMatchObject({ version: '1.0.0', deprecated });
    expect(await world.extension(AWS)).toMatchObject({ version: '1.0.0', deprecated });
    expect((await world.versions(AWS)).map((each) => each.deprecated)).toEqual([undefined, undefined, deprecated]);
    expect((await world.read<SearchDocument>('search')).deprecated).toEqual([0]);
  });

  test('says nothing of an extension whose shown version is another', async () => {
    const world = await policyWorld(deprecate(`${AWS}@1.0.0`));
    await world.run();
    expect((await world.items())[0]).not.toHaveProperty('deprecated');
  });
});

describe('a hidden version', () => {
  test('is nowhere in the site but in its memory', async () => {
    const world = await policyWorld(hide(`${AWS}@1.1.0`));
    await world.run();
    expect((await world.items())[0]).toMatchObject({ version: '1.0.0', version_count: 2 });
    expect((await world.versions(AWS)).map((each) => each.version)).toEqual(['2.0.0-rc.1', '1.0.0']);
    expect(await documentsWith(world, '1.1.0')).toEqual(['memory/index.json']);
    expect((await world.pointer()).counts).toMatchObject({ extensions: 2, versions: 3 });
  });

  test('takes its extension with it when it has no other', async () => {
    const world = await policyWorld(hide(AWS));
    await world.run();
    expect((await world.items()).map((each) => each.name)).toEqual(['redis']);
    expect(await documentsWith(world, 'provider/aws')).toEqual(['memory/index.json']);
    expect(await world.read<Item[]>('by-type/provider')).toEqual([]);
  });

  test('goes from a site that has it, and comes back as it was when the rule goes', async () => {
    const world = await policyWorld('');
    await world.run();
    const before = await world.versions(AWS);
    setPolicy(world, hide(AWS));
    expect((await world.run()).published).toMatchObject({ changed: true, removed: 4 });
    setPolicy(world, '');
    await world.run();
    expect(await world.versions(AWS)).toEqual(before);
    expect(world.attachmentRequests()).toBe(3);
  });

  test('keeps its record, so that other bytes are kept out when the rule goes', async () => {
    const world = await policyWorld(hide(`${AWS}@1.1.0`));
    await world.run();
    expect((await world.memory()).versions[AWS]?.['1.1.0']).toMatchObject({ checksum: digestOf('two') });
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.1.0', name: 'a.zip', content: 'other' });
    await world.run();
    setPolicy(world, '');
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.1.0']);
    expect((await world.versions(AWS))[1]).toMatchObject({ version: '1.1.0', checksum: digestOf('two') });
  });

  test('is not given away by its problems', async () => {
    const world = await policyWorld(hide(`${AWS}@1.3.x`) + hide(`${AWS}@1.1.0`));
    world.release('aws_prov', { '1.3.0': {}, '1.4.0': {} });
    world.gitea.addAsset('acme', 'aws_prov', { tag: '1.1.0', name: '..', content: 'x' });
    const report = await world.run();
    expect(problemsOf(report)).toEqual([
      'unmatched_rule provider/aws@1.3.x',
      'no_asset provider/aws@1.3.0',
      'no_asset provider/aws@1.4.0',
      'unsafe_asset_name provider/aws@1.1.0',
    ]);
    expect(await shownProblems(world)).toEqual(['no_asset provider/aws@1.4.0']);
    expect(await documentsWith(world, '1.3.')).toEqual(['memory/index.json']);
    expect((await world.memory()).problems).toHaveProperty('no_asset gitea provider/aws@1.3.0');
  });

  test('of an extension that has no other is not given away by its repository', async () => {
    const world = await policyWorld(hide('provider/secret') + hide('cluster/secret@<9') + yank('provider/secret@9.x'));
    world.release('secret_prov', { '1.0.0': { 'a.zip': '1' }, nightly: { 'a.zip': 'n' }, 'v1.0.0': { 'a.zip': '1b' } });
    world.push('secret-cluster', '1.0.0', { 'a.zip': 's' });
    world.push('secret-cluster', 'nightly', { 'a.zip': 's' });
    const expected = [
      'unmatched_rule provider/secret@9.x',
      'invalid_tag acme/secret_prov "nightly"',
      'invalid_tag acme/secret-cluster:nightly',
      'duplicate_version provider/secret@1.0.0',
    ];
    expect(problemsOf(await world.run())).toEqual(expected);
    expect(await documentsWith(world, 'secret')).toEqual(['memory/index.json']);
    world.gitea.misbehave({ match: /secret_prov\/releases/, fault: { kind: 'garbage' } });
    world.oci.misbehave({ match: /secret-cluster\/tags/, fault: { kind: 'garbage' } });
    expect(problemsOf(await world.run())).toEqual(
      expect.arrayContaining(['read_failed acme/secret_prov', 'read_failed acme/secret-cluster']),
    );
    expect(await documentsWith(world, 'secret')).toEqual(['memory/index.json']);
  });

  test('is not given away by what its source failed with', async () => {
    const world = await policyWorld(hide('provider/secret'));
    world.release('secret_prov', { '1.0.0': { 'a.zip': '1' } });
    await world.run();
    world.gitea.misbehave({ match: /secret_prov\/releases/, fault: { kind: 'status', status: 503 } });
    const [gitea] = (await world.run()).outcomes;
    expect(gitea?.failure?.message).toContain('acme/secret_prov');
    expect((await world.read<StatusDocument>('status')).sources[0]?.error).toEqual({
      code: 'rate_limit',
      message: 'It could not be read; the report of the indexer says why.',
    });
    expect(await documentsWith(world, 'secret')).toEqual(['memory/index.json']);
  });

  test('whose bytes have changed ends the run as --fail-on says, though no document tells', async () => {
    const world = await policyWorld(hide(`${AWS}@1.1.0`));
    await world.run();
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.1.0', name: 'a.zip', content: 'other' });
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['mutated provider/aws@1.1.0']);
    expect(exitCodeOf(report, new Set(['mutated'] as const))).toBe(5);
    expect(await shownProblems(world)).toEqual([]);
    expect(await documentsWith(world, '1.1.0')).toEqual(['memory/index.json']);
  });
});

describe('a rule that is about nothing', () => {
  test('is a problem of the policy, and of no extension', async () => {
    const world = await policyWorld(yank(`${AWS}@>=9`) + hide('provider/gcp') + deprecate(`${AWS}@1.0.0+b`));
    const { problems } = await world.run();
    const time = '2026-06-01T13:00:00Z';
    expect(problems.map(({ code, source, subject, first_seen }) => [code, source, subject, first_seen])).toEqual([
      ['unmatched_rule', 'policy', 'provider/aws@1.0.0+b', time],
      ['unmatched_rule', 'policy', 'provider/aws@>=9', time],
      ['unmatched_rule', 'policy', 'provider/gcp', time],
    ]);
    expect(problems[0]?.detail).toBe('The rule to deprecate provider/aws@1.0.0+b is about no version that there is.');
    expect((await world.items())[0]).not.toHaveProperty('problems');
    // A rule that hides names what is not to be known of.
    expect(await shownProblems(world)).toEqual([
      'unmatched_rule provider/aws@1.0.0+b',
      'unmatched_rule provider/aws@>=9',
    ]);
  });

  test('is none while a failing source is carried forward with what it is about', async () => {
    const world = await policyWorld(yank(`${AWS}@1.1.0`));
    await world.run();
    world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
    expect((await world.run()).problems).toEqual([]);
    expect((await world.versions(AWS))[1]?.yanked).toEqual({ reason: 'It leaks.' });
  });
});

describe('a policy', () => {
  test('that is the same makes no new generation, and one that changed does, without reading anything', async () => {
    const world = await policyWorld(yank(`${AWS}@1.1.0`));
    await world.run();
    world.gitea.forget();
    expect((await world.run()).published).toMatchObject({ changed: false });
    setPolicy(world, yank(`${AWS}@1.x`));
    expect((await world.run()).published).toMatchObject({ changed: true });
    expect((await world.items())[0]).toMatchObject({ version: '2.0.0-rc.1', prerelease: true });
    expect(world.attachmentRequests()).toBe(0);
  });
});
