import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acquireFolderLock, LOCK_FILE } from '../../indexer/storage/folder-lock.ts';
import type { LockHolder } from '../../indexer/storage/lock-holder.ts';
import { readProcessIdentity, type ProcessIdentity } from '../../indexer/storage/process-identity.ts';
import type { SiteLock } from '../../indexer/storage/storage.ts';
import { NOON, temporaryFolder } from '../builders.ts';
import { waitUntil } from '../real/wait-until.ts';
import { startOther } from './other-process.ts';

const ME = await readProcessIdentity(process.pid);
const MINUTE = 60_000;

let tokens = 0;
function acquire(root: string, identity: ProcessIdentity = ME): Promise<SiteLock> {
  return acquireFolderLock({ root, identity, token: `mine-${(tokens += 1)}`, now: () => NOON });
}

/** A lock file as a process leaves it that is no more, or that is elsewhere. */
async function leave(root: string, file: string, holder: Partial<LockHolder>): Promise<void> {
  await mkdir(root, { recursive: true });
  const whole: LockHolder = { ...ME, token: 'theirs', since: '2026-06-01T11:00:00Z', ...holder };
  await writeFile(join(root, file), JSON.stringify(whole));
}

/** What is the case for a lock file of so long ago, by the file system's own clock. */
async function age(root: string, file: string, byMs: number): Promise<void> {
  await writeFile(join(root, 'probe'), '');
  const seconds = ((await stat(join(root, 'probe'))).mtimeMs - byMs) / 1000;
  await utimes(join(root, file), seconds, seconds);
}

async function dotFiles(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
  return files.map((each) => each.slice(root.length + 1)).filter((each) => each.startsWith('.'));
}

const GONE: Partial<LockHolder> = { started: 'before the machine was started' };
const ELSEWHERE: Partial<LockHolder> = { host: 'build-7', boot_id: 'another', pid: 1 };
const LOCKED = { code: 'locked' };

