import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import { claimed, computed, digestsIn, sha256Of } from './digests-in.ts';
import { problemsOf, startWorld, type World } from './world.ts';

describe('digests = "latest"', () => {
  test('reads the shown version of each extension only, whichever that is', async () => {
    const world = await startWorld({ indexer: { digests: 'latest' } });
    world.release('aws_prov', {
      '1.0.0': { 'a.zip': 'one' },
      '1.1.0': { 'a.zip': 'two' },
      '2.0.0-rc.1': { 'a.zip': 'rc' },
    });
    world.release('gcp_prov', { '1.0.0-rc.1': { 'a.zip': 'gcp one' }, '1.0.0-rc.2': { 'a.zip': 'gcp two' } });
    await world.run();
    expect(await digestsIn(world)).toEqual({ '2.0.0-rc.1': undefined, '1.1.0': computed('two'), '1.0.0': undefined });
    expect(await digestsIn(world, 'provider/gcp')).toEqual({
      '1.0.0-rc.2': computed('gcp two'),
      '1.0.0-rc.1': undefined,
    });
    expect(world.attachmentRequests()).toBe(2);
    world.release('aws_prov', { '1.2.0': { 'a.zip': 'three' } });
    await world.run();
    expect(await digestsIn(world)).toMatchObject({ '1.2.0': computed('three'), '1.1.0': computed('two') });
    expect(world.attachmentRequests()).toBe(3);
  });
});

describe.each(['latest', 'sidecar'] as const)('digests = "%s"', (digests) => {
  const sidecars = (content: string) => ({ 'a.zip': content, 'a.zip.sha256': sha256Of('one') });

  /** An older version, whose digest is known, has its file replaced beside an unchanged sidecar. */
  async function replacedWorld(content: string): Promise<World> {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': sidecars('one'), '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    world.config.indexer.digests = digests;
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content });
    world.gitea.forget();
    return world;
  }

  test('reads what was replaced all the same, since nothing else can tell what it is', async () => {
    const world = await replacedWorld('other');
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
    expect((await digestsIn(world))['1.0.0']).toBe(computed('one'));
    expect(world.attachmentRequests()).toBe(1);
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
    expect(world.attachmentRequests()).toBe(1);
  });

  test('takes the new location of the same bytes', async () => {
    const world = await replacedWorld('one');
    expect((await world.run()).problems).toEqual([]);
    expect((await digestsIn(world))['1.0.0']).toBe(computed('one'));
  });

  test('reads a new primary asset of another name too', async () => {
    const world = await replacedWorld('one');
    world.gitea.removeAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip' });
    world.gitea.addAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'aws_prov.tar.gz', content: 'other' });
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
  });
});

describe('digests = "latest"', () => {
  test('finds out that a file which it never read has another length now', async () => {
    const world = await startWorld({ indexer: { digests: 'latest' } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    const before = await world.versions('provider/aws');
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'another length' });
    const report = await world.run();
    expect(report.problems).toMatchObject([
      {
        code: 'mutated',
        detail: expect.stringContaining('now 14 bytes long; when the version was first seen it was 3'),
      },
    ]);
    expect(await world.versions('provider/aws')).toEqual(before);
    expect((await world.run()).published).toMatchObject({ changed: false });
  });
});

describe.each([
  ['digests = "latest"', { digests: 'latest' }],
  ['digests = "sidecar"', { digests: 'sidecar' }],
  ['a budget that is used up', { digestBudgetBytes: 4 }],
] as const)('%s', (_which, indexer) => {
  test('never makes the digest of a second upload the first-seen one of a file that it has not read', async () => {
    const world = await startWorld({ indexer });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'old1' }, '2.0.0': { 'a.zip': 'new1' } });
    await world.run();
    const before = (await world.versions('provider/aws'))[1];
    expect(before).not.toHaveProperty('checksum');
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'evil' });
    for (const mode of ['latest', 'all', 'sidecar'] as const) {
      expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
      expect((await world.versions('provider/aws'))[1]).toEqual(before);
      Object.assign(world.config.indexer, { digests: mode, digestBudgetBytes: 1_000 });
    }
    expect((await world.memory()).versions['provider/aws']?.['1.0.0']).toMatchObject({ digests: {} });
  });
});

describe('digests = "sidecar"', () => {
  test('does not believe a sidecar that was left as it was about a file that was replaced and is not read yet', async () => {
    const world = await startWorld({ indexer: { digests: 'sidecar' } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one', 'a.zip.sha256': sha256Of('one') } });
    await world.run();
    const before = await world.versions('provider/aws');
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'two' });
    world.config.indexer.digestBudgetBytes = 0;
    expect((await world.run()).problems).toEqual([]);
    expect(await world.versions('provider/aws')).toEqual(before);
    world.config.indexer.digestBudgetBytes = 1_000;
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
    expect(await world.versions('provider/aws')).toEqual(before);
  });

  test('trusts what sidecars claim, reads nothing else, and says where the digest is from', async () => {
    const world = await startWorld({ indexer: { digests: 'sidecar' } });
    world.release('aws_prov', {
      '1.0.0': { 'a.zip': 'one', 'a.zip.sha256': sha256Of('one') },
      '1.1.0': { 'a.zip': 'two' },
      '1.2.0': { 'a.zip': 'three', SHA256SUMS: `${sha256Of('unread bytes are not checked')}  a.zip` },
    });
    expect((await world.run()).problems).toEqual([]);
    expect(await digestsIn(world)).toEqual({
      '1.2.0': claimed('unread bytes are not checked'),
      '1.1.0': undefined,
      '1.0.0': claimed('one'),
    });
    expect(world.attachmentRequests()).toBe(2);
  });

  test('finds a wrong claim out when the bytes are read later', async () => {
    const world = await startWorld({ indexer: { digests: 'sidecar' } });
    world.release('aws_prov', {
      '1.0.0': { 'a.zip': 'one', 'a.zip.sha256': sha256Of('one') },
      '1.1.0': { 'a.zip': 'two', 'a.zip.sha256': sha256Of('wrong') },
    });
    await world.run();
    world.config.indexer.digests = 'all';
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['mutated provider/aws@1.1.0']);
    expect(await digestsIn(world)).toEqual({ '1.1.0': claimed('wrong'), '1.0.0': computed('one') });
  });
});

