import { describe, expect, test } from 'vitest';
import { mergeSources, type MergeOptions } from '../../indexer/crawl/merge.ts';
import { createOwnership } from '../../indexer/crawl/owners.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import type { VersionRecord } from '../../indexer/model/memory.ts';
import type { Release } from '../../indexer/model/release.ts';
import { attachmentOf, FIRST_CRAWL, layerOf, memoryOf, releaseOf, THIS_CRAWL } from './releases.ts';

const AWS = 'provider/aws@1.0.0';

interface Merging extends Partial<MergeOptions> {
  records?: Record<string, Partial<VersionRecord>>;
}

/** The preference is the order of the sources. */
function merge(sources: Record<string, Release[]>, { records, ...options }: Merging = {}) {
  return mergeSources(memoryOf(sources, records), {
    preference: Object.keys(sources),
    ownership: createOwnership([]),
    now: THIS_CRAWL,
    ...options,
  });
}

describe('mergeSources', () => {
  test('sorts extensions by type, then name, and versions by semver, the newest first', () => {
    const subjects = [
      'taskserv/b@1.0.0',
      'provider/c@1.9.0',
      'provider/c@1.10.0-rc.1',
      'provider/c@1.10.0',
      'provider/b@1.0.0',
    ];
    const { extensions } = merge({ gitea: subjects.map((each) => releaseOf(each, [attachmentOf('x')])) });
    expect(extensions.map(({ id, versions }) => [id, versions.map((each) => each.version)])).toEqual([
      ['provider/b', ['1.0.0']],
      ['provider/c', ['1.10.0', '1.10.0-rc.1', '1.9.0']],
      ['taskserv/b', ['1.0.0']],
    ]);
  });

  test('carries over what the source says of a version', () => {
    const release = releaseOf(AWS, [{ ...attachmentOf('x'), platform: 'linux/amd64' }], {
      published_at: '2026-01-01T00:00:00Z',
      prerelease: true,
      notes: '# Notes',
      about: { author: 'me' },
    });
    expect(merge({ gitea: [release] }).extensions[0]?.versions).toEqual([
      {
        version: '1.0.0',
        publishedAt: '2026-01-01T00:00:00Z',
        firstSeen: THIS_CRAWL,
        prerelease: true,
        notes: '# Notes',
        sources: ['gitea'],
        about: release.about,
        assets: [
          {
            name: 'plugin.tar.gz',
            size: 1,
            digest: digestOf('x'),
            digestOrigin: 'computed',
            mediaType: 'application/gzip',
            platform: 'linux/amd64',
            primary: true,
            locations: [{ source: 'gitea', attachment: 'uuid-of-x' }],
          },
        ],
      },
    ]);
  });

  test('takes the first crawl for the time of publishing where the source says none', () => {
    const release = releaseOf(AWS, [attachmentOf('x')]);
    const { extensions } = merge({ gitea: [release] }, { records: { [AWS]: {} } });
    expect(extensions[0]?.versions[0]).toMatchObject({ publishedAt: FIRST_CRAWL, firstSeen: FIRST_CRAWL });
  });

  test('keeps versions apart that differ in build metadata only', () => {
    const releases = ['provider/aws@1.0.0+a', 'provider/aws@1.0.0+b', AWS].map((each) =>
      releaseOf(each, [attachmentOf(each)]),
    );
    const { extensions } = merge({ gitea: releases });
    expect(extensions[0]?.versions.map((each) => each.version)).toEqual(['1.0.0+b', '1.0.0+a', '1.0.0']);
  });
});