describe('a folder’s lock', () => {
  test('names its holder, and is gone without a trace when it is released', async () => {
    const root = join(await temporaryFolder(), 'api', 'v1');
    const lock = await acquire(root);
    expect(JSON.parse(await readFile(join(root, LOCK_FILE), 'utf8'))).toEqual({
      ...ME,
      token: `mine-${tokens}`,
      since: '2026-06-01T12:00:00Z',
    });
    await lock.assertHeld();
    await lock.release();
    expect(await readdir(root)).toEqual([]);
  });

  test('keeps a second one out, which names the first and the remedy', async () => {
    const root = await temporaryFolder();
    const other = startOther();
    expect(await other.tell({ do: 'acquire', root })).toEqual({ ok: true });
    const refused = await acquire(root).catch((error: unknown) => error);
    expect(refused).toMatchObject(LOCKED);
    expect(refused).toMatchObject({
      message: expect.stringContaining(`process ${other.child.pid} on ${ME.host}, since`),
    });
    expect(refused).toMatchObject({ message: expect.stringContaining('wait for it, or stop it') });
    expect(await other.tell({ do: 'assert', root })).toEqual({ ok: true });
    expect(await other.tell({ do: 'release', root })).toEqual({ ok: true });
    await (await acquire(root)).release();
  });

  test('of a process that was killed is taken over at once', async () => {
    const root = await temporaryFolder();
    const other = startOther();
    await other.tell({ do: 'acquire', root });
    await other.kill();
    const lock = await acquire(root);
    await lock.assertHeld();
    expect(await dotFiles(root)).toEqual([LOCK_FILE]);
    await lock.release();
    expect(await dotFiles(root)).toEqual([]);
  });

  test('of a process that is stopped on this machine stays', async () => {
    const root = await temporaryFolder();
    const other = startOther();
    await other.tell({ do: 'acquire', root });
    other.child.kill('SIGSTOP');
    await age(root, LOCK_FILE, 10 * MINUTE);
    await expect(acquire(root)).rejects.toMatchObject(LOCKED);
  });

  test.each([
    ['whose pid another process has now, as in containers where each is pid 1', GONE],
    ['whose pid no process has', { pid: 2 ** 22 + 1 }],
  ])('of a process %s is taken over at once', async (_what, holder) => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, holder);
    await (await acquire(root)).assertHeld();
  });

  test.each([
    ['on another machine', ELSEWHERE],
    ['of the same name, on another machine', { boot_id: 'another' }],
    ['in another container of this machine', { pid_namespace: 'pid:[1]', pid: 1 }],
    ['on a machine that does not tell its processes', { boot_id: '', pid_namespace: '', started: '' }],
  ])('of a process %s is taken over a minute after its last sign of life', async (_where, holder) => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, holder);
    await expect(acquire(root)).rejects.toMatchObject(LOCKED);
    await age(root, LOCK_FILE, 0.9 * MINUTE);
    await expect(acquire(root)).rejects.toMatchObject(LOCKED);
    await age(root, LOCK_FILE, MINUTE);
    await (await acquire(root)).assertHeld();
  });

  test('of a process elsewhere whose file system’s clock was set back does not stay for as long as that', async () => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, ELSEWHERE);
    await age(root, LOCK_FILE, -60 * MINUTE);
    await (await acquire(root)).assertHeld();
  });

  test.each(['', '{', '[]', '{"token":"../../x"}', 'null'])(
    'that says %j counts as long as it is fresh',
    async (text) => {
      const root = await temporaryFolder();
      await writeFile(join(root, LOCK_FILE), text);
      await expect(acquire(root)).rejects.toMatchObject(LOCKED);
      await age(root, LOCK_FILE, 2 * MINUTE);
      const lock = await acquire(root);
      await lock.release();
      expect(await dotFiles(root)).toEqual([]);
    },
  );

  test('that leads back to itself is no end of the world', async () => {
    const root = await temporaryFolder();
    for (const file of [LOCK_FILE, `${LOCK_FILE}.theirs`]) await leave(root, file, GONE);
    await expect(acquire(root)).rejects.toMatchObject(LOCKED);
  });

  test('clears away what killed writers have left', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, '.tmp', 'folder'), { recursive: true });
    for (const file of ['.tmp/half', '.tmp/folder/x', '.lock.old']) await writeFile(join(root, file), '');
    await acquire(root);
    expect(await dotFiles(root)).toEqual([LOCK_FILE]);
  });

  test('that cannot be written is told with the folder and the remedy', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const message = expect.stringMatching(/^Cannot lock .*file\/v1: ENOTDIR.*; see its permissions/);
    await expect(acquire(join(file, 'v1'))).rejects.toMatchObject({ code: 'storage', message });
  });
});

describe('a heartbeat', () => {
  const host = 'build-7';

  test('keeps a holder alive for those who cannot see it, and ends with it', async () => {
    const root = await temporaryFolder();
    const other = startOther();
    await other.tell({ do: 'acquire', root, host, heartbeatMs: 20 });
    const mtimeMs = async (): Promise<number> => (await stat(join(root, LOCK_FILE))).mtimeMs;
    const before = await readFile(join(root, LOCK_FILE), 'utf8');
    await age(root, LOCK_FILE, 10 * MINUTE);
    const old = await mtimeMs();
    await waitUntil('a beat', async () => (await mtimeMs()) > old + 9 * MINUTE);
    expect(await readFile(join(root, LOCK_FILE), 'utf8')).toBe(before);
    await expect(acquire(root)).rejects.toMatchObject(LOCKED);

    other.child.kill('SIGSTOP');
    await age(root, LOCK_FILE, 10 * MINUTE);
    const lock = await acquire(root);
    other.child.kill('SIGCONT');
    expect(await other.tell({ do: 'assert', root })).toMatchObject({
      ok: false,
      code: 'locked',
      message: expect.stringContaining(`process ${process.pid} on ${ME.host}`),
    });
    expect(await other.tell({ do: 'release', root })).toEqual({ ok: true });
    await lock.assertHeld();
  });
});

