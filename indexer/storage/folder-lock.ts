import { constants } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTime } from '../model/text.ts';
import { BEATS_TO_DEATH, HEARTBEAT_MS, lockedBy, parseHolder, type LockHolder } from './lock-holder.ts';
import { makeFolder } from './make-folder.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { errnoOf, ignore, NO_FILE, NO_LINK, storageError } from './storage-error.ts';
import type { SiteLock } from './storage.ts';

/*
 *   .lock                    who holds the site
 *   .lock.<token>            who is about to succeed the dead holder of that token; there is at most one
 *   .tmp/                    files that are being written
 *
 * A holder's file is made by link(2), whole or not at all, and so is the one that names its successor: of several
 * contenders exactly one gets it. The successor then renames its file to `.lock`. One that dies before that is the end
 * of the chain, and is succeeded in the same way, so no crash leaves a state that needs a hand.
 */

export interface FolderLockOptions {
  /** The site's `v1`. */
  root: string;
  identity: ProcessIdentity;
  token: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** How often the holder shows that it lives; a holder that we cannot see is dead after six times as long. */
  heartbeatMs?: number;
}

export const LOCK_FILE = '.lock';
/** On the same file system as the site, so that each file gets its name by rename(2); emptied cheaply after a crash. */
export const TEMPORARY_FOLDER = '.tmp';
/** A contender has just written its own file there, and takes it away itself. */
const CONTENDED: ReadonlySet<string> = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST']);
/** A longer one was made by hand, and perhaps leads back to its own beginning. */
const MAX_CHAIN = 100;
/** Each try is lost only to somebody who got further. */
const MAX_TRIES = 20;

/**
 * One writer at a time in one folder, also on a shared volume. A dead holder of the same machine is succeeded at once,
 * one that we cannot see when its heartbeat has been missing for a minute.
 * @throws RegistryError `locked` that names the holder, `storage`
 */
export async function acquireFolderLock(options: FolderLockOptions): Promise<SiteLock> {
  const { root, identity, token, now, heartbeatMs = HEARTBEAT_MS } = options;
  const mine: LockHolder = { token, ...identity, since: formatTime(now()) };
  const contender = { root, mine, draft: join(root, TEMPORARY_FOLDER, `${token}.lock`), heartbeatMs };
  try {
    await contend(contender);
    await clean(root, token);
  } catch (cause) {
    await release(root, token).catch(() => undefined);
    throw storageError(cause, `lock ${root}`);
  }
  // A beat that fails is missed by the others, and found out by `assertHeld`.
  const timer = setInterval(() => void beat(root, token).catch(() => undefined), heartbeatMs);
  timer.unref();
  return {
    assertHeld: () => assertHeld(root, token),
    release: async () => {
      clearInterval(timer);
      await release(root, token);
    },
  };
}

interface Contender {
  root: string;
  mine: LockHolder;
  draft: string;
  heartbeatMs: number;
}

async function contend(contender: Contender): Promise<void> {
  const { root, draft } = contender;
  try {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      await makeFolder(join(root, TEMPORARY_FOLDER));
      // A holder that cleans up takes the draft away: ENOENT is one more lost try.
      if ((await tryOnce(contender).catch(ignore(NO_FILE))) === true) return;
    }
  } finally {
    await unlink(draft).catch(ignore(NO_FILE));
  }
  throw lockedBy(root, (await readChain(root)).holder);
}

async function tryOnce(contender: Contender): Promise<boolean> {
  const { root, mine, draft } = contender;
  await writeFile(draft, JSON.stringify(mine));
  const { holder, file, successor } = await readChain(root);
  if (holder !== undefined && !(await isDead(holder, file, contender))) throw lockedBy(root, holder);
  if (!(await linkNew(draft, successor))) return false;
  // The chain may have changed since it was read: then this file succeeds nobody.
  if ((await readChain(root)).holder?.token !== mine.token) {
    if ((await readHolder(successor))?.token === mine.token) await unlink(successor).catch(ignore(NO_FILE));
    return false;
  }
  if (successor !== join(root, LOCK_FILE)) await rename(successor, join(root, LOCK_FILE));
  return true;
}

