import { describe, expect, test } from 'vitest';
import type { Wish } from '../../../cli/registry/registry.ts';
import { resolveWish } from '../../../cli/registry/resolve.ts';
import { findUpdate } from '../../../cli/registry/updates.ts';
import { digestOf } from '../../../indexer/model/digest.ts';
import type { VersionEntry } from '../../../indexer/model/documents.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { entryOf, idOf } from './registries.ts';

const id = idOf('provider/aws');
const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-10T00:00:00Z');

/** `1.0.0 yanked`, `1.0.0 marked`, `1.0.0 seen 2026-06-09`; newest first, as a site has them. */
function entries(...texts: string[]): VersionEntry[] {
  return texts.map((text) => {
    const [version = '', what, when = ''] = text.split(' ');
    return entryOf(version, {
      ...(what === 'yanked' && { yanked: { reason: 'it deletes volumes' } }),
      ...(what === 'marked' && { prerelease: true }),
      ...(what === 'seen' && { first_seen: `${when}T00:00:00Z` }),
    });
  });
}

const ALL = entries(
  '2.1.0-rc.2',
  '2.1.0-rc.1',
  '2.0.0 yanked',
  '1.4.1 marked',
  '1.4.0',
  '1.3.0',
  '1.0.0+build.5',
  '0.9.0',
);

function resolve(list: VersionEntry[], range: string, wish: Partial<Wish> = {}) {
  return resolveWish(list, { id, range, ...wish }, NOW);
}

describe('resolveWish', () => {
  test.each<[range: string, chosen: string, wish?: Partial<Wish>]>([
    ['latest', '1.4.0'],
    ['latest', '2.1.0-rc.2', { prereleases: true }],
    ['*', '1.4.0'],
    ['^1', '1.4.0'],
    ['1.x', '1.4.0'],
    ['^1', '1.4.1', { prereleases: true }],
    ['~1.3', '1.3.0'],
    ['<1.3', '1.0.0+build.5'],
    ['>=1.3 <1.4', '1.3.0'],
    ['1.3.0', '1.3.0'],
    ['v1.3.0', '1.3.0'],
    ['1.4.1', '1.4.1'],
    ['2.1.0-rc.1', '2.1.0-rc.1'],
    ['^2.1.0-rc.1', '2.1.0-rc.2'],
    ['1.0.0+build.5', '1.0.0+build.5'],
    ['>1.4', '2.1.0-rc.2', { prereleases: true }],
  ])('takes %s as %s', (range, chosen, wish) => {
    expect(resolve(ALL, range, wish)).toEqual({ entry: expect.objectContaining({ version: chosen }), warnings: [] });
  });

  test.each<[range: string, code: string, message: string]>([
    ['2.0.0', 'refused', 'provider/aws 2.0.0 is yanked: it deletes volumes. Choose another version.'],
    [
      '3.0.0',
      'not_found',
      'provider/aws has no version 3.0.0; the newest are 2.1.0-rc.2, 2.1.0-rc.1, 1.4.1, 1.4.0, 1.3.0.',
    ],
    ['1.0.0', 'not_found', 'provider/aws has no version 1.0.0; the newest are 1.0.0+build.5.'],
    [
      '^2',
      'not_found',
      'provider/aws has no version that ^2 admits but prereleases; name 2.1.0-rc.2, or ask for prereleases.',
    ],
    [
      '^5',
      'not_found',
      'provider/aws has no version that ^5 admits; the newest are 2.1.0-rc.2, 2.1.0-rc.1, 1.4.1, 1.4.0, 1.3.0.',
    ],
    ['newest', 'invalid_version', '"newest" is neither a version nor a range; use 1.4.0, latest, ^1.2, 1.x or 1.'],
  ])('answers %s with %s', (range, code, message) => {
    expect(() => resolve(ALL, range)).toThrow(expect.objectContaining({ code, message }));
  });

  test('chooses no prerelease as the latest where there is nothing else', () => {
    expect(() => resolve(entries('1.0.0-rc.1'), 'latest')).toThrow(
      'provider/aws has no version to choose but prereleases; name 1.0.0-rc.1, or ask for prereleases.',
    );
  });

  test('says that all are yanked', () => {
    expect(() => resolve(entries('1.0.0 yanked'), 'latest')).toThrow('no version to choose: all of them are yanked.');
  });

  test('leaves out what is no version', () => {
    const odd = { ...entryOf('1.0.0'), version: 'newest' as never };
    expect(resolve([odd, entryOf('0.1.0')], 'latest').entry.version).toBe('0.1.0');
  });

  describe('with a minimum age', () => {
    const young = entries('1.2.0 seen 2026-06-09', '1.1.0 seen 2026-06-08', '1.0.0 seen 2026-01-01');
    const minAgeMs = 3 * DAY_MS;

    test('chooses the newest that is old enough, and says from when on the newer one is allowed', () => {
      const { entry, warnings } = resolve(young, 'latest', { minAgeMs });
      expect(entry.version).toBe('1.0.0');
      expect(warnings).toEqual([
        'provider/aws 1.2.0 is newer, but was first seen 2026-06-09T00:00:00Z, too recently for the minimum age; it is allowed from 2026-06-12T00:00:00Z on.',
      ]);
    });

    test('refuses an exact version, with the date from which it is allowed', () => {
      expect(() => resolve(young, '1.2.0', { minAgeMs })).toThrow(
        expect.objectContaining({
          code: 'refused',
          message: expect.stringContaining('it is allowed from 2026-06-12T00:00:00Z on.'),
        }),
      );
    });

    test('refuses a range of which everything is too young', () => {
      expect(() => resolve(young, '^1.1', { minAgeMs })).toThrow(
        expect.objectContaining({
          code: 'refused',
          message: expect.stringContaining('provider/aws 1.2.0 was first seen'),
        }),
      );
    });

    test('allows it from that instant on', () => {
      expect(resolve(young, '1.2.0', { minAgeMs: DAY_MS }).entry.version).toBe('1.2.0');
      expect(() => resolve(young, '1.2.0', { minAgeMs: DAY_MS + 1 })).toThrow('too recently');
    });

    test('takes what does not say when it was seen for too young', () => {
      const silent = [entryOf('1.0.0', { first_seen: 'yesterday' })];
      expect(() => resolve(silent, 'latest', { minAgeMs })).toThrow('does not say when it was first seen');
      expect(resolve(silent, 'latest').entry.version).toBe('1.0.0');
    });
  });

  describe('with a locked version', () => {
    const locked = (version: string) => ({ locked: { version: parseVersion(version) } });

    test('takes it also when it is yanked, too young, or not what the range admits', () => {
      expect(resolve(ALL, '^1', { ...locked('2.0.0'), minAgeMs: 1e12 })).toEqual({
        entry: expect.objectContaining({ version: '2.0.0' }),
        warnings: ['provider/aws 2.0.0 is yanked (it deletes volumes), but locked.'],
      });
    });

    test('is not found where the site has it no more', () => {
      expect(() => resolve(ALL, '^1', locked('7.0.0'))).toThrow(
        'The site has no provider/aws 7.0.0 any more, which is locked; upgrade it to one that there is.',
      );
    });

    test('is refused where the site names other bytes', () => {
      const list = [entryOf('1.0.0', { checksum: digestOf('theirs') })];
      const wish = { locked: { version: parseVersion('1.0.0'), digest: digestOf('ours') } };
      expect(() => resolve(list, '^1', wish)).toThrow(expect.objectContaining({ code: 'digest_mismatch' }));
      expect(resolve([entryOf('1.0.0', { checksum: digestOf('ours') })], '^1', wish).entry.version).toBe('1.0.0');
    });
  });

  test('warns of what is deprecated, with its replacement and without the control characters of its words', () => {
    const list = [
      entryOf('1.0.0', { deprecated: { message: 'No longer\u001b[2J kept.', replacement: 'provider/amazon' } }),
    ];
    expect(resolve(list, 'latest').warnings).toEqual([
      'provider/aws 1.0.0 is deprecated: No longer[2J kept. Use provider/amazon instead.',
    ]);
  });
});

