import { describe, expect, test } from 'vitest';
import { formatSize, timeAgo } from '../../cli/times.ts';
import { NOON } from '../builders.ts';

describe('timeAgo', () => {
  test.each([
    ['2026-06-01T12:00:00Z', 'now'],
    ['2026-06-01T11:59:59Z', '1 second ago'],
    ['2026-06-01T11:01:00Z', '59 minutes ago'],
    ['2026-05-31T12:00:00Z', '1 day ago'],
    ['2026-05-29T11:00:00Z', '3 days ago'],
    ['2026-05-01T12:00:00Z', '1 month ago'],
    ['2024-05-01T12:00:00Z', '2 years ago'],
    // A clock that is wrong, ours or theirs.
    ['2026-06-01T14:00:00Z', 'in 2 hours'],
    ['no time', 'no time'],
  ])('%s is %j', (text, expected) => {
    expect(timeAgo(text, NOON)).toBe(expected);
  });
});

describe('formatSize', () => {
  test.each([
    [0, '0 B'],
    [660.427807486631, '660 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [13_000_000, '12.4 MiB'],
    [5 * 1_024 ** 4, '5.0 TiB'],
    [5_000 * 1_024 ** 4, '5000.0 TiB'],
  ])('%d is %s', (bytes, expected) => {
    expect(formatSize(bytes)).toBe(expected);
  });
});
