import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { renderExtension, renderItem, renderNotes, renderVersion, shownVersion } from '../../indexer/site/items.ts';
import { catalogueExtension, catalogueVersion, FIRST_CRAWL } from '../crawl/releases.ts';

const yanked = (version: string) => catalogueVersion(version, { yanked: 'It deletes volumes.' });

const problem: Problem = {
  code: 'no_asset',
  source: 'gitea',
  subject: 'provider/aws@0.9.0',
  detail: 'It has none.',
  remedy: 'Attach one.',
  first_seen: FIRST_CRAWL,
};

/** Every optional field is there. */
const full = catalogueVersion('1.4.0-rc.1+build.5', {
  deprecated: { message: 'Use another.', replacement: 'provider/aws2' },
  yanked: 'It deletes volumes.',
  notes: '# Notes',
  sources: ['oci', 'gitea'],
  about: {
    description: 'AWS',
    author: 'me',
    repository: 'https://git.example.org/aws_prov',
    tags: ['cloud'],
    license: 'MIT',
    homepage: 'https://aws.example.org/',
    title: 'Amazon Web Services',
    archived: true,
  },
});

const { primary: _primary, ...notPrimary } = full.assets[0]!;
const { digest: _digest, digestOrigin: _digestOrigin, ...unread } = full.assets[0]!;

describe('shownVersion', () => {
  test.each([
    ['the highest stable one', ['2.0.0', '1.9.0'], '2.0.0'],
    ['a stable one before a newer prerelease', ['2.0.0-rc.1', '1.0.0'], '1.0.0'],
    ['the highest prerelease where there is no stable one', ['2.0.0-rc.2', '2.0.0-rc.1'], '2.0.0-rc.2'],
    ['the next one where the highest is yanked', [yanked('2.0.0'), '1.0.0'], '1.0.0'],
    ['a prerelease where every stable one is yanked', ['2.0.0-rc.1', yanked('1.0.0')], '2.0.0-rc.1'],
    ['the highest where all are yanked', [yanked('2.0.0'), yanked('1.0.0')], '2.0.0'],
  ])('is %s', (_rule, versions, expected) => {
    expect(shownVersion(catalogueExtension('provider/aws', versions).versions).version).toBe(expected);
  });

  test('is never the newest by date', () => {
    const backport = catalogueVersion('1.9.1', { publishedAt: '2026-05-31T00:00:00Z' });
    const current = catalogueVersion('2.0.0', { publishedAt: '2026-01-01T00:00:00Z' });
    expect(shownVersion([current, backport])).toBe(current);
  });

  test('is no prerelease that its publisher marked so', () => {
    const marked = catalogueVersion('2.0.0', { prerelease: true });
    expect(shownVersion([marked, catalogueVersion('1.0.0')]).version).toBe('1.0.0');
  });
});

describe('renderItem', () => {
  test('has its fields in the order of the contract', () => {
    const item = renderItem(catalogueExtension('provider/aws', [full], [problem]), {});
    expect(Object.keys(item)).toEqual([
      'name',
      'type',
      'version',
      'description',
      'author',
      'repository',
      'source',
      'published_at',
      'download_url',
      'checksum',
      'size',
      'tags',
      'sources',
      'prerelease',
      'yanked',
      'deprecated',
      'license',
      'homepage',
      'version_count',
      'first_seen',
      'problems',
    ]);
    expect(item).toMatchObject({
      name: 'aws',
      type: 'provider',
      version: '1.4.0-rc.1+build.5',
      source: 'oci',
      sources: ['oci', 'gitea'],
      prerelease: true,
      yanked: true,
      tags: ['cloud'],
      checksum: digestOf('bytes of 1.4.0-rc.1+build.5'),
      size: 7,
      version_count: 1,
      problems: [problem],
    });
  });

  test('leaves out what is empty, unknown or false', () => {
    expect(renderItem(catalogueExtension('provider/aws', ['1.0.0']), {})).toEqual({
      name: 'aws',
      type: 'provider',
      version: '1.0.0',
      description: '',
      author: '',
      repository: 'https://git.example.org/x',
      source: 'gitea',
      published_at: FIRST_CRAWL,
      download_url: '/api/v1/extensions/provider/aws/1.0.0',
      checksum: digestOf('bytes of 1.0.0'),
      size: 7,
      sources: ['gitea'],
      version_count: 1,
      first_seen: FIRST_CRAWL,
    });
  });

  test('has a download URL without a checksum while the digest is not known', () => {
    const item = renderItem(catalogueExtension('provider/aws', [catalogueVersion('1.0.0', { assets: [unread] })]), {});
    expect(item).toMatchObject({ download_url: '/api/v1/extensions/provider/aws/1.0.0', size: 7 });
    expect(item).not.toHaveProperty('checksum');
  });

  test('has neither download URL nor checksum nor size without a primary asset', () => {
    const item = renderItem(
      catalogueExtension('provider/aws', [catalogueVersion('1.0.0', { assets: [notPrimary] })]),
      {},
    );
    for (const field of ['download_url', 'checksum', 'size']) expect(item).not.toHaveProperty(field);
  });

  test('writes a download URL that means the same to every server', () => {
    const extension = catalogueExtension('provider/aws', [full]);
    expect(renderItem(extension, {}).download_url).toBe('/api/v1/extensions/provider/aws/1.4.0-rc.1%2Bbuild.5');
    expect(renderItem(extension, { publicUrl: 'https://ext.example.org/registry' }).download_url).toBe(
      'https://ext.example.org/registry/api/v1/extensions/provider/aws/1.4.0-rc.1%2Bbuild.5',
    );
  });

  test('names every source that has any version, those of the newest first', () => {
    const versions = [
      catalogueVersion('2.0.0', { sources: ['oci'] }),
      catalogueVersion('1.0.0', { sources: ['gitea', 'oci'] }),
    ];
    expect(renderItem(catalogueExtension('provider/aws', versions), {})).toMatchObject({
      source: 'oci',
      sources: ['oci', 'gitea'],
    });
  });

  test('was first seen when its first version was', () => {
    const versions = [
      catalogueVersion('2.0.0', { firstSeen: '2026-02-01T00:00:00Z' }),
      catalogueVersion('1.0.0', { firstSeen: '2026-01-01T00:00:00Z' }),
    ];
    expect(renderItem(catalogueExtension('provider/aws', versions), {}).first_seen).toBe('2026-01-01T00:00:00Z');
  });
});

