import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLimit } from '../../indexer/http/limit.ts';

describe('createLimit', () => {
  test('runs at most so many at once, in the order in which they came', async () => {
    const limit = createLimit(3);
    const begun: number[] = [];
    let [running, most] = [0, 0];
    const runs = Array.from({ length: 20 }, (_, number) =>
      limit(async () => {
        begun.push(number);
        most = Math.max(most, (running += 1));
        await turn();
        running -= 1;
        return number;
      }),
    );
    const numbers = await Promise.all(runs);
    expect(numbers).toEqual(begun);
    expect(begun).toEqual([...begun].sort((a, b) => a - b));
    expect(most).toBe(3);
  });

  test('begins the next when one has failed', async () => {
    const limit = createLimit(1);
    const failing = limit(() => Promise.reject(new Error('broken')));
    const next = limit(() => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });

  test('begins at once while there is room, also after some have waited', async () => {
    const limit = createLimit(2);
    await Promise.all([1, 2, 3].map(() => limit(turn)));
    let begun = false;
    const run = limit(async () => void (begun = true));
    expect(begun).toBe(true);
    await run;
  });
});
