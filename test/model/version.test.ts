import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  highestOf,
  isPrerelease,
  isVersion,
  newestWithin,
  parseRange,
  parseVersion,
  type Version,
} from '../../indexer/model/version.ts';

const versions = (...texts: string[]): Version[] => texts.map(parseVersion);

/** The precedence example of semver 2.0.0, section 11.4, with build metadata between. */
const ASCENDING = versions(
  '0.9.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.0+build.5',
  '1.0.0+build.11',
  '1.0.1',
  '1.2.0',
  '1.10.0',
  '2.0.0',
);

describe('parseVersion', () => {
  test.each([
    ['1.4.0', '1.4.0'],
    ['v1.4.0', '1.4.0'],
    ['0.0.0', '0.0.0'],
    ['1.0.0-rc.1', '1.0.0-rc.1'],
    ['v1.0.0-0a.b-c', '1.0.0-0a.b-c'],
    ['1.0.0+build.5', '1.0.0+build.5'],
    ['1.0.0+001', '1.0.0+001'],
    ['v1.0.0-rc.1+build.5', '1.0.0-rc.1+build.5'],
    ['1.0.0--', '1.0.0--'],
    ['9007199254740991.0.0', '9007199254740991.0.0'],
  ])('takes %s for %s', (tag, version) => {
    expect(parseVersion(tag)).toBe(version);
    expect(isVersion(tag)).toBe(true);
  });

  test.each([
    '',
    '1',
    '1.4',
    '1.4.0.1',
    '01.4.0',
    '1.0.0-01',
    '1.0.0-',
    '1.0.0+',
    '1.0.0+a+b',
    '1.0.0_build',
    'V1.4.0',
    'vv1.4.0',
    '=1.4.0',
    'v 1.4.0',
    ' 1.4.0',
    '1.4.0 ',
    '1.4.0\n',
    'release-1.4.0',
    'latest',
    '9007199254740992.0.0',
    '1.0.0-ä',
    `1.0.0-${'a'.repeat(128)}`,
  ])('refuses %j', (tag) => {
    expect(isVersion(tag)).toBe(false);
    expect(() => parseVersion(tag)).toThrow(
      expect.objectContaining({ code: 'invalid_version', message: expect.stringContaining('MAJOR.MINOR.PATCH') }),
    );
  });

  test('quotes no more of a hostile tag than fits', () => {
    const tag = 'x'.repeat(100_000);
    expect(() => parseVersion(tag)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('x'.repeat(129)) }),
    );
  });
});

describe('compareVersions', () => {
  test('orders every pair of the precedence example as it stands', () => {
    for (const [i, a] of ASCENDING.entries()) {
      for (const [j, b] of ASCENDING.entries())
        expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
    }
  });

  test('tells versions apart that semver holds for equal', () => {
    const [a, b] = versions('1.0.0+1', '1.0.0+01');
    expect(compareVersions(a!, b!)).not.toBe(0);
    expect(compareVersions(a!, b!)).toBe(-compareVersions(b!, a!));
    expect(compareVersions(a!, a!)).toBe(0);
  });
});

describe('isPrerelease', () => {
  test.each([
    ['1.0.0-rc.1', true],
    ['1.0.0-0', true],
    ['1.0.0', false],
    ['1.0.0+rc.1', false],
  ])('of %s is %s', (version, expected) => expect(isPrerelease(parseVersion(version))).toBe(expected));
});

describe('highestOf', () => {
  test.each([
    [['1.0.0', '1.10.0', '1.9.0'], '1.10.0'],
    [['1.0.0', '2.0.0-rc.1'], '1.0.0'],
    [['1.0.0-rc.1', '1.0.0-rc.2', '1.0.0-beta'], '1.0.0-rc.2'],
    [['1.0.0', '1.0.0+build.2', '1.0.0+build.10'], '1.0.0+build.10'],
    [[], undefined],
  ])('of %j is %s', (given, expected) => expect(highestOf(versions(...given))).toBe(expected));
});

describe('newestWithin', () => {
  const known = versions('0.9.0', '1.1.9', '1.2.0', '1.2.5', '1.3.0-rc.1', '2.0.0', '2.0.0+build.1', '3.0.0-rc.1');

  test.each([
    ['^1.2', '1.2.5'],
    ['1', '1.2.5'],
    ['1.x', '1.2.5'],
    ['1.2', '1.2.5'],
    ['~1.1', '1.1.9'],
    ['2', '2.0.0+build.1'],
    ['>=1 <2', '1.2.5'],
    ['*', '2.0.0+build.1'],
    ['^1.3.0-rc.0', '1.3.0-rc.1'],
    ['^3', undefined],
    ['^4', undefined],
  ])('%s gives %s', (range, expected) => expect(newestWithin(known, parseRange(range))).toBe(expected));
});

describe('parseRange', () => {
  test.each(['latest', 'abc', '1.x.y.z', '>', `^1.2.${'0'.repeat(200)}`])('refuses %j', (text) => {
    expect(() => parseRange(text)).toThrow(expect.objectContaining({ code: 'invalid_version' }));
  });
});
