import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { Digest } from '../../indexer/model/digest.ts';
import { blobOf, BLOBS, POINTER_FILE } from '../../indexer/site/layout.ts';
import { temporaryFolder } from '../builders.ts';
import { BUCKET, startFakeBucket, type FakeBucket } from '../fakes/bucket.ts';
import { waitUntil } from '../real/wait-until.ts';
import { startChangingWorld } from './changing-world.ts';
import { checkAfterKill, checkCompleted, readPublished, type Documents } from './check-site.ts';

/** A third of the kills that a folder gets; never fewer than a first look needs. */
const KILLS = Math.max(5, Math.round(inject('crashKills') / 3));
/** How often the run after a killed one is killed, too. */
const TWICE = 0.2;
/** Between a change and the kill: what is on the way then may arrive or not. */
const MAX_DELAY_MS = 4;
const MAIN = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url));
const PREFIX = 'site/api/v1/';

/** What a run changes in the store, in this order. */
const PHASES = ['lease', 'by-hash', 'friendly', 'pointer', 'removal', 'collection'] as const;
type Phase = (typeof PHASES)[number];

/** Tells the phase of each change of one run. */
function createPhases(): (key: string) => Phase {
  let isPublished = false;
  return (key) => {
    const file = key.slice(PREFIX.length);
    if (file === POINTER_FILE) {
      isPublished = true;
      return 'pointer';
    }
    // By-hash files that are no longer kept are dated anew, a week before they go.
    if (file.startsWith(`${BLOBS}/`)) return isPublished ? 'collection' : 'by-hash';
    if (isPublished) return 'removal';
    return file === '.lock' || file === '.digests.json' ? 'lease' : 'friendly';
  };
}

interface KillAt {
  phase: Phase;
  /** The change of this phase, from 0. */
  change: number;
  delayMs: number;
}

interface Ended {
  /** Null for one that was killed. */
  code: number | null;
  stderr: string;
  /** How many changes each phase had. */
  changes: Map<Phase, number>;
  last: Phase | undefined;
}

/** A run of the real program; it is killed so long after that change, unless it has ended. */
async function runIndexer(store: FakeBucket, configFile: string, killAt?: KillAt): Promise<Ended> {
  const { accessKeyId = '', secretAccessKey = '' } = store.connection.credentials ?? {};
  const child = spawn(process.execPath, [MAIN, '--config', configFile, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...env,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      NODE_COMPILE_CACHE: join(tmpdir(), 'extension-registry-compile-cache'),
    },
  });
  const phaseOf = createPhases();
  const changes = new Map<Phase, number>();
  let last: Phase | undefined;
  store.habits.onChange = (_method, key) => {
    const phase = phaseOf(key);
    const before = changes.get(phase) ?? 0;
    changes.set(phase, before + 1);
    last = phase;
    if (phase === killAt?.phase && before === killAt.change) void kill(killAt.delayMs);
  };
  const kill = async (afterMs: number): Promise<void> => {
    if (afterMs >= 1) await pause(afterMs);
    child.kill('SIGKILL');
  };
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  // What the store has been asked may still be done once nobody waits for it any more.
  await waitUntil('the end of all requests', async () => store.requests.every((each) => each.outcome !== 'open'));
  store.forget();
  return { code, stderr, changes, last };
}

async function copyOf(store: FakeBucket): Promise<string> {
  const folder = await temporaryFolder();
  await store.writeTo(folder, PREFIX);
  return folder;
}

/** By-hash files that the current generation does not name are made so old that the next publish collects them. */
function ageUnnamed({ objects }: FakeBucket, documents: Documents): void {
  const named = new Set([...documents.values()].map((each) => PREFIX + blobOf(each)));
  for (const [key, object] of objects) {
    if (key.startsWith(`${PREFIX}${BLOBS}/`) && !named.has(key)) object.modifiedMs = 1_000;
  }
}

/** @param changes how many each phase had lately */
function choose(changes: ReadonlyMap<Phase, number>): KillAt {
  const phases = PHASES.filter((each) => changes.has(each));
  const phase = phases[Math.floor(Math.random() * phases.length)] ?? 'lease';
  const change = Math.floor(Math.random() * (changes.get(phase) ?? 1));
  return { phase, change, delayMs: Math.random() < 0.5 ? 0 : Math.random() * MAX_DELAY_MS };
}

test(
  `an indexer that publishes to a store and is killed ${KILLS} times leaves a whole site, and the next run completes`,
  async () => {
    const store = await startFakeBucket();
    onTestFinished(() => store.close());
    const more = `
      [publish]
      to = "s3://${BUCKET}/site"
      [s3]
      endpoint = "${store.connection.endpoint}"
      region = "${store.connection.region}"`;
    const world = await startChangingWorld(Math.random, { extensions: KILLS < 20 ? 30 : 60, more });
    const { configFile } = world;
    const published = new Set<Digest>();
    /** Not every run has every phase. */
    const usual = new Map<Phase, number>();
    const complete = async (): Promise<Documents> => {
      const { code, stderr, changes } = await runIndexer(store, configFile);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const copy = await copyOf(store);
      await checkCompleted(copy, world.extensions);
      const { pointer, documents } = await readPublished(copy);
      published.add(pointer.manifest.digest);
      ageUnnamed(store, documents);
      for (const [phase, count] of changes) usual.set(phase, count);
      return documents;
    };
    await complete();
    world.change();
    let documents = await complete();
    const hit: Phase[] = [];
    while (hit.length < KILLS) {
      world.change();
      do {
        const killAt = choose(usual);
        const { code, stderr, last } = await runIndexer(store, configFile, killAt);
        // One that was quicker than its killer is not counted.
        if (code !== null) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        else if (last !== undefined) hit.push(last);
        await checkAfterKill(await copyOf(store), documents, published);
      } while (hit.length < KILLS && Math.random() < TWICE);
      documents = await complete();
    }
    const counts = PHASES.map((phase) => `${phase} ${hit.filter((each) => each === phase).length}`);
    process.stdout.write(`${hit.length} kills over a store: ${counts.join(', ')}\n`);
    expect(hit).toHaveLength(KILLS);
    // With so many, none of the phases that can leave something behind is missed.
    const missed = PHASES.filter((each) => !hit.includes(each));
    if (KILLS >= 60) expect(missed).toEqual([]);
  },
  60_000 + KILLS * 20_000,
);
