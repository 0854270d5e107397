import { describe, expect, test } from 'vitest';
import { isMatchFailed, isNoneMatch, isRangeCurrent } from '../../proxy/entity-tag.ts';

describe('isNoneMatch', () => {
  test.each([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"b", "a"', '"a"', true],
    ['"b",W/"a"', '"a"', true],
    ['*', '"a"', true],
    [' * ', '"a"', true],
    ['*', undefined, true],
    ['"b"', '"a"', false],
    ['"A"', '"a"', false],
    ['a', '"a"', false],
    ['"a', '"a"', false],
    ['', '"a"', false],
    ['"a"', undefined, false],
    [undefined, '"a"', false],
  ])('takes %j against %j to %j', (field, etag, matches) => {
    expect(isNoneMatch(field, etag)).toBe(matches);
  });
});

describe('isMatchFailed', () => {
  test.each([
    [undefined, '"a"', false],
    ['*', '"a"', false],
    ['*', undefined, false],
    ['"a"', '"a"', false],
    ['"b", "a"', '"a"', false],
    ['W/"a"', '"a"', true],
    ['"b"', '"a"', true],
    ['a', '"a"', true],
    ['"a"', undefined, true],
  ])('takes %j against %j to %j', (field, etag, failed) => {
    expect(isMatchFailed(field, etag)).toBe(failed);
  });
});

describe('isRangeCurrent', () => {
  test.each([
    [undefined, '"a"', true],
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', false],
    ['"b"', '"a"', false],
    ['"a", "b"', '"a"', false],
    ['Mon, 01 Jun 2026 12:00:00 GMT', '"a"', false],
    ['"a"', undefined, false],
  ])('takes %j against %j to %j', (field, etag, current) => {
    expect(isRangeCurrent(field, etag)).toBe(current);
  });
});
