import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import { computed, digestsIn, sha256Of } from './digests-in.ts';
import { problemsOf, startWorld } from './world.ts';

describe('an attachment', () => {
  test('is read once, and its digest is known in every later crawl', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'one' }, '1.1.0': { 'a.tar.gz': 'two' } });
    await world.run();
    expect(world.attachmentRequests()).toBe(2);
    world.gitea.forget();
    world.release('aws_prov', { '1.2.0': { 'a.tar.gz': 'three' } });
    const { outcomes } = await world.run();
    expect(outcomes[0]?.counts).toMatchObject({ assets_read: 1, bytes_read: 5 });
    expect(world.attachmentRequests()).toBe(1);
    expect(await digestsIn(world)).toEqual({
      '1.2.0': computed('three'),
      '1.1.0': computed('two'),
      '1.0.0': computed('one'),
    });
  });

  test('of no bytes has the digest of no bytes', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': '' } });
    await world.run();
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('') });
  });

  test.each([
    ['breaks off', { kind: 'truncate', afterBytes: 2 }],
    ['is refused', { kind: 'status', status: 403 }],
    ['is not there', { kind: 'status', status: 404 }],
    ['is a login page', { kind: 'garbage' }],
    ['is longer than listed', { kind: 'endless' }],
    ['does not answer', { kind: 'reset' }],
  ] as const)('that %s keeps its version out as a problem, stops no other, and is tried again', async (_how, fault) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'good' }, '1.1.0': { 'a.tar.gz': 'bad bytes' } });
    world.release('gcp_prov', { '1.0.0': { 'a.tar.gz': 'gcp' } });
    world.spoil('aws_prov', '1.1.0', fault);
    const report = await world.run();
    expect(report.outcomes[0]?.failure).toBeUndefined();
    expect(problemsOf(report)).toEqual(['read_failed provider/aws@1.1.0']);
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('good') });
    expect(await digestsIn(world, 'provider/gcp')).toEqual({ '1.0.0': computed('gcp') });
    world.gitea.heal();
    world.gitea.forget();
    expect((await world.run()).problems).toEqual([]);
    expect(world.attachmentRequests()).toBe(1);
    expect(await digestsIn(world)).toEqual({ '1.1.0': computed('bad bytes'), '1.0.0': computed('good') });
  });

  test.each([
    ['breaks off', { kind: 'truncate', afterBytes: 2 }],
    ['does not answer', { kind: 'reset' }],
    ['is overloaded', { kind: 'status', status: 503 }],
  ] as const)('that %s at first is read anew in the same crawl', async (_how, fault) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'good' } });
    world.gitea.misbehave({ match: /\/attachments\//, times: 2, fault });
    const report = await world.run();
    expect(report.problems).toEqual([]);
    expect(report.outcomes[0]?.counts.retries).toBe(2);
    expect(world.attachmentRequests()).toBe(3);
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('good') });
  });

  test('that is added to a listed version and cannot be read leaves the version as it was', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'good' } });
    await world.run();
    const { uuid } = world.gitea.addAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'README.md', content: 'docs' });
    world.gitea.misbehave({ match: (each) => each.path.endsWith(uuid), fault: { kind: 'status', status: 404 } });
    expect(problemsOf(await world.run())).toEqual(['read_failed provider/aws@1.0.0']);
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.name)).toEqual(['a.tar.gz']);
    world.gitea.heal();
    expect((await world.run()).problems).toEqual([]);
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.name)).toEqual([
      'README.md',
      'a.tar.gz',
    ]);
  });
});

describe('attachments that fail one after another', () => {
  test('make the source fail, and what was read before is not read again', async () => {
    const world = await startWorld({ indexer: { concurrency: 1 } });
    for (let minor = 0; minor < 9; minor += 1) world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
    const first = new Set(['1.8.0', '1.7.0'].map((tag) => world.attachmentPath('aws_prov', tag)));
    world.gitea.misbehave({
      match: (each) => each.path.startsWith('/attachments/') && !first.has(each.path),
      fault: { kind: 'reset' },
    });
    const { outcomes } = await world.run();
    expect(outcomes[0]?.failure).toMatchObject({ code: 'source_failed', message: expect.stringContaining('5 assets') });
    expect(outcomes[0]?.counts.assets_read).toBe(2);
    // Three tries of each of five assets, and none after them.
    expect(world.attachmentRequests()).toBe(2 + 15);
    expect(await world.items()).toEqual([]);
    world.gitea.heal();
    world.gitea.forget();
    await world.run();
    expect(world.attachmentRequests()).toBe(7);
    expect(await world.items()).toMatchObject([{ version: '1.8.0', version_count: 9 }]);
  });
});

