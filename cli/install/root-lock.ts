import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, RegistryError } from '../../indexer/model/errors.ts';
import { clipLine } from '../../indexer/model/text.ts';
import { acquireFolderLock, LOCK_FILE, TEMPORARY_FOLDER } from '../../indexer/storage/folder-lock.ts';
import type { LockHolder } from '../../indexer/storage/lock-holder.ts';
import { readProcessIdentity } from '../../indexer/storage/process-identity.ts';
import type { SiteLock } from '../../indexer/storage/storage.ts';
import { changesFolder, makeFolder, namesIn } from '../project/install-root.ts';

export interface RootLockOptions {
  root: string;
  /** Milliseconds since 1970. */
  now: () => number;
  signal: AbortSignal;
  /** Told once that another process has to be waited for. */
  note: (text: string) => void;
  /** 10 minutes without it. */
  patienceMs?: number;
}

/** What one may do who alone changes the install root. */
export interface RootChange {
  /** A path on the root's file system that is not there yet; whatever is there at the end is removed. */
  temporary(): string;
  /** @throws RegistryError `locked` when another process took the root meanwhile, believing us dead */
  assertHeld(): Promise<void>;
}

const RETRY_MS = 200;
const PATIENCE_MS = 600_000;

/**
 * Runs while nobody else changes the install root. What a killed run left half done is cleared first, and what this one
 * leaves in its temporary places last.
 * @throws RegistryError `locked`, `storage`; what the signal was aborted with while it waited
 */
export async function changeRoot<T>(options: RootLockOptions, run: (change: RootChange) => Promise<T>): Promise<T> {
  const folder = changesFolder(options.root);
  await makeFolder(folder);
  const lock = await acquire(folder, options);
  const change: RootChange = {
    temporary: () => join(folder, TEMPORARY_FOLDER, randomUUID()),
    assertHeld: () => lock.assertHeld(),
  };
  try {
    await makeFolder(join(folder, TEMPORARY_FOLDER));
    return await run(change);
  } finally {
    // The work is done, or what went wrong with it is the better thing to tell: a lock that is left ends by itself.
    await lock.release().catch(() => undefined);
  }
}

/**
 * Removes what killed runs have left, where nobody changes the root: for runs that have nothing to change themselves.
 * Where it cannot be removed, it is left to the next.
 */
export async function clearLitter(root: string, now: () => number): Promise<void> {
  const folder = changesFolder(root);
  if ((await namesIn(folder)).length === 0) return;
  const options = { root: folder, identity: await readProcessIdentity(pid), token: randomUUID(), now };
  await acquireFolderLock(options)
    .then((lock) => lock.release())
    .catch(() => undefined);
}

async function acquire(folder: string, { root, now, signal, note, patienceMs }: RootLockOptions): Promise<SiteLock> {
  const identity = await readProcessIdentity(pid);
  const untilMs = now() + (patienceMs ?? PATIENCE_MS);
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await acquireFolderLock({ root: folder, identity, token: randomUUID(), now });
    } catch (error) {
      if (codeOf(error) !== 'locked') throw error;
      if (now() >= untilMs) throw stillLocked(root, await holderOf(folder), error);
    }
    if (tries === 0) note(`${await holderOf(folder)} changes ${root}; waiting for it.`);
    await pause(RETRY_MS, undefined, { signal });
  }
}

async function holderOf(folder: string): Promise<string> {
  try {
    const holder = JSON.parse(await readFile(join(folder, LOCK_FILE), 'utf8')) as LockHolder;
    const [host, since] = [holder.host, holder.since].map((each) => clipLine(each, 200).text);
    return `Another run (process ${holder.pid} on ${host}, since ${since})`;
  } catch {
    return 'Another run';
  }
}

function stillLocked(root: string, holder: string, cause: unknown): RegistryError {
  return new RegistryError(
    'locked',
    `${holder} still changes ${root}; wait for it, or stop it. Should it be dead, its lock ends by itself within a minute.`,
    { cause },
  );
}
