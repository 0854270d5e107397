import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { parseProject } from '../../cli/project/project-file.ts';
import { readLock } from '../../cli/project/lock-file.ts';
import {
  openWorkplace,
  startInstallWorld,
  type Contents,
  type InstallWorld,
  type Workplace,
} from '../cli/commands/install-world.ts';
import { contentsOf } from '../cli/install/unpacking.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many runs are killed. */
    crashKills: number;
  }
}

const KILLS = inject('crashKills');
/** Each of so many files, so that unpacking and placing take a while. */
const EXTENSIONS = 8;
const FILES = 40;
/** What a run does, in this order: each can be told from outside by what is on the disk. */
const PHASES = ['start', 'download', 'unpack', 'place', 'use', 'save', 'over'] as const;
type Phase = (typeof PHASES)[number];
/** Of all kills, most hit what changes the root. */
const SHARES: readonly (readonly [Phase, number])[] = [
  ['start', 0.05],
  ['download', 0.15],
  ['unpack', 0.3],
  ['place', 0.3],
  ['use', 0.1],
  ['save', 0.1],
];
/** How often the run after a killed one is killed, too. */
const TWICE = 0.2;

const names = Array.from({ length: EXTENSIONS }, (_, at) => `e${at}`);

function contentsFor(name: string, version: string): Contents {
  const files = Array.from({ length: FILES }, (_, at) => [
    `dir${at % 5}/f${at}`,
    `${name} ${version} ${at}\n`.repeat(100),
  ]);
  return Object.fromEntries(files) as Contents;
}

interface Killing {
  world: InstallWorld;
  place: Workplace;
  /** The newest version there is of each. */
  turn: number;
}

const versionOf = (turn: number): string => `1.${turn}.0`;

/** A new version of each; old ones go. */
async function release(killing: Killing): Promise<void> {
  const { world } = killing;
  killing.turn += 1;
  for (const name of names) {
    world.release(`${name}_cluster`, { [versionOf(killing.turn)]: contentsFor(name, versionOf(killing.turn)) });
    if (killing.turn > 3) world.gitea.removeRelease('acme', `${name}_cluster`, versionOf(killing.turn - 3));
  }
  await world.publish();
}

function extensionFolder(place: Workplace, name: string): string {
  return join(place.root, 'cluster', name);
}