describe('renderExtension', () => {
  test('is the item, then what else is known', () => {
    const extension = catalogueExtension('provider/aws', [full], [problem]);
    const document = renderExtension(extension, {});
    const item = renderItem(extension, {});
    expect(Object.keys(document)).toEqual([...Object.keys(item), 'title', 'archived', 'assets', 'versions']);
    expect(document).toMatchObject({ ...item, title: 'Amazon Web Services', archived: true });
  });

  test.each([
    ['a newer prerelease', ['2.0.0-rc.2', '2.0.0-rc.1', '1.0.0'], '2.0.0-rc.2'],
    ['no older one', ['2.0.0', '2.0.0-rc.1'], undefined],
    ['no yanked one', [yanked('2.0.0-rc.1'), '1.0.0'], undefined],
    ['not the shown one itself', ['2.0.0-rc.2', '2.0.0-rc.1'], undefined],
  ])('names %s', (_rule, versions, expected) => {
    expect(renderExtension(catalogueExtension('provider/aws', versions), {}).latest_prerelease).toBe(expected);
  });

  test('lists all versions and the assets of the shown one', () => {
    const document = renderExtension(catalogueExtension('provider/aws', ['2.0.0-rc.1', '1.10.0', '1.9.0']), {});
    expect(document.versions).toEqual(['2.0.0-rc.1', '1.10.0', '1.9.0']);
    expect(document.assets).toMatchObject([{ locations: [{ attachment: 'uuid-of-1.10.0' }] }]);
  });
});

describe('renderVersion', () => {
  const { id } = catalogueExtension('provider/aws', ['1.0.0']);

  test('has its fields in the order of the contract', () => {
    const entry = renderVersion(id, full, {});
    expect(Object.keys(entry)).toEqual([
      'version',
      'published_at',
      'first_seen',
      'size',
      'checksum',
      'download_url',
      'prerelease',
      'yanked',
      'deprecated',
      'sources',
      'assets',
    ]);
    expect(entry.yanked).toEqual({ reason: 'It deletes volumes.' });
  });

  test('has each asset with its own download URL and every location, and no URL of a backend', () => {
    const assets = [
      {
        name: 'aws ä+1.tar.gz',
        size: 3,
        digest: digestOf('x'),
        digestOrigin: 'sidecar' as const,
        mediaType: 'application/gzip',
        platform: 'linux/arm64/v8',
        primary: true as const,
        locations: [
          { source: 'gitea', attachment: 'uuid' },
          { source: 'oci', repository: 'acme/aws', digest: digestOf('x') },
        ],
      },
      { name: 'docs.zip', size: 0, mediaType: 'application/zip', locations: [{ source: 'gitea', attachment: 'b' }] },
    ];
    const entry = renderVersion(id, catalogueVersion('1.0.0+b', { assets }), {});
    expect(entry.assets).toEqual([
      {
        name: 'aws ä+1.tar.gz',
        size: 3,
        digest: digestOf('x'),
        digest_origin: 'sidecar',
        media_type: 'application/gzip',
        platform: 'linux/arm64/v8',
        primary: true,
        download_url: '/api/v1/extensions/provider/aws/1.0.0%2Bb/aws%20%C3%A4%2B1.tar.gz',
        locations: assets[0]!.locations,
      },
      {
        name: 'docs.zip',
        size: 0,
        media_type: 'application/zip',
        download_url: '/api/v1/extensions/provider/aws/1.0.0%2Bb/docs.zip',
        locations: [{ source: 'gitea', attachment: 'b' }],
      },
    ]);
  });
});

describe('renderNotes', () => {
  test('has the last twenty versions that have any, by semver', () => {
    const versions = Array.from({ length: 30 }, (_, minor) =>
      catalogueVersion(`1.${minor}.0`, minor % 10 === 9 ? {} : { notes: `Notes ${minor}` }),
    ).toReversed();
    const notes = renderNotes(versions);
    expect(notes).toHaveLength(20);
    expect(notes.map((each) => each.version).slice(0, 2)).toEqual(['1.28.0', '1.27.0']);
    expect(notes.at(-1)).toEqual({ version: '1.7.0', published_at: FIRST_CRAWL, notes: 'Notes 7' });
  });

  test('is empty where no version has any', () => {
    expect(renderNotes([catalogueVersion('1.0.0')])).toEqual([]);
  });
});
