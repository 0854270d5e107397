import { describe, expect, test } from 'vitest';
import { restartDelayMs } from '../../../proxy/cluster/restart-delay.ts';

describe('restartDelayMs', () => {
  test.each([
    [0, 100],
    [1, 100],
    [2, 200],
    [3, 400],
    [9, 25_600],
    [10, 30_000],
    [5_000, 30_000],
  ])('after %i failures in a row is %i ms', (failures, delayMs) => {
    expect(restartDelayMs(failures)).toBe(delayMs);
  });
});
