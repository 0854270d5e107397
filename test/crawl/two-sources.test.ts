import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import { problemsOf, startWorld, type WorldOptions } from './world.ts';

/** `provider/aws@1.0.0` at both sources, with these bytes. */
async function worldOfBoth(atGitea: string, atOci: string, options: WorldOptions = {}) {
  const world = await startWorld(options);
  world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': atGitea } });
  world.push('aws-provider', '1.0.0', { 'aws-1.0.0.tar.gz': atOci });
  return world;
}

describe('the same version at Gitea and in an OCI registry', () => {
  test('is one version with two locations where the bytes agree', async () => {
    const world = await worldOfBoth('same', 'same');
    expect((await world.run()).problems).toEqual([]);
    const [release] = world.gitea.requests.filter((each) => each.path.startsWith('/attachments/'));
    expect(await world.versions('provider/aws')).toMatchObject([
      {
        sources: ['gitea', 'oci'],
        checksum: digestOf('same'),
        assets: [
          {
            name: 'aws_prov.tar.gz',
            locations: [
              { source: 'gitea', attachment: release?.path.slice('/attachments/'.length) },
              { source: 'oci', repository: 'acme/aws-provider', digest: digestOf('same') },
            ],
          },
        ],
      },
    ]);
    expect(await world.items()).toMatchObject([{ source: 'gitea', sources: ['gitea', 'oci'], version_count: 1 }]);
    for (const source of ['gitea', 'oci']) expect(await world.read(`by-source/${source}`)).toHaveLength(1);
  });

  test('keeps versions of one extension together that only one source has', async () => {
    const world = await worldOfBoth('same', 'same');
    world.push('aws-provider', '2.0.0', { 'a.zip': 'two' });
    world.release('aws_prov', { '1.5.0': { 'a.zip': 'one and a half' } });
    await world.run();
    expect((await world.versions('provider/aws')).map(({ version, sources }) => [version, sources])).toEqual([
      ['2.0.0', ['oci']],
      ['1.5.0', ['gitea']],
      ['1.0.0', ['gitea', 'oci']],
    ]);
    expect(await world.items()).toMatchObject([{ source: 'oci', sources: ['oci', 'gitea'] }]);
  });

  test.each([
    { order: ['gitea', 'oci'], stands: 'at gitea', conflict: 'oci' },
    { order: ['oci', 'gitea'], stands: 'at oci', conflict: 'gitea' },
  ] as const)(
    'is that of $order.0 where they disagree, the more preferred one',
    async ({ order, stands, conflict }) => {
      const world = await worldOfBoth('at gitea', 'at oci', { order });
      const report = await world.run();
      expect(report.problems).toMatchObject([
        { code: 'digest_conflict', source: conflict, subject: 'provider/aws@1.0.0' },
      ]);
      expect(await world.versions('provider/aws')).toMatchObject([{ sources: [order[0]], checksum: digestOf(stands) }]);
      expect((await world.items())[0]?.problems).toHaveLength(1);
    },
  );

  test('is the one that was seen first where a more preferred source brings other bytes later', async () => {
    const world = await startWorld();
    world.push('aws-provider', '1.0.0', { 'aws-1.0.0.tar.gz': 'first' });
    await world.run();
    world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': 'later' } });
    const report = await world.run();
    expect(report.problems).toMatchObject([{ code: 'digest_conflict', source: 'gitea' }]);
    expect(await world.versions('provider/aws')).toMatchObject([{ sources: ['oci'], checksum: digestOf('first') }]);
  });

  test('is not that of the other source once the one that was first seen is gone', async () => {
    const world = await worldOfBoth('at gitea', 'at oci');
    world.push('aws-provider', '1.1.0', { 'a.zip': 'x' });
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.0.0');
    const report = await world.run();
    expect(report.problems).toMatchObject([{ code: 'mutated', source: 'oci', subject: 'provider/aws@1.0.0' }]);
    expect((await world.versions('provider/aws')).map((each) => each.version)).toEqual(['1.1.0']);
  });

  test('keeps its digest and loses a location when one source removes it', async () => {
    const world = await worldOfBoth('same', 'same');
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.0.0');
    expect((await world.run()).problems).toEqual([]);
    expect(await world.versions('provider/aws')).toMatchObject([
      { sources: ['oci'], checksum: digestOf('same'), first_seen: '2026-06-01T13:00:00Z' },
    ]);
  });
});

describe('[[source]] owns', () => {
  test('bars the other source from the names, existing and new', async () => {
    const world = await worldOfBoth('same', 'same', { giteaSource: { owns: ['provider/*'] } });
    world.push('aws-provider', '9.9.9', { 'a.zip': 'planted' });
    world.push('gcp-provider', '1.0.0', { 'a.zip': 'planted' });
    world.push('redis-taskserv', '1.0.0', { 'a.zip': 'free' });
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['foreign_version provider/aws', 'foreign_version provider/gcp']);
    expect((await world.items()).map((each) => [each.name, each.version, each.sources])).toEqual([
      ['aws', '1.0.0', ['gitea']],
      ['redis', '1.0.0', ['oci']],
    ]);
    expect((await world.items())[0]?.problems).toMatchObject([{ code: 'foreign_version', source: 'oci' }]);
  });
});
