import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { BenchOptions, BenchResult } from './bench.ts';
import type { Built, BuildTask } from './build-step.ts';
import { median } from './median.ts';
import { runPinned } from './pinned.ts';

const SIZES = { short: [20, 200], long: [1_000, 10_000] } as const;
const VERSIONS = 10;
const ROUNDS = { short: 1, long: 3 };
const CORE = 0;
const MB = 1_000_000;
/** Files cost the kernel more the more there are; beyond this it is ours. */
const LINEAR = 0.85;

/** Rendering and publishing from a loaded catalogue: all of it, with one extension changed, and unchanged. */
export async function benchBuild({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  const [small, large] = short ? SIZES.short : SIZES.long;
  const rounds = short ? ROUNDS.short : ROUNDS.long;
  const steps = new Map<string, Built[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const extensions of [small, large]) {
      say(`build: ${extensions} extensions, round ${round} of ${rounds}`);
      for (const [step, built] of await buildAll({ site: join(folder, `${extensions}-${round}`), extensions })) {
        const name = nameOf(extensions, step);
        steps.set(name, [...(steps.get(name) ?? []), built]);
      }
    }
  }
  return {
    title: 'Build: render and publish from a loaded catalogue',
    columns: ['step', 'seconds', 'documents written', 'peak RSS, MB', 'of it the catalogue, MB'],
    rows: [...steps].map(([name, built]) => rowOf(name, built)),
    ratios: STEPS.map((step) => ({
      // More is better: 1 where ten times the extensions take ten times as long.
      name: `${step}: linear time from ${small} extensions / time of ${large}`,
      value: (secondsOf(steps, small, step) * (large / small)) / secondsOf(steps, large, step),
      bound: LINEAR,
    })),
  };
}

const STEPS = ['all new', 'one extension changed', 'unchanged'] as const;
type Step = (typeof STEPS)[number];

async function buildAll({ site, extensions }: { site: string; extensions: number }): Promise<Map<Step, Built>> {
  const task = { folder: site, extensions, versions: VERSIONS };
  const run = (oneChanged: boolean): Promise<Built> =>
    runPinned<Built>('build-step.ts', CORE, { ...task, oneChanged } satisfies BuildTask);
  const [all, changed, same] = [await run(false), await run(true), await run(true)];
  assert.deepEqual([all.generation, changed.generation, same.generation], [1, 2, 2]);
  assert.ok(all.documentsWritten > 2 * extensions, 'each extension has its documents');
  assert.ok(changed.documentsWritten < 30, `one changed extension wrote ${changed.documentsWritten} documents`);
  assert.equal(same.documentsWritten, 0, 'nothing changed, and documents were written');
  return new Map<Step, Built>([
    ['all new', all],
    ['one extension changed', changed],
    ['unchanged', same],
  ]);
}

function nameOf(extensions: number, step: Step): string {
  return `${extensions} extensions, ${extensions * VERSIONS} versions: ${step}`;
}

function secondsOf(steps: ReadonlyMap<string, readonly Built[]>, extensions: number, step: Step): number {
  return median((steps.get(nameOf(extensions, step)) ?? []).map(({ seconds }) => seconds));
}

function rowOf(name: string, built: readonly Built[]): (string | number)[] {
  const middle = (of: (each: Built) => number): number => median(built.map(of));
  return [
    name,
    middle(({ seconds }) => seconds).toFixed(2),
    middle(({ documentsWritten }) => documentsWritten),
    Math.round(middle(({ peakRssBytes }) => peakRssBytes) / MB),
    Math.round(middle(({ loadedRssBytes }) => loadedRssBytes) / MB),
  ];
}