describe('contenders', () => {
  /** Each prepares a folder that two contenders then want. */
  const STATES: readonly (readonly [string, (root: string) => Promise<void>])[] = [
    ['a folder that nobody holds', async () => undefined],
    ['a dead holder’s lock', (root) => leave(root, LOCK_FILE, GONE)],
    [
      'a lock whose dead holder’s successor is dead, too',
      async (root) => {
        await leave(root, LOCK_FILE, GONE);
        await leave(root, `${LOCK_FILE}.theirs`, { ...GONE, token: 'next' });
      },
    ],
  ];

  test.each(STATES)('for %s: of two at once exactly one wins, twenty times', async (_state, prepare) => {
    const [one, other] = [startOther(), startOther()];
    for (let round = 1; round <= 20; round += 1) {
      const root = await temporaryFolder();
      await prepare(root);
      const answers = await Promise.all(
        [one, other].map((each, at) => each.tell({ do: 'acquire', root, token: `round-${round}-${at}` })),
      );
      expect(answers.map((each) => each.code ?? 'held').sort()).toEqual(['held', 'locked']);
      const winner = answers[0]?.ok === true ? one : other;
      expect(await winner.tell({ do: 'assert', root })).toEqual({ ok: true });
      expect(await winner.tell({ do: 'release', root })).toEqual({ ok: true });
      expect(await dotFiles(root)).toEqual([]);
    }
  });

  test('within one process keep each other out as well', async () => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, GONE);
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => acquire(root)));
    expect(all.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  });

  test('who come while a holder releases, again and again, never make that fail', async () => {
    const [one, other] = [startOther(), startOther()];
    const root = await temporaryFolder();
    for (let round = 0; round < 100; round += 1) {
      const answers = await Promise.all(
        [one, other].map(async (each, at) => {
          const taken = await each.tell({ do: 'acquire', root, token: `round-${round}-${at}` });
          return taken.ok ? each.tell({ do: 'release', root }) : taken;
        }),
      );
      expect(answers.map((each) => each.code ?? 'done').filter((each) => each !== 'locked')).toContain('done');
      expect(answers.map((each) => each.code)).not.toContain('storage');
    }
    expect(await dotFiles(root)).toEqual([]);
  });

  test('that died between two steps of taking over hold nobody up', async () => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, GONE);
    await leave(root, `${LOCK_FILE}.theirs`, { ...GONE, token: 'second' });
    await leave(root, `${LOCK_FILE}.second`, { ...GONE, token: 'third' });
    const lock = await acquire(root);
    await lock.assertHeld();
    expect(await dotFiles(root)).toEqual([LOCK_FILE]);
    await lock.release();
    expect(await dotFiles(root)).toEqual([]);
  });

  test('elsewhere that died so hold others up for a minute', async () => {
    const root = await temporaryFolder();
    await leave(root, LOCK_FILE, GONE);
    await leave(root, `${LOCK_FILE}.theirs`, { ...ELSEWHERE, token: 'second' });
    await expect(acquire(root)).rejects.toMatchObject({ message: expect.stringContaining('process 1 on build-7') });
    await age(root, `${LOCK_FILE}.theirs`, MINUTE);
    await (await acquire(root)).assertHeld();
  });

  test('take a lock from a holder that finds out before it publishes', async () => {
    const root = await temporaryFolder();
    const lock = await acquire(root);
    await leave(root, `${LOCK_FILE}.mine-${tokens}`, ELSEWHERE);
    await expect(lock.assertHeld()).rejects.toMatchObject({ message: expect.stringContaining('build-7') });
    await lock.release();
    expect(await dotFiles(root)).toEqual([LOCK_FILE, `${LOCK_FILE}.mine-${tokens}`]);
  });
});
