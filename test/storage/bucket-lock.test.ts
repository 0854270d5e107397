import { describe, expect, test } from 'vitest';
import { createBucket } from '../../indexer/storage/bucket.ts';
import { acquireBucketLock, LOCK_KEY } from '../../indexer/storage/bucket-lock.ts';
import { readProcessIdentity, type ProcessIdentity } from '../../indexer/storage/process-identity.ts';
import type { SiteLock } from '../../indexer/storage/storage.ts';
import { NOON } from '../builders.ts';
import { BUCKET, type FakeBucket } from '../fakes/bucket.ts';
import { waitUntil } from '../real/wait-until.ts';
import { startStore } from './bucket-world.ts';

const ME = await readProcessIdentity(process.pid);
const ELSEWHERE: ProcessIdentity = { ...ME, host: 'build-7', boot_id: 'another' };
const GONE: ProcessIdentity = { ...ME, started: 'before the machine was started' };
const MINUTE = 60_000;
const KEY = `site/${LOCK_KEY}`;

let tokens = 0;
function acquire(store: FakeBucket, identity = ME, heartbeatMs?: number): Promise<SiteLock> {
  const place = { bucket: BUCKET, prefix: 'site' };
  const retry = { tries: 2, baseDelayMs: 1, maxDelayMs: 5 };
  const bucket = createBucket({ place, connection: store.connection, now: Date.now, random: () => 0.5, retry });
  const token = `token-${(tokens += 1)}`;
  return acquireBucketLock({
    bucket,
    identity,
    token,
    now: () => NOON,
    ...(heartbeatMs !== undefined && { heartbeatMs }),
  });
}

describe('a bucket’s lock', () => {
  test('names its holder, and is gone without a trace when it is released', async () => {
    const store = await startStore();
    const lock = await acquire(store);
    const holder: unknown = JSON.parse(String(store.objects.get(KEY)?.bytes));
    expect(holder).toEqual({ ...ME, token: `token-${tokens}`, since: '2026-06-01T12:00:00Z' });
    await lock.assertHeld();
    await lock.release();
    expect([...store.objects]).toEqual([]);
  });

  test('keeps others out while its holder lives, and names it', async () => {
    const store = await startStore();
    await acquire(store, ELSEWHERE);
    const refused = { code: 'locked', message: expect.stringContaining(`process ${ME.pid} on build-7, since`) };
    await expect(acquire(store)).rejects.toMatchObject(refused);
  });

  test('of a process of this machine that is no more is taken over at once', async () => {
    const store = await startStore();
    const dead = await acquire(store, GONE);
    const lock = await acquire(store);
    await lock.assertHeld();
    await expect(dead.assertHeld()).rejects.toMatchObject({ code: 'locked' });
    await dead.release();
    await lock.assertHeld();
  });

  test.each([
    ['stays for a minute after its last sign of life', 59_000, false],
    ['is taken over a minute after its last sign of life', MINUTE, true],
  ])('of a process elsewhere %s, by the clock of the store', async (_what, afterMs, isTaken) => {
    const store = await startStore();
    store.habits.now = () => NOON;
    await acquire(store, ELSEWHERE, MINUTE);
    store.habits.now = () => NOON + afterMs;
    const taken = acquire(store, ME, 10_000).then(
      () => true,
      () => false,
    );
    expect(await taken).toBe(isTaken);
  });

  test('shows again and again that its holder lives', async () => {
    const store = await startStore();
    let nowMs = NOON;
    store.habits.now = () => nowMs;
    const lock = await acquire(store, ELSEWHERE, 5);
    nowMs += MINUTE;
    await waitUntil('a beat', async () => store.objects.get(KEY)?.modifiedMs === nowMs);
    await expect(acquire(store)).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
    expect([...store.objects]).toEqual([]);
  });

  test('lets one of many contenders in, each time', async () => {
    const store = await startStore();
    for (let round = 0; round < 10; round += 1) {
      const dead = round % 2 === 0 ? undefined : await acquire(store, GONE);
      const ended = await Promise.allSettled(Array.from({ length: 8 }, () => acquire(store)));
      const locks = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(locks).toHaveLength(1);
      await locks[0]!.assertHeld();
      await dead?.release();
      await locks[0]!.release();
    }
  });

  test('that somebody removed, or that cannot be read, is told when it is looked at', async () => {
    const store = await startStore();
    const lock = await acquire(store);
    store.misbehave({ match: /GET/, times: 2, fault: { kind: 'status', status: 500 } });
    await expect(lock.assertHeld()).rejects.toMatchObject({ code: 'bad_answer' });
    store.objects.clear();
    await expect(lock.assertHeld()).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining('taken away'),
    });
  });

  test.each(['if-none-match', 'if-match'] as const)(
    'is refused on a store that ignores %s, and leaves nothing',
    async (field) => {
      const store = await startStore();
      store.habits.ignores.add(field);
      const refused = {
        code: 'refused',
        message: expect.stringMatching(new RegExp(`does not honour ${field},.*MinIO`, 'i')),
      };
      await expect(acquire(store)).rejects.toMatchObject(refused);
      expect([...store.objects]).toEqual([]);
    },
  );

  test('is refused on a store that does not know conditions', async () => {
    const store = await startStore();
    const body = '<Error><Code>NotImplemented</Code></Error>';
    store.misbehave({
      match: ({ headers }) => headers['if-match'] !== undefined,
      fault: { kind: 'status', status: 501, body },
    });
    await expect(acquire(store)).rejects.toMatchObject({ code: 'refused' });
    expect([...store.objects]).toEqual([]);
  });
});
