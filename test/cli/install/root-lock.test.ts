import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeRoot, type RootLockOptions } from '../../../cli/install/root-lock.ts';
import { temporaryFolder } from '../../builders.ts';

function optionsFor(root: string, overrides: Partial<RootLockOptions> = {}): RootLockOptions {
  return { root, now: Date.now, signal: new AbortController().signal, note: () => undefined, ...overrides };
}

describe('changeRoot', () => {
  test('lets one in after the other, and tells who waits', async () => {
    const root = join(await temporaryFolder(), 'not', 'there', 'yet');
    const notes: string[] = [];
    const events: string[] = [];
    let leave: () => void = () => undefined;
    const first = changeRoot(optionsFor(root), async () => {
      events.push('first begins');
      await new Promise<void>((resolve) => (leave = resolve));
      events.push('first ends');
    });
    while (events.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const note = (text: string): void => {
      notes.push(text);
      leave();
    };
    await changeRoot(optionsFor(root, { note }), async () => void events.push('second'));
    await first;
    expect(events).toEqual(['first begins', 'first ends', 'second']);
    expect(notes).toEqual([
      expect.stringMatching(
        new RegExp(`^Another run \\(process ${process.pid} on .*, since .*\\) changes ${root}; waiting`),
      ),
    ]);
    expect(await readdir(join(root, '.changes'))).toEqual([]);
  });

  test('removes what was left in its temporary places, by a killed run and by this one', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, '.changes', '.tmp', 'left'), { recursive: true });
    await changeRoot(optionsFor(root), async (change) => {
      expect(await readdir(join(root, '.changes', '.tmp'))).toEqual([]);
      const [one, other] = [change.temporary(), change.temporary()];
      expect(one).not.toBe(other);
      await mkdir(one);
      await writeFile(join(one, 'file'), '');
      await change.assertHeld();
    });
    expect(await readdir(join(root, '.changes'))).toEqual([]);
  });

  test('lets go when the work fails, and throws what it threw', async () => {
    const root = await temporaryFolder();
    const failing = changeRoot(optionsFor(root), async () => {
      throw new Error('the work');
    });
    await expect(failing).rejects.toThrow('the work');
    expect(await changeRoot(optionsFor(root), async () => 'in')).toBe('in');
  });

  test('gives up in the end, and names who is there', async () => {
    const root = await temporaryFolder();
    let nowMs = 1_000;
    await changeRoot(optionsFor(root), async () => {
      const now = () => (nowMs += 400_000);
      await expect(changeRoot(optionsFor(root, { now }), async () => undefined)).rejects.toMatchObject({
        code: 'locked',
        message: expect.stringMatching(
          /^Another run \(process \d+ .*\) still changes .*; wait for it, or stop it/,
        ) as string,
      });
    });
  });
});
