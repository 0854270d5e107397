import { describe, expect, test } from 'vitest';
import { RegistryError } from '../../indexer/model/errors.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import type { SiteLock, SiteStorage } from '../../indexer/storage/storage.ts';
import { withLock } from '../../indexer/storage/with-lock.ts';
import { temporaryFolder } from '../builders.ts';

const bytes = Buffer.from('x');
let names = 0;

/** A storage whose lock can be taken away, with a log. */
async function takeable(): Promise<{ storage: SiteStorage; log: string[]; take: () => void }> {
  const root = await temporaryFolder();
  const folder = createFolderStorage({ root, now: Date.now, temporaryName: () => `t${(names += 1)}` });
  const log: string[] = [];
  let taken = false;
  const lock: SiteLock = {
    assertHeld: async () => {
      log.push('look');
      if (taken) throw new RegistryError('locked', 'Another indexer publishes.');
    },
    release: async () => void log.push('release'),
  };
  return { storage: { ...folder, lock: async () => lock }, log, take: () => void (taken = true) };
}

describe('withLock', () => {
  test('gives the result of the work and releases', async () => {
    const { storage, log } = await takeable();
    expect(
      await withLock(
        storage,
        () => 0,
        async () => 'done',
      ),
    ).toBe('done');
    expect(log).toEqual(['release']);
  });

  test('tells what went wrong with the work, and releases', async () => {
    const { storage, log } = await takeable();
    await expect(
      withLock(
        storage,
        () => 0,
        () => Promise.reject(new Error('broken')),
      ),
    ).rejects.toThrow('broken');
    expect(log).toEqual(['release']);
  });

  test('works without a lock where a storage has none', async () => {
    const { storage, log } = await takeable();
    const { lock: _lock, ...without } = storage;
    await withLock(
      without,
      () => 0,
      (each) => each.replace('a', bytes),
    );
    expect(log).toEqual([]);
  });

  test('looks at the lock right before each swap', async () => {
    const { storage, log, take } = await takeable();
    await withLock(
      storage,
      () => 0,
      (each) => each.swap('index.json', undefined, bytes),
    );
    expect(log).toEqual(['look', 'release']);
    take();
    const swap = withLock(
      storage,
      () => 0,
      (each) => each.swap('index.json', bytes, bytes),
    );
    await expect(swap).rejects.toMatchObject({ code: 'locked' });
  });

  test.each([1_000, -1_000])(
    'changes nothing after a pause (the clock moved by %d ms) in which the lock was lost',
    async (pauseMs) => {
      const { storage, take } = await takeable();
      let now = 10_000;
      await storage.create('blob', bytes);
      await withLock(
        storage,
        () => now,
        async (locked) => {
          await locked.replace('a', bytes);
          take();
          await locked.replace('b', bytes);
          now += pauseMs;
          const refused = { code: 'locked' };
          await expect(locked.replace('c', bytes)).rejects.toMatchObject(refused);
          await expect(locked.create('c', bytes)).rejects.toMatchObject(refused);
          await expect(locked.expose('blob', 'c')).rejects.toMatchObject(refused);
          await expect(locked.remove('a')).rejects.toMatchObject(refused);
          await expect(locked.touch('a')).rejects.toMatchObject(refused);
        },
      );
      expect((await storage.list('.x')).length).toBe(0);
      expect(await storage.read('a')).toEqual(bytes);
      expect(await storage.read('c')).toBeUndefined();
    },
  );
});