describe('digest_budget_bytes', () => {
  test('spreads the reading over crawls, the newest version of each extension first', async () => {
    const world = await startWorld({ indexer: { digestBudgetBytes: 20, concurrency: 1 } });
    for (const name of ['aws', 'gcp']) {
      world.release(`${name}_prov`, {
        '2.0.0-rc.1': { 'a.zip': '012345678r' },
        '1.1.0': { 'a.zip': '0123456781' },
        '1.0.0': { 'a.zip': '0123456780' },
      });
    }
    const known = async () => {
      const both = await Promise.all(['provider/aws', 'provider/gcp'].map((id) => digestsIn(world, id)));
      return both.map((each) => Object.keys(each).filter((version) => each[version] !== undefined));
    };
    await world.run();
    expect(await known()).toEqual([['1.1.0'], ['1.1.0']]);
    await world.run();
    expect(await known()).toEqual([
      ['2.0.0-rc.1', '1.1.0'],
      ['2.0.0-rc.1', '1.1.0'],
    ]);
    await world.run();
    expect((await known()).map((each) => each.length)).toEqual([3, 3]);
    expect(world.attachmentRequests()).toBe(6);
  });

  test('lists a version that is not read yet without a checksum', async () => {
    const world = await startWorld({ indexer: { digestBudgetBytes: 3 } });
    world.release('aws_prov', { '1.1.0': { 'a.zip': 'new' }, '1.0.0': { 'a.zip': 'old' } });
    await world.run();
    const [newer, older] = await world.versions('provider/aws');
    expect(newer).toMatchObject({ checksum: digestOf('new'), size: 3 });
    expect(older).toMatchObject({ download_url: '/api/v1/extensions/provider/aws/1.0.0', size: 3 });
    expect(older).not.toHaveProperty('checksum');
  });

  test('does not make a sidecar’s claim a digest while the bytes themselves are not read', async () => {
    const world = await startWorld({ indexer: { digestBudgetBytes: 80, concurrency: 1 } });
    world.release('aws_prov', {
      '1.0.0': { SHA256SUMS: `${sha256Of('x'.repeat(20))}  a.zip`, 'a.zip': 'x'.repeat(20) },
    });
    await world.run();
    expect(await digestsIn(world)).toEqual({ '1.0.0': undefined });
    await world.run();
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('x'.repeat(20)) });
  });

  test('is never used up by an asset that cannot be read while others wait', async () => {
    const world = await startWorld({ indexer: { digestBudgetBytes: 20, concurrency: 1 } });
    for (let minor = 0; minor < 6; minor += 1) {
      world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `012345678${minor}` } });
    }
    world.spoil('aws_prov', '1.5.0', { kind: 'truncate', afterBytes: 9 });
    const read: number[] = [];
    for (let run = 0; run < 4; run += 1) read.push((await world.run()).outcomes[0]?.counts.assets_read ?? 0);
    expect(read).toEqual([1, 2, 2, 0]);
    expect(world.gitea.requests.filter((each) => each.path === world.attachmentPath('aws_prov', '1.5.0'))).toHaveLength(
      6,
    );
    expect(Object.keys(await digestsIn(world))).toEqual(['1.4.0', '1.3.0', '1.2.0', '1.1.0', '1.0.0']);
    world.gitea.heal();
    await world.run();
    expect(await digestsIn(world)).toMatchObject({ '1.5.0': computed('0123456785') });
  });

  test('reads first what was replaced', async () => {
    const world = await startWorld({ indexer: { concurrency: 1 } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': '0123456789' } });
    await world.run();
    world.config.indexer.digestBudgetBytes = 10;
    world.release('aws_prov', { '1.1.0': { 'a.zip': 'new version' } });
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'ten bytes!' });
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
  });

  test('never lets an asset wait for ever because it is larger', async () => {
    const world = await startWorld({ indexer: { digestBudgetBytes: 3, concurrency: 1 } });
    world.release('aws_prov', { '1.1.0': { 'a.zip': 'larger than three' }, '1.0.0': { 'a.zip': 'larger, too' } });
    await world.run();
    expect(await digestsIn(world)).toEqual({ '1.1.0': computed('larger than three'), '1.0.0': undefined });
    await world.run();
    expect(await digestsIn(world)).toMatchObject({ '1.0.0': computed('larger, too') });
  });
});
