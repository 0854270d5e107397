import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { StatusDocument } from '../../indexer/model/documents.ts';
import { problemsOf, startWorld } from './world.ts';

const AWS = 'provider/aws';

describe('an asset whose bytes were replaced', () => {
  const first = { 'aws_prov.tar.gz': 'one', 'aws_prov.tar.gz.sha256': digestOf('one').slice(7) };

  test.each([
    ['alone', { 'aws_prov.tar.gz': 'other' }],
    ['with its sidecar', { 'aws_prov.tar.gz': 'other', 'aws_prov.tar.gz.sha256': digestOf('other').slice(7) }],
  ])('(%s) keeps its first digest and location, as a problem, and is read once', async (_how, replaced) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': first });
    await world.run();
    const before = await world.versions(AWS);
    for (const [name, content] of Object.entries(replaced)) {
      world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name, content });
    }
    world.gitea.forget();
    const report = await world.run();
    expect(report.problems).toMatchObject([
      {
        code: 'mutated',
        subject: 'provider/aws@1.0.0',
        detail: expect.stringContaining(
          `now ${digestOf('other')}; when the version was first seen it was ${digestOf('one')}`,
        ),
      },
    ]);
    expect(await world.versions(AWS)).toEqual(before);
    expect(world.attachmentRequests()).toBe(Object.keys(replaced).length);
    expect((await world.run()).published).toMatchObject({ changed: false });
    expect(world.attachmentRequests()).toBe(Object.keys(replaced).length);
  });

  test('tells both digests in the status document, and its extension has the problem too', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': first });
    await world.run();
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'aws_prov.tar.gz', content: 'other' });
    await world.run();
    const { problems } = await world.read<StatusDocument>('status');
    expect(problems).toMatchObject({ total: 1, by_code: { mutated: 1 } });
    for (const each of ['one', 'other']) expect(problems.first[0]?.detail).toContain(digestOf(each));
    expect((await world.extension(AWS)).problems).toEqual(problems.first);
  });

  test('by the same bytes is no problem, and its new location is used', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': first });
    await world.run();
    const same = { tag: '1.0.0', name: 'aws_prov.tar.gz', content: 'one' };
    const { uuid } = world.gitea.replaceAsset('acme', 'aws_prov', same);
    expect((await world.run()).problems).toEqual([]);
    const [entry] = await world.versions(AWS);
    expect(entry?.assets.find((each) => each.primary)?.locations).toEqual([{ source: 'gitea', attachment: uuid }]);
    expect(entry?.checksum).toBe(digestOf('one'));
  });

  test('by a tag that was moved keeps its first digest and location', async () => {
    const world = await startWorld();
    world.push('redis-taskserv', '1.0.0', { 'a.zip': 'one' });
    await world.run();
    const before = await world.versions('taskserv/redis');
    world.push('redis-taskserv', '1.0.0', { 'a.zip': 'other' });
    expect(problemsOf(await world.run())).toEqual(['mutated taskserv/redis@1.0.0']);
    expect(await world.versions('taskserv/redis')).toEqual(before);
  });

  test('and then put back is no problem any more', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'other' });
    await world.run();
    const { uuid } = world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.zip', content: 'one' });
    expect((await world.run()).problems).toEqual([]);
    expect(await world.versions(AWS)).toMatchObject([{ assets: [{ locations: [{ attachment: uuid }] }] }]);
  });
});

describe('an asset that is deleted from a listed version', () => {
  const FILES = { 'a.tar.gz': 'one', 'README.md': 'read me', 'NEWS.md': 'news' };

  test('is no longer listed, and keeps other bytes out when it comes back', async () => {
    const name = 'README.md';
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': FILES });
    await world.run();
    world.gitea.removeAsset('acme', 'aws_prov', { tag: '1.0.0', name });
    await world.run();
    const before = await world.versions(AWS);
    expect(before[0]?.assets.map((each) => each.name)).not.toContain(name);
    world.gitea.addAsset('acme', 'aws_prov', { tag: '1.0.0', name, content: 'other' });
    expect(problemsOf(await world.run())).toContain('mutated provider/aws@1.0.0');
    expect(await world.versions(AWS)).toEqual(before);
  });

  test('and is its primary one stays what a bare download gives, and is told; other bytes never take its place', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': FILES });
    await world.run();
    const before = await world.versions(AWS);
    const expectMutated = async () => {
      expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
      expect(await world.versions(AWS)).toEqual(before);
      expect((await world.memory()).versions[AWS]?.['1.0.0']).toMatchObject({ checksum: digestOf('one') });
    };
    const asset = { tag: '1.0.0', name: 'a.tar.gz' };
    world.gitea.removeAsset('acme', 'aws_prov', asset);
    await expectMutated();
    world.gitea.addAsset('acme', 'aws_prov', { ...asset, content: 'other' });
    await expectMutated();
    const { uuid } = world.gitea.replaceAsset('acme', 'aws_prov', { ...asset, content: 'one' });
    expect((await world.run()).problems).toEqual([]);
    expect((await world.versions(AWS))[0]).toMatchObject({
      checksum: digestOf('one'),
      assets: [{}, {}, { name: 'a.tar.gz', primary: true, locations: [{ attachment: uuid }] }],
    });
  });

  test('and is its primary one is had from the other source that has the same', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': FILES });
    world.push('aws-provider', '1.0.0', { 'a.tar.gz': 'one' });
    await world.run();
    world.gitea.removeAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'a.tar.gz' });
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
    expect((await world.versions(AWS))[0]).toMatchObject({ checksum: digestOf('one'), sources: ['gitea', 'oci'] });
  });
});

describe('an asset that is added to a listed version', () => {
  test('is listed, and never takes the place of the primary one', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'aws-linux.tar.gz': 'linux' } });
    await world.run();
    for (const name of ['aws-darwin.tar.gz', 'aws_prov.tar.gz']) {
      world.gitea.addAsset('acme', 'aws_prov', { tag: '1.0.0', name, content: name });
      await world.run();
    }
    const [entry] = await world.versions(AWS);
    expect(entry?.checksum).toBe(digestOf('linux'));
    expect(entry?.assets.map(({ name, primary }) => [name, primary])).toEqual([
      ['aws-darwin.tar.gz', undefined],
      ['aws-linux.tar.gz', true],
      ['aws_prov.tar.gz', undefined],
    ]);
  });
});