interface Chain {
  /** The last of the chain, who holds the site or is about to; undefined where nobody does. */
  holder?: LockHolder;
  /** Its file. */
  file: string;
  /** The file that makes its owner the next one. */
  successor: string;
}

async function readChain(root: string): Promise<Chain> {
  const first = join(root, LOCK_FILE);
  let chain: Chain = { file: first, successor: first };
  for (let length = 0; length < MAX_CHAIN; length += 1) {
    const holder = await readHolder(chain.successor, length);
    if (holder === undefined) return chain;
    chain = { holder, file: chain.successor, successor: successorOf(root, holder.token) };
  }
  return chain;
}

function successorOf(root: string, token: string): string {
  return join(root, `${LOCK_FILE}.${token}`);
}

async function readHolder(file: string, position = 0): Promise<LockHolder | undefined> {
  const text = await readFile(file, 'utf8').catch(ignore(NO_FILE));
  return text === undefined ? undefined : parseHolder(text, position);
}

async function isDead(holder: LockHolder, file: string, { mine, draft, heartbeatMs }: Contender): Promise<boolean> {
  const running = await isRunning(holder, mine);
  if (running !== undefined) return !running;
  // Both times are the file system's own, so no two machines' clocks are compared; it may have jumped back since.
  const [beaten, fresh] = await Promise.all([stat(file), stat(draft)]);
  return Math.abs(fresh.mtimeMs - beaten.mtimeMs) >= heartbeatMs * BEATS_TO_DEATH;
}

/** Writes the lock file's own bytes over themselves, which gives it the file system's time. */
async function beat(root: string, token: string): Promise<void> {
  const handle = await open(join(root, LOCK_FILE), 'r+');
  try {
    const text = await handle.readFile('utf8');
    if (parseHolder(text).token === token) await handle.write(text, 0);
  } finally {
    await handle.close();
  }
}

async function assertHeld(root: string, token: string): Promise<void> {
  const { holder } = await readChain(root).catch((error: unknown) => {
    throw storageError(error, `read the lock of ${root}`);
  });
  if (holder?.token !== token) throw lockedBy(root, holder);
}

async function release(root: string, token: string): Promise<void> {
  try {
    if ((await readChain(root)).holder?.token !== token) return;
    // Before the lock goes, or the next holder's files would go, too.
    await emptyTemporaryFolder(root);
    await rmdir(join(root, TEMPORARY_FOLDER)).catch(ignore(CONTENDED));
    await unlink(join(root, LOCK_FILE)).catch(ignore(NO_FILE));
  } catch (cause) {
    throw storageError(cause, `unlock ${root}`);
  }
}

/** What killed writers have left: files half written, and places in a chain that has ended. */
async function clean(root: string, token: string): Promise<void> {
  const links = (await readdir(root)).filter((each) => each.startsWith(`${LOCK_FILE}.`));
  const left = links.map((each) => join(root, each)).filter((each) => each !== successorOf(root, token));
  for (const file of left) await unlink(file).catch(ignore(NO_FILE));
  await emptyTemporaryFolder(root);
}

async function emptyTemporaryFolder(root: string): Promise<void> {
  const folder = join(root, TEMPORARY_FOLDER);
  const names = (await readdir(folder).catch(ignore(NO_FILE))) ?? [];
  for (const each of names) await rm(join(folder, each), { recursive: true, force: true });
}

/** Whether the file is now ours: a link is made whole or not at all, also on network file systems. */
async function linkNew(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file).catch((error: unknown) => {
      if (!NO_LINK.has(errnoOf(error))) throw error;
      return copyFile(draft, file, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
