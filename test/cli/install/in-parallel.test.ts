import { describe, expect, test } from 'vitest';
import { inParallel } from '../../../cli/install/in-parallel.ts';

const signal = new AbortController().signal;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  test('gives the results in the order of the items, so many at a time', async () => {
    let running = 0;
    let most = 0;
    const results = await inParallel([5, 1, 4, 2, 3], { limit: 2, signal }, async (turns) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      running -= 1;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
    expect(await inParallel([], { limit: 2, signal }, async () => 1)).toEqual([]);
  });

  test('begins nothing after a failure, stops what runs, and waits for it', async () => {
    const begun: number[] = [];
    let isOver = false;
    const running = inParallel([1, 2, 3, 4], { limit: 2, signal }, async (item, either) => {
      begun.push(item);
      if (item === 1) throw new Error('the first');
      while (!either.aborted) await nextTurn();
      await nextTurn();
      isOver = true;
      throw new Error('the second, because of it');
    });
    await expect(running).rejects.toThrow('the first');
    expect({ begun, isOver }).toEqual({ begun: [1, 2], isOver: true });
  });

  test('throws what it was aborted with, once all have ended', async () => {
    const controller = new AbortController();
    let ended = 0;
    const running = inParallel([1, 2], { limit: 2, signal: controller.signal }, async (_, either) => {
      while (!either.aborted) await nextTurn();
      ended += 1;
    });
    await nextTurn();
    controller.abort(new Error('by the user'));
    await expect(running).rejects.toThrow('by the user');
    expect(ended).toBe(2);
  });
});
