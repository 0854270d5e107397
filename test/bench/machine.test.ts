import { describe, expect, test } from 'vitest';
import { coresOf, parseCpuList } from './machine.ts';
import { parseCpuTicks } from './process-cost.ts';

describe('parseCpuList', () => {
  test.each([
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['2,4-5\n', [2, 4, 5]],
    ['', []],
  ])('reads %j', (text, expected) => {
    expect(parseCpuList(text)).toEqual(expected);
  });
});

describe('coresOf', () => {
  test('gives server and load a core each', () => {
    expect(coresOf([2, 5, 6], true)).toEqual({ server: 2, load: 5, all: [2, 5, 6] });
  });

  test('says so where there is one core', () => {
    expect(coresOf([3], true)).toMatchObject({
      server: 3,
      load: 3,
      all: [3],
      unpinned: expect.stringContaining('one core'),
    });
  });

  test('says so where there is no taskset', () => {
    expect(coresOf([0, 1], false).unpinned).toContain('no taskset');
  });
});

describe('parseCpuTicks', () => {
  test('is not misled by the name of a program', () => {
    const stat = '4711 (a (b) c) S 1 4711 4711 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 123 456 789';
    expect(parseCpuTicks(stat)).toBe(300);
  });
});