describe('findUpdate', () => {
  test.each<[range: string, current: string, newer: { within?: string; beyond?: string }]>([
    ['^1.3', '1.3.0', { within: '1.4.0' }],
    ['~1.3', '1.3.0', { beyond: '1.4.0' }],
    ['^0.9', '0.9.0', { beyond: '1.4.0' }],
    ['1.3.0', '1.3.0', { beyond: '1.4.0' }],
    ['latest', '1.3.0', { within: '1.4.0' }],
    ['^2.1.0-rc.1', '2.1.0-rc.1', { within: '2.1.0-rc.2' }],
    ['2.1.0-rc.1', '2.1.0-rc.1', { beyond: '2.1.0-rc.2' }],
  ])('%s at %s', (range, current, { within, beyond }) => {
    const update = findUpdate(ALL, { id, range, version: parseVersion(current) });
    expect([update?.current, update?.within?.version, update?.beyond?.version]).toEqual([current, within, beyond]);
  });

  test('gives both where the range has a newer one and the site an even newer', () => {
    const update = findUpdate(entries('2.0.0', '1.1.0', '1.0.0'), { id, range: '^1', version: parseVersion('1.0.0') });
    expect([update?.within?.version, update?.beyond?.version]).toEqual(['1.1.0', '2.0.0']);
  });

  test.each(['1.4.0', '1.9.0'])('is nothing at %s', (current) => {
    expect(findUpdate(ALL, { id, range: 'latest', version: parseVersion(current) })).toBeUndefined();
  });
});