describe('the same version at two sources', () => {
  test('is one version with two locations where the primary digests agree', () => {
    const { extensions, findings } = merge({
      gitea: [releaseOf(AWS, [attachmentOf('same')], { about: { author: 'of gitea' } })],
      oci: [releaseOf(AWS, [layerOf('same')], { about: { author: 'of oci' } })],
    });
    expect(findings).toEqual([]);
    expect(extensions[0]?.versions).toMatchObject([
      {
        sources: ['gitea', 'oci'],
        about: { author: 'of gitea' },
        assets: [
          {
            locations: [
              { source: 'gitea', attachment: 'uuid-of-same' },
              { source: 'oci', repository: 'acme/plugin', digest: digestOf('same') },
            ],
          },
        ],
      },
    ]);
  });

  test('has a location at each for equal bytes, whatever they are called, and none for others', () => {
    const { extensions } = merge({
      gitea: [
        releaseOf(AWS, [
          attachmentOf('same'),
          attachmentOf('docs', { name: 'docs.zip', primary: false }),
          attachmentOf('sums of gitea', { name: 'SHA256SUMS', primary: false }),
        ]),
      ],
      oci: [
        releaseOf(AWS, [
          layerOf('same', { name: 'aws-1.0.0.tar.gz' }),
          layerOf('docs', { name: 'manual.zip', primary: false }),
          layerOf('sums of oci', { name: 'SHA256SUMS', primary: false }),
          layerOf('only at oci', { name: 'extra.zip', primary: false }),
        ]),
      ],
    });
    const assets = extensions[0]?.versions[0]?.assets;
    expect(assets?.map(({ name, locations }) => [name, locations.map((each) => each.source)])).toEqual([
      ['plugin.tar.gz', ['gitea', 'oci']],
      ['docs.zip', ['gitea', 'oci']],
      ['SHA256SUMS', ['gitea']],
    ]);
  });

  test('has one location for a layer that stands there under two titles', () => {
    const { extensions } = merge({
      gitea: [releaseOf(AWS, [attachmentOf('same')])],
      oci: [
        releaseOf(AWS, [layerOf('same', { name: 'a.tar.gz' }), layerOf('same', { name: 'b.zip', primary: false })]),
      ],
    });
    expect(extensions[0]?.versions[0]?.assets[0]?.locations).toHaveLength(2);
  });

  test('is the more preferred source’s where they disagree, and the other’s is dropped whole', () => {
    const { extensions, findings } = merge({
      oci: [releaseOf(AWS, [layerOf('of oci')])],
      gitea: [releaseOf(AWS, [attachmentOf('of gitea'), attachmentOf('of oci', { name: 'b.zip', primary: false })])],
    });
    expect(extensions[0]?.versions).toMatchObject([{ sources: ['oci'], assets: [{ locations: [{ source: 'oci' }] }] }]);
    expect(findings).toEqual([
      {
        code: 'digest_conflict',
        source: 'gitea',
        subject: AWS,
        detail: `Its primary asset is ${digestOf('of gitea')}; at oci, whose version is listed, it is ${digestOf('of oci')}.`,
      },
    ]);
  });

  test('is the first seen one’s where they disagree, whatever the preference', () => {
    const records = { [AWS]: { checksum: digestOf('first'), digests: { 'a.tar.gz': digestOf('first') } } };
    const { extensions, findings } = merge(
      {
        preferred: [releaseOf(AWS, [attachmentOf('other', { source: 'preferred', name: 'b.tar.gz' })])],
        gitea: [releaseOf(AWS, [attachmentOf('first', { name: 'a.tar.gz' })])],
      },
      { records },
    );
    expect(extensions[0]?.versions).toMatchObject([{ sources: ['gitea'] }]);
    expect(findings).toMatchObject([{ code: 'digest_conflict', source: 'preferred' }]);
  });

  test('waits without a word while one’s bytes are not read', () => {
    const { extensions, findings } = merge({
      gitea: [releaseOf(AWS, [attachmentOf(undefined)])],
      oci: [releaseOf(AWS, [layerOf('of oci')])],
    });
    expect(extensions[0]?.versions).toMatchObject([{ sources: ['gitea'] }]);
    expect(findings).toEqual([]);
  });

  test('of three is that of the two that agree with the preferred one', () => {
    const { extensions, findings } = merge({
      a: [releaseOf(AWS, [attachmentOf('x', { source: 'a' })])],
      b: [releaseOf(AWS, [attachmentOf('y', { source: 'b' })])],
      c: [releaseOf(AWS, [attachmentOf('x', { source: 'c' })])],
    });
    expect(extensions[0]?.versions).toMatchObject([{ sources: ['a', 'c'] }]);
    expect(findings).toMatchObject([{ code: 'digest_conflict', source: 'b' }]);
  });
});

describe('a version whose first bytes no source has any more', () => {
  const records = { [AWS]: { checksum: digestOf('first'), digests: { 'plugin.tar.gz': digestOf('first') } } };

  test('is not listed, and each source is told so', () => {
    const { extensions, findings } = merge(
      {
        gitea: [releaseOf(AWS, [attachmentOf('new')]), releaseOf('provider/aws@1.1.0', [attachmentOf('x')])],
        oci: [releaseOf(AWS, [layerOf('newer')])],
      },
      { records },
    );
    expect(extensions[0]?.versions.map((each) => each.version)).toEqual(['1.1.0']);
    expect(findings.map(({ code, source, subject }) => [code, source, subject])).toEqual([
      ['mutated', 'gitea', AWS],
      ['mutated', 'oci', AWS],
    ]);
  });

  test('takes its extension with it when it was the only one', () => {
    expect(merge({ gitea: [releaseOf(AWS, [attachmentOf('new')])] }, { records }).extensions).toEqual([]);
  });

  test('is no mutation while its bytes are not read', () => {
    const { extensions, findings } = merge({ gitea: [releaseOf(AWS, [attachmentOf(undefined)])] }, { records });
    expect([extensions, findings]).toEqual([[], []]);
  });
});

describe('a name that a source owns', () => {
  test('is closed to the others, which are told once for each name', () => {
    const { extensions, findings } = merge(
      {
        oci: [releaseOf(AWS, [layerOf('x')]), releaseOf('provider/aws@2.0.0', [layerOf('y')])],
        gitea: [releaseOf('taskserv/redis@1.0.0', [attachmentOf('z')])],
      },
      { ownership: createOwnership([{ name: 'gitea', owns: ['provider/*'] }]) },
    );
    expect(extensions.map((each) => each.id)).toEqual(['taskserv/redis']);
    expect(findings).toEqual([
      {
        code: 'foreign_version',
        source: 'oci',
        subject: 'provider/aws',
        detail: '2 version(s) of oci are not listed: another source owns this name.',
      },
    ]);
  });
});
