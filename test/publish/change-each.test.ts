import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeEach } from '../../indexer/publish/change-each.ts';
import { temporaryFolder } from '../builders.ts';
import { storageIn } from './small-site.ts';

const NUMBERS = Array.from({ length: 100 }, (_, at) => at);

async function storageOf(concurrency?: number) {
  const storage = storageIn(join(await temporaryFolder(), 'v1'));
  return concurrency === undefined ? storage : { ...storage, concurrency };
}

/** Something that takes a turn, and knows how many are about it. */
function countingChange() {
  const counts = { running: 0, most: 0, done: [] as number[] };
  const change = async (number: number): Promise<void> => {
    counts.most = Math.max(counts.most, (counts.running += 1));
    await new Promise((resolve) => void setImmediate(resolve));
    counts.running -= 1;
    counts.done.push(number);
  };
  return { counts, change };
}

describe('changeEach', () => {
  test.each([
    [undefined, 1],
    [8, 8],
    [500, 100],
  ])('with a storage that takes %s at once has as many under way', async (concurrency, most) => {
    const { counts, change } = countingChange();
    await changeEach(await storageOf(concurrency), NUMBERS, change);
    expect(counts).toMatchObject({ running: 0, most });
    expect(counts.done.toSorted((a, b) => a - b)).toEqual(NUMBERS);
  });

  test('asks for the next one only when there is room for it', async () => {
    let asked = 0;
    const { counts, change } = countingChange();
    const numbers = function* (): Generator<number> {
      for (const each of NUMBERS) {
        asked += 1;
        expect(asked - counts.done.length).toBeLessThanOrEqual(4);
        yield each;
      }
    };
    await changeEach(await storageOf(4), numbers(), change);
    expect(asked).toBe(100);
  });

  test('begins none after a failure, and tells that once all have ended', async () => {
    const { counts, change } = countingChange();
    const failing = changeEach(await storageOf(4), NUMBERS, async (number) => {
      if (number === 10) throw new Error('full');
      await change(number);
    });
    await expect(failing).rejects.toThrow('full');
    expect(counts.running).toBe(0);
    expect(counts.done.length).toBeLessThan(15);
  });
});
