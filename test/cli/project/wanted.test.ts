import { describe, expect, test } from 'vitest';
import { parseVersion } from '../../../indexer/model/version.ts';
import { fits, rangeFor, rangePast } from '../../../cli/project/wanted.ts';

describe('fits', () => {
  test.each([
    ['latest', '1.0.0', true],
    ['latest', '2.0.0-rc.1', true],
    ['^1.2', '1.3.0', true],
    ['^1.2', '1.1.9', false],
    ['^1.2', '1.3.0-rc.1', false],
    ['^1.3.0-rc.1', '1.3.0-rc.2', true],
    ['1', '1.9.9+build.1', true],
    ['1.0.0', '1.0.0', true],
    ['v1.0.0', '1.0.0', true],
    ['1.0.0', '1.0.0+build.5', false],
    ['1.0.0+build.5', '1.0.0+build.5', true],
  ])('says of the range %s and the version %s: %s', (range, version, expected) => {
    expect(fits({ range }, parseVersion(version))).toBe(expected);
  });

  test('takes prereleases by their number where they are wanted', () => {
    const version = parseVersion('1.3.0-rc.1');
    expect(fits({ range: '^1.2', prereleases: true }, version)).toBe(true);
    expect(fits({ range: '^1.4', prereleases: true }, version)).toBe(false);
  });
});

test.each([
  ['1.2.3', '^1.2.3'],
  ['0.3.1', '^0.3.1'],
  ['1.1.0+build.5', '^1.1.0'],
  ['2.0.0-rc.1', '^2.0.0-rc.1'],
])('rangeFor records %s as %s', (version, range) => {
  expect(rangeFor(parseVersion(version))).toBe(range);
  expect(fits({ range }, parseVersion(version))).toBe(true);
});

test.each([
  ['^1.2', '2.3.4', '^2.3.4'],
  ['~1.2', '2.3.4', '~2.3.4'],
  ['1.x', '2.3.4', '^2.3.4'],
  ['>=1 <2', '2.3.4+b', '^2.3.4'],
  ['1.0.0', '2.3.4+b', '2.3.4+b'],
  ['latest', '2.3.4', 'latest'],
])('rangePast makes of %s and %s %s', (range, version, expected) => {
  const past = rangePast(range, parseVersion(version));
  expect(past).toBe(expected);
  expect(fits({ range: past }, parseVersion(version))).toBe(true);
});