function currentOf(place: Workplace, name: string): string | undefined {
  const link = join(extensionFolder(place, name), 'current');
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function phaseOf(place: Workplace, version: string): Phase {
  const isLocked = existsSync(join(place.root, '.changes', '.lock'));
  const lock = join(place.folder, 'extensions.lock');
  const isSaved = existsSync(lock) && readFileSync(lock, 'utf8').includes(`version = "${version}"`);
  if (isSaved) return isLocked ? 'save' : 'over';
  if (names.some((name) => currentOf(place, name) === version)) return 'use';
  if (names.some((name) => existsSync(join(extensionFolder(place, name), version)))) return 'place';
  if (isLocked) return 'unpack';
  const partial = join(place.cache, 'downloads', 'partial');
  return existsSync(partial) && readdirSync(partial).length > 0 ? 'download' : 'start';
}

interface Watched {
  /** Null for one that was killed. */
  code: number | null;
  stderr: string;
  seenMs: Map<Phase, number>;
  /** The last that was seen. */
  phase: Phase;
}

async function runWatched({ place, turn }: Killing, kill?: { phase: Phase; afterMs: number }): Promise<Watched> {
  const startedMs = performance.now();
  const { child, ended } = place.start('upgrade');
  const seenMs = new Map<Phase, number>();
  let killMs = Infinity;
  const state = { isOver: false };
  void ended.then(() => (state.isOver = true));
  while (!state.isOver) {
    const nowMs = performance.now() - startedMs;
    const reached = PHASES.indexOf(phaseOf(place, versionOf(turn)));
    for (const phase of PHASES.slice(0, reached + 1)) if (!seenMs.has(phase)) seenMs.set(phase, nowMs);
    if (kill !== undefined) killMs = (seenMs.get(kill.phase) ?? Infinity) + kill.afterMs;
    if (nowMs >= killMs) child.kill('SIGKILL');
    await pause(1);
  }
  const { code, stderr } = await ended;
  return { code, stderr, seenMs, phase: phaseOf(place, versionOf(turn)) };
}

/** Each version that is there is whole, one of them is in use, and both files of the project can be read. */
async function checkAfterKill({ place, turn }: Killing): Promise<void> {
  for (const name of names) {
    const versions = (await readdir(extensionFolder(place, name))).filter((each) => /^\d/.test(each));
    for (const version of versions) {
      const contents = await contentsOf(join(extensionFolder(place, name), version));
      expect(contents, `${name} ${version}`).toEqual(contentsFor(name, version));
    }
    const current = currentOf(place, name);
    expect(versions).toContain(current);
    expect([versionOf(turn), versionOf(turn - 1)]).toContain(current);
  }
  const lock = await readLock(place.folder);
  const { wanted } = parseProject(await place.read('extensions.toml'));
  expect([...wanted.keys()].sort()).toEqual([...lock!.keys()]);
  for (const { version } of lock!.values()) expect([versionOf(turn), versionOf(turn - 1)]).toContain(version);
}

/** The next run ends in what the killed one was about, and clears what it left. */
async function complete(killing: Killing): Promise<Map<Phase, number>> {
  const { place, turn } = killing;
  const { code, stderr, seenMs } = await runWatched(killing);
  expect({ code, errors: stderr.replaceAll(/^\S+ \S+: downloaded, .*\n/gm, '') }).toEqual({ code: 0, errors: '' });
  expect(names.map((name) => currentOf(place, name))).toEqual(names.map(() => versionOf(turn)));
  expect((await place.run('install', '--frozen')).stdout).toContain(`Nothing to do: ${EXTENSIONS} installed`);
  expect(await readdir(join(place.root, '.changes'))).toEqual([]);
  expect((await readdir(place.folder)).sort()).toEqual(['.provisioning', 'extensions.lock', 'extensions.toml']);
  await checkAfterKill(killing);
  const old = names.flatMap((name) => {
    const all = readdirSync(extensionFolder(place, name)).filter((each) => /^\d/.test(each));
    return all.filter((each) => each !== versionOf(turn)).map((each) => `${name}@${each}`);
  });
  if (old.length > 0) expect(await place.run('remove', ...old)).toMatchObject({ code: 0, stderr: '' });
  await rm(join(place.cache, 'downloads'), { recursive: true, force: true });
  return seenMs;
}

function choosePhase(random: number): Phase {
  let sum = 0;
  return SHARES.find(([, share]) => random < (sum += share))?.[0] ?? 'save';
}

function durationOf(phase: Phase, seenMs: ReadonlyMap<Phase, number>): number {
  const next = PHASES[PHASES.indexOf(phase) + 1];
  const endMs = (next === undefined ? undefined : seenMs.get(next)) ?? Infinity;
  return Math.min(1_000, Math.max(2, endMs - (seenMs.get(phase) ?? 0)));
}

test(
  `an install that is killed ${KILLS} times leaves the old or the new one whole each time, and the next run completes`,
  async () => {
    const world = await startInstallWorld({ maxLossPercent: 100 });
    const place = await openWorkplace(world);
    const killing: Killing = { world, place, turn: 0 };
    await release(killing);
    expect((await place.run('install', ...names.map((each) => `${each}@^1`))).code).toBe(0);
    await release(killing);
    let seenMs = await complete(killing);
    const hit: Phase[] = [];
    while (hit.length < KILLS) {
      await release(killing);
      do {
        const phase = choosePhase(Math.random());
        const ended = await runWatched(killing, { phase, afterMs: Math.random() * durationOf(phase, seenMs) });
        // One that was quicker than its killer is not counted, nor one that had only to end.
        if (ended.code !== null) expect(ended.code).toBe(0);
        else if (ended.phase !== 'over') hit.push(ended.phase);
        await checkAfterKill(killing);
      } while (hit.length < KILLS && Math.random() < TWICE);
      seenMs = await complete(killing);
    }
    const counts = PHASES.map((phase) => `${phase} ${hit.filter((each) => each === phase).length}`);
    process.stdout.write(`${hit.length} kills: ${counts.join(', ')}\n`);
    expect(hit).toHaveLength(KILLS);
    // With so many, none of the phases that can leave something behind is missed.
    const missed = ['download', 'unpack', 'place'].filter((each) => !hit.includes(each as Phase));
    if (KILLS >= 60) expect(missed).toEqual([]);
  },
  60_000 + KILLS * 20_000,
);
