import { describe, expect, test } from 'vitest';
import { alternate, median, medianOf, medianRatio } from './median.ts';

describe('median', () => {
  test.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 10, 2], 3],
    // as numbers, not as text
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('refuses nothing', () => {
    expect(() => median([])).toThrow('no median of nothing');
    expect(() => medianOf([])).toThrow('no median of nothing');
  });
});

describe('medianOf', () => {
  test('takes each figure by itself', () => {
    const rounds = [
      { rate: 1, ms: 30 },
      { rate: 3, ms: 10 },
      { rate: 2, ms: 20 },
    ];
    expect(medianOf(rounds)).toEqual({ rate: 2, ms: 20 });
  });
});

describe('medianRatio', () => {
  test('compares neighbours in time', () => {
    // The machine was twice as fast in the last rounds: the ratio of the medians would be 1.
    expect(medianRatio([10, 20, 20], [20, 20, 40])).toBe(0.5);
  });
});

describe('alternate', () => {
  test('runs every second round backwards', async () => {
    const order: string[] = [];
    const run = (name: string) => async () => order.push(name);
    const results = await alternate(3, { ours: run('ours'), peer: run('peer') });
    expect(order).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
    expect(results).toEqual({ ours: [1, 4, 5], peer: [2, 3, 6] });
  });
});