describe('attachments that fail again and again', () => {
  test('do not make their source fail for ever: what could not be read before says nothing of the backend', async () => {
    const world = await startWorld({ indexer: { concurrency: 1 } });
    for (let minor = 0; minor < 9; minor += 1) world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
    const good = world.attachmentPath('aws_prov', '1.0.0');
    world.gitea.misbehave({
      match: (each) => each.path.startsWith('/attachments/') && each.path !== good,
      fault: { kind: 'reset' },
    });
    const first = await world.run();
    expect(first.outcomes[0]?.failure).toMatchObject({ code: 'source_failed' });
    expect(first.problems.map((each) => each.code)).toEqual(Array.from({ length: 5 }, () => 'read_failed'));
    const second = await world.run();
    expect(second.outcomes[0]?.failure).toBeUndefined();
    expect(second.problems).toHaveLength(8);
    expect(await world.items()).toMatchObject([{ version: '1.0.0', version_count: 1 }]);
    world.gitea.heal();
    expect((await world.run()).problems).toEqual([]);
    expect(await world.items()).toMatchObject([{ version: '1.8.0', version_count: 9 }]);
  });
});

describe('attachments that fail with one between that does not', () => {
  test('are each a problem of their version', async () => {
    const world = await startWorld({ indexer: { concurrency: 1 } });
    for (let minor = 0; minor < 9; minor += 1) world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
    const good = world.attachmentPath('aws_prov', '1.4.0');
    world.gitea.misbehave({
      match: (each) => each.path.startsWith('/attachments/') && each.path !== good,
      fault: { kind: 'reset' },
    });
    const report = await world.run();
    expect(report.outcomes[0]?.failure).toBeUndefined();
    expect(report.problems).toHaveLength(8);
    expect(await world.items()).toMatchObject([{ version: '1.4.0', version_count: 1 }]);
  });
});

describe('a sidecar', () => {
  const sums = (contents: Record<string, string>) =>
    Object.entries(contents)
      .map(([name, content]) => `${sha256Of(content)}  dist/${name}\n`)
      .join('');

  test.each([
    ['<asset>.sha256', { 'a.tar.gz': 'bytes', 'a.tar.gz.sha256': sha256Of('bytes') }],
    ['SHA256SUMS', { 'a.tar.gz': 'bytes', SHA256SUMS: sums({ 'a.tar.gz': 'bytes', 'not here': 'x' }) }],
  ])('%s that agrees is an asset like any other', async (_form, assets) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': assets });
    expect((await world.run()).problems).toEqual([]);
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('bytes') });
    expect((await world.versions('provider/aws'))[0]?.assets).toHaveLength(2);
  });

  test.each([
    ['<asset>.sha256', { 'a.tar.gz': 'bytes', 'a.tar.gz.sha256': sha256Of('others') }],
    ['SHA256SUMS', { 'a.tar.gz': 'bytes', SHA256SUMS: sums({ 'a.tar.gz': 'others' }) }],
  ])('%s that disagrees keeps its version out, and is not read again', async (_form, assets) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'x' }, '1.1.0': assets });
    const report = await world.run();
    expect(report.problems).toMatchObject([
      { code: 'sidecar_mismatch', subject: 'provider/aws@1.1.0', detail: expect.stringContaining(digestOf('others')) },
    ]);
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('x') });
    world.gitea.forget();
    expect((await world.run()).published).toMatchObject({ changed: false });
    expect(world.attachmentRequests()).toBe(0);
  });

  test('lets its version in once it is uploaded right', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'bytes', 'a.tar.gz.sha256': sha256Of('others') } });
    await world.run();
    const right = { tag: '1.0.0', name: 'a.tar.gz.sha256', content: sha256Of('bytes') };
    world.gitea.replaceAsset('acme', 'aws_prov', right);
    expect((await world.run()).problems).toEqual([]);
    expect(await digestsIn(world)).toEqual({ '1.0.0': computed('bytes') });
  });

  test('that is added wrong to a listed version is a problem, and leaves the version as it was', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.tar.gz': 'bytes' } });
    await world.run();
    const wrong = { tag: '1.0.0', name: 'a.tar.gz.sha256', content: sha256Of('others') };
    world.gitea.addAsset('acme', 'aws_prov', wrong);
    expect(problemsOf(await world.run())).toEqual(['sidecar_mismatch provider/aws@1.0.0']);
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.name)).toEqual(['a.tar.gz']);
    world.gitea.replaceAsset('acme', 'aws_prov', { ...wrong, content: sha256Of('bytes') });
    expect((await world.run()).problems).toEqual([]);
    expect((await world.versions('provider/aws'))[0]?.assets).toHaveLength(2);
  });

  test('cannot claim anything about the properties of every object', async () => {
    const world = await startWorld();
    const names = { 'a.tar.gz': 'bytes', __proto__x: 'x', constructor: 'y' };
    world.release('aws_prov', { '1.0.0': { ...names, SHA256SUMS: `${sha256Of('z')}  __proto__\n${sums(names)}` } });
    expect((await world.run()).problems).toEqual([]);
    expect((await world.run()).published).toMatchObject({ changed: false });
    expect((await world.versions('provider/aws'))[0]?.assets).toHaveLength(4);
  });
});
