import { codeOf, RegistryError } from '../model/errors.ts';
import { formatTime } from '../model/text.ts';
import type { Bucket, Condition, StoredObject } from './bucket.ts';
import { BEATS_TO_DEATH, HEARTBEAT_MS, lockedBy, parseHolder, type LockHolder } from './lock-holder.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import type { SiteLock } from './storage.ts';

/*
 * One object, `.lock`, names the holder. It is made only where there is none, and replaced only while it still is the one
 * that was read, so of several contenders the store lets exactly one through. The holder writes it anew every ten seconds.
 * How long ago that was is told by the store's own clock, which dates the object and its answers.
 */

export interface BucketLockOptions {
  bucket: Bucket;
  identity: ProcessIdentity;
  token: string;
  /** Milliseconds since 1970. */
  now: () => number;
  heartbeatMs?: number;
}

export const LOCK_KEY = '.lock';
const MAX_BYTES = 64 * 1024;
/** No object has it. */
const STALE_ETAG = `"${'0'.repeat(32)}"`;
/** Each try is lost only to somebody who got further. */
const MAX_TRIES = 20;

/**
 * One writer at a time below one prefix. A dead holder of this machine is succeeded at once, another one when its
 * heartbeat has been missing for a minute.
 * @throws RegistryError `locked` that names the holder, `refused` for a store that cannot keep two writers apart
 */
export async function acquireBucketLock(options: BucketLockOptions): Promise<SiteLock> {
  const { bucket, heartbeatMs = HEARTBEAT_MS } = options;
  const mine: LockHolder = { token: options.token, ...options.identity, since: formatTime(options.now()) };
  const lease = createLease(bucket, mine);
  await contend(lease, { bucket, mine, heartbeatMs });
  try {
    await probe(lease, bucket);
  } catch (error) {
    await lease.end().catch(() => undefined);
    throw error;
  }
  // A beat that fails is missed by the others, and found out by `assertHeld`.
  let beating: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(() => lease.renew()).catch(() => undefined);
  }, heartbeatMs);
  timer.unref();
  return {
    assertHeld: async () => {
      const holder = await lease.holder();
      if (holder?.token !== mine.token) throw lockedBy(bucket.name, holder);
    },
    release: async () => {
      clearInterval(timer);
      await beating;
      await lease.end();
    },
  };
}

interface Lease {
  read(): Promise<{ object: StoredObject; holder: LockHolder } | undefined>;
  holder(): Promise<LockHolder | undefined>;
  /** Whether the object is now ours. */
  take(condition: Condition): Promise<boolean>;
  renew(): Promise<void>;
  end(): Promise<void>;
}

function createLease(bucket: Bucket, mine: LockHolder): Lease {
  const bytes = Buffer.from(JSON.stringify(mine));
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  let etag = '';
  const read: Lease['read'] = async () => {
    const object = await bucket.get(LOCK_KEY, MAX_BYTES);
    return object && { object, holder: parseHolder(object.bytes.toString('utf8')) };
  };
  const take = async (condition: Condition): Promise<boolean> => {
    const made = await bucket.put(LOCK_KEY, bytes, { headers, condition });
    if (made !== undefined) {
      etag = made;
      return true;
    }
    // An answer that was lost on the way is asked for again, and then it is our own object that is in the way.
    const found = await read();
    if (found?.holder.token !== mine.token) return false;
    etag = found.object.etag;
    return true;
  };
  return {
    read,
    take,
    holder: async () => (await read())?.holder,
    renew: async () => void (await take({ etag })),
    end: async () => {
      // Looked at first, since not every store minds a condition of DELETE.
      if ((await read())?.holder.token === mine.token) await bucket.remove(LOCK_KEY);
    },
  };
}

interface Contender {
  bucket: Bucket;
  mine: LockHolder;
  heartbeatMs: number;
}

async function contend(lease: Lease, contender: Contender): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const found = await lease.read();
    if (found !== undefined && !(await isDead(found, contender))) throw lockedBy(contender.bucket.name, found.holder);
    if (await lease.take(found === undefined ? 'absent' : { etag: found.object.etag })) return;
  }
  throw lockedBy(contender.bucket.name, await lease.holder());
}

async function isDead(
  { object, holder }: { object: StoredObject; holder: LockHolder },
  { mine, heartbeatMs }: Contender,
): Promise<boolean> {
  const running = await isRunning(holder, mine);
  if (running !== undefined) return !running;
  return object.nowMs - object.modifiedMs >= heartbeatMs * BEATS_TO_DEATH;
}

/**
 * Asks for what publishing rests on: neither "only where there is none" nor "only while it is that one" may pass now. On
 * a store that ignores conditions this writes what is there already.
 */
async function probe(lease: Lease, bucket: Bucket): Promise<void> {
  const found = await lease.read();
  if (found === undefined) throw lockedBy(bucket.name, undefined);
  const { bytes } = found.object;
  for (const [condition, field] of [
    ['absent', 'If-None-Match'],
    [{ etag: STALE_ETAG }, 'If-Match'],
  ] as const) {
    const made = await bucket.put(LOCK_KEY, bytes, { headers: {}, condition }).catch((cause: unknown) => {
      throw codeOf(cause) === 'storage' ? ignores(bucket, field, cause) : cause;
    });
    if (made !== undefined) throw ignores(bucket, field);
  }
}

function ignores({ name }: Bucket, field: string, cause?: unknown): RegistryError {
  const message =
    `${name}: the store does not honour ${field}, so two indexers could publish at once and neither would notice. ` +
    'Publish to a store that answers 412 (AWS S3, MinIO, R2), or into a folder.';
  return new RegistryError('refused', message, cause === undefined ? {} : { cause });
}
