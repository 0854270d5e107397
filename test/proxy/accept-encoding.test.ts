import { describe, expect, test } from 'vitest';
import { chooseCoding } from '../../proxy/accept-encoding.ts';

describe('chooseCoding', () => {
  test.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['deflate', 'identity'],
    ['BR', 'br'],
    ['x-gzip', 'gzip'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0, *', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br ; q = 0.1', 'br'],
    ['br;q=0.1, identity;q=0.5', 'identity'],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['identity;q=0', 'identity'],
    ['identity, *;q=0', 'identity'],
    ['gzip;q=2', 'identity'],
    ['gzip;q=abc, br;q=0.2', 'br'],
    [',,gzip,,', 'gzip'],
    ['gzip;level=9', 'identity'],
  ])('takes %j to %s', (field, coding) => {
    expect(chooseCoding(field)).toBe(coding);
  });
});
