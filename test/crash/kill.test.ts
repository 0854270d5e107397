import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { Digest } from '../../indexer/model/digest.ts';
import { blobOf } from '../../indexer/site/layout.ts';
import { startChangingWorld } from './changing-world.ts';
import { checkAfterKill, checkCompleted, readPublished, type Documents } from './check-site.ts';
import { blobsIn, lookBefore, PHASES, phaseAfter, runWatched, type Phase } from './watched-run.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many runs of the indexer are killed. */
    crashKills: number;
  }
}

const KILLS = inject('crashKills');
/** A world grows older with each run; after so many kills a new one begins. */
const KILLS_OF_A_WORLD = 20;
/** Of all kills, most hit the publishing: it is where a site could be left half. */
const SHARES: readonly (readonly [Phase, number])[] = [
  ['start', 0.05],
  ['crawl', 0.15],
  ['by-hash', 0.25],
  ['friendly', 0.25],
  ['removal', 0.15],
  ['collection', 0.15],
];
/** How often the run after a killed one is killed, too. */
const TWICE = 0.2;

/** By-hash files that the current generation does not name are made so old that the next publish collects them. */
async function ageUnnamed(root: string, documents: Documents): Promise<void> {
  const named = new Set([...documents.values()].map(blobOf));
  for (const file of await blobsIn(root)) if (!named.has(file)) await utimes(join(root, file), 1_000, 1_000);
}

function choosePhase(random: number): Phase {
  let sum = 0;
  return SHARES.find(([, share]) => random < (sum += share))?.[0] ?? 'collection';
}

/** How long each phase took. */
function durationsOf(seenMs: ReadonlyMap<Phase, number>): Map<Phase, number> {
  const begins = PHASES.map((phase) => seenMs.get(phase) ?? Infinity);
  return new Map(PHASES.map((phase, at) => [phase, Math.max(2, (begins[at + 1] ?? Infinity) - (begins[at] ?? 0))]));
}

/** Kills so many runs in one world. @returns in which phase each one was hit */
async function killRuns(kills: number, random: () => number): Promise<Phase[]> {
  const world = await startChangingWorld(random, { extensions: KILLS < 60 ? 60 : 140 });
  const { root, configFile } = world;
  const published = new Set<Digest>();
  const complete = async (): Promise<{ documents: Documents; durations: Map<Phase, number> }> => {
    const { code, stderr, seenMs } = await runWatched({ configFile, root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
    const { pointer, documents } = await readPublished(root);
    published.add(pointer.manifest.digest);
    await ageUnnamed(root, documents);
    return { documents, durations: durationsOf(seenMs) };
  };
  await complete();
  world.change();
  let { documents, durations } = await complete();
  const hit: Phase[] = [];
  while (hit.length < kills) {
    world.change();
    do {
      const phase = choosePhase(random());
      const killAt = { phase, afterMs: random() * (durations.get(phase) ?? 0) };
      const before = await lookBefore(root);
      const { code, stderr } = await runWatched({ configFile, root, killAt });
      // One that was quicker than its killer is not counted.
      if (code === null) hit.push(await phaseAfter(root, before));
      else expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await checkAfterKill(root, documents, published);
    } while (hit.length < kills && random() < TWICE);
    ({ documents, durations } = await complete());
  }
  return hit;
}

test(
  `an indexer that is killed ${KILLS} times leaves a whole site each time, and the next run completes`,
  async () => {
    const hit: Phase[] = [];
    while (hit.length < KILLS) {
      hit.push(...(await killRuns(Math.min(KILLS - hit.length, KILLS_OF_A_WORLD), Math.random)));
    }
    const counts = PHASES.map((phase) => `${phase} ${hit.filter((each) => each === phase).length}`);
    process.stdout.write(`${hit.length} kills: ${counts.join(', ')}\n`);
    expect(hit).toHaveLength(KILLS);
    // With so many, none of the phases that can leave something behind is missed.
    const missed = ['crawl', 'by-hash', 'friendly', 'removal', 'collection'].filter(
      (each) => !hit.includes(each as Phase),
    );
    if (KILLS >= 60) expect(missed).toEqual([]);
  },
  60_000 + KILLS * 20_000,
);
