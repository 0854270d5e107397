import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UNFINISHED_FILE } from '../../indexer/publish/unfinished.ts';
import { BLOBS, POINTER_FILE } from '../../indexer/site/layout.ts';
import { LOCK_FILE, TEMPORARY_FOLDER } from '../../indexer/storage/folder-lock.ts';

const MAIN = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url));

/** What a run does, in this order: each can be told from outside by what is on the disk. */
export const PHASES = ['start', 'crawl', 'by-hash', 'friendly', 'removal', 'collection', 'over'] as const;
export type Phase = (typeof PHASES)[number];

/** So many files written one after the other are no longer the crawl's notes but the documents. */
const WRITES_OF_A_CRAWL = 8;

export interface RunOptions {
  configFile: string;
  /** The site's `v1`. */
  root: string;
  /** So long after a phase was first seen the run is killed, unless it has ended. */
  killAt?: { phase: Phase; afterMs: number };
}

export interface Run {
  /** Null for one that was killed. */
  code: number | null;
  stderr: string;
  /** When each phase was first seen, in milliseconds since the process was started. */
  seenMs: Map<Phase, number>;
}

/** A run of the real program, watched closely, and killed with SIGKILL when it is told. */
export async function runWatched({ configFile, root, killAt }: RunOptions): Promise<Run> {
  const look = watcherOf(root);
  const child = spawn(process.execPath, [MAIN, '--config', configFile, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Half of a short run is spent on stripping types, which is not what is tested.
    env: { ...env, NODE_COMPILE_CACHE: join(tmpdir(), 'extension-registry-compile-cache') },
  });
  const startedMs = performance.now();
  const stderr = text(child.stderr);
  const ended: { code?: number | null } = {};
  child.once('exit', (code) => void (ended.code = code));
  const seenMs = new Map<Phase, number>();
  let killMs = Infinity;
  while (ended.code === undefined) {
    const nowMs = performance.now() - startedMs;
    const reached = PHASES.indexOf(look());
    for (const phase of PHASES.slice(0, reached + 1)) if (!seenMs.has(phase)) seenMs.set(phase, nowMs);
    if (killAt !== undefined) killMs = (seenMs.get(killAt.phase) ?? Infinity) + killAt.afterMs;
    if (nowMs >= killMs) child.kill('SIGKILL');
    await pause(1);
  }
  return { code: ended.code, stderr: await stderr, seenMs };
}

function watcherOf(root: string): () => Phase {
  const before = textOf(root, POINTER_FILE);
  let writes = 0;
  let lastWrite: number | undefined;
  return () => {
    const at = statSync(join(root, TEMPORARY_FOLDER), { throwIfNoEntry: false })?.mtimeMs;
    if (at !== undefined && at !== lastWrite) writes += 1;
    lastWrite = at;
    const phase = phaseOnDisk(root, before);
    return phase === 'crawl' && writes > WRITES_OF_A_CRAWL ? 'by-hash' : phase;
  };
}

function textOf(root: string, file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}

function phaseOnDisk(root: string, pointerBefore: string | undefined): Phase {
  const unfinished = textOf(root, UNFINISHED_FILE);
  const locked = existsSync(join(root, LOCK_FILE));
  if (textOf(root, POINTER_FILE) !== pointerBefore) {
    // No path is left to be set right once it collects.
    if (unfinished?.endsWith('"paths":[]}\n') === false) return 'removal';
    return locked ? 'collection' : 'over';
  }
  if (unfinished !== undefined) return 'friendly';
  return locked ? 'crawl' : 'start';
}

/** What is on the disk before a run. */
export interface Before {
  pointer: string | undefined;
  blobs: ReadonlySet<string>;
}

export async function lookBefore(root: string): Promise<Before> {
  return { pointer: textOf(root, POINTER_FILE), blobs: new Set(await blobsIn(root)) };
}

/** In which phase a run was killed, by what it left. */
export async function phaseAfter(root: string, { pointer, blobs }: Before): Promise<Phase> {
  const phase = phaseOnDisk(root, pointer);
  if (phase !== 'crawl') return phase;
  return (await blobsIn(root)).some((each) => !blobs.has(each)) ? 'by-hash' : 'crawl';
}

/** The names of all by-hash files, relative to the site's `v1`. */
export async function blobsIn(root: string): Promise<string[]> {
  const found = await readdir(join(root, BLOBS), { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return files.map((each) => each.slice(root.length + 1));
}
