import { describe, expect, test } from 'vitest';
import type { VersionEntry } from '../../indexer/model/documents.ts';
import { extensionId } from '../../indexer/model/extension.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { chooseAsset, resolveVersion } from '../../proxy/resolve-version.ts';

const ID = extensionId('provider', 'aws');

function entry(version: string, overrides: Partial<VersionEntry> = {}): VersionEntry {
  return {
    version: parseVersion(version),
    published_at: '2026-01-01T00:00:00Z',
    first_seen: '2026-01-01T00:00:00Z',
    sources: ['gitea'],
    assets: [],
    ...overrides,
  };
}

const ENTRIES = [
  entry('3.0.0-rc.1', { prerelease: true }),
  entry('2.1.0', { yanked: { reason: 'leaks' } }),
  entry('2.0.0+build.7'),
  entry('1.10.0'),
  entry('1.9.3'),
  entry('1.0.0+b.1'),
  entry('1.0.0'),
];

describe('resolveVersion', () => {
  test.each(['1.9.3', '2.0.0+build.7', '3.0.0-rc.1', '1.0.0', '1.0.0+b.1'])('finds exactly %s', (text) => {
    expect(resolveVersion(ID, ENTRIES, text)).toMatchObject({ entry: { version: text } });
  });

  test('finds a yanked version by its exact version', () => {
    expect(resolveVersion(ID, ENTRIES, '2.1.0')).toMatchObject({ entry: { yanked: { reason: 'leaks' } } });
  });

  test.each([
    ['latest', '2.0.0+build.7'],
    ['v1.9.3', '1.9.3'],
    ['v2.0.0+build.7', '2.0.0+build.7'],
    ['^1', '1.10.0'],
    ['1', '1.10.0'],
    ['1.x', '1.10.0'],
    ['1.9.x', '1.9.3'],
    ['~1.9.0', '1.9.3'],
    ['>=1.9 <1.10', '1.9.3'],
    ['1.0.0 - 1.9.9', '1.9.3'],
    ['<1 || >=2', '2.0.0+build.7'],
    ['^2', '2.0.0+build.7'],
    ['>=3.0.0-0', '3.0.0-rc.1'],
    ['*', '2.0.0+build.7'],
  ])('sends %s on to %s', (text, version) => {
    expect(resolveVersion(ID, ENTRIES, text)).toEqual({ redirect: version });
  });

  test.each(['9.9.9', 'v9.9.9', '1.9.3+other', '2.0.0', '^4', '>2.0.0 <3'])('has nothing for %s', (text) => {
    expect(() => resolveVersion(ID, ENTRIES, text)).toThrow(`provider/aws has no version ${JSON.stringify(text)}`);
  });

  test.each(['banana', '1.2.3.4', '>>1', '01.0.0', 'Latest'])('refuses %s, which is no version', (text) => {
    expect(() => resolveVersion(ID, ENTRIES, text)).toThrow('is neither a version nor a range');
  });

  test('takes a prerelease for latest only where there is nothing stable', () => {
    expect(resolveVersion(ID, [entry('1.0.0-beta.2'), entry('1.0.0-beta.1')], 'latest')).toEqual({
      redirect: '1.0.0-beta.2',
    });
  });

  test('has no latest where every version is yanked', () => {
    const entries = [entry('1.0.0', { yanked: { reason: 'broken' } })];
    expect(() => resolveVersion(ID, entries, 'latest')).toThrow('no version "latest" that may be chosen');
  });
});

describe('chooseAsset', () => {
  const asset = (name: string, primary?: true) => ({
    name,
    size: 1,
    media_type: 'application/gzip',
    download_url: `/${name}`,
    locations: [],
    ...(primary && { primary }),
  });

  test('takes the primary asset without a name', () => {
    expect(chooseAsset(ID, entry('1.0.0', { assets: [asset('a.txt'), asset('b.tar.gz', true)] }), undefined).name).toBe(
      'b.tar.gz',
    );
  });

  test('takes the named asset', () => {
    expect(chooseAsset(ID, entry('1.0.0', { assets: [asset('a.txt'), asset('b.tar.gz', true)] }), 'a.txt').name).toBe(
      'a.txt',
    );
  });

  test('names what there is where none is primary', () => {
    expect(() => chooseAsset(ID, entry('1.0.0', { assets: [asset('a.zip'), asset('b.zip')] }), undefined)).toThrow(
      'provider/aws 1.0.0 has no primary asset; name one of its assets: a.zip, b.zip.',
    );
  });

  test('names no more than 20', () => {
    const assets = Array.from({ length: 23 }, (_, at) => asset(`${at}.zip`));
    expect(() => chooseAsset(ID, entry('1.0.0', { assets }), 'x')).toThrow(
      /has no asset "x"; .* 19\.zip and 3 more\.$/,
    );
  });
});
