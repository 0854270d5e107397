import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { BenchOptions, BenchResult, Ratio } from './bench.ts';
import { machineCores } from './machine.ts';
import { alternate, medianOf, medianRatio } from './median.ts';
import { costOf, treeOf } from './process-cost.ts';
import { sharedBenchSite } from './published-site.ts';
import { readCases } from './reads-cases.ts';
import { checkedLoad, prepareLoad, type PreparedLoad, type ReadFigures } from './reads-load.ts';
import { READS_CONFIG } from './reads-servers.ts';
import { startProxy } from './servers.ts';

const EXTENSIONS = 300;
const ROUNDS = { short: 1, long: 5 };
const SECONDS = { short: 1, long: 2 };
/** Of one worker's requests a second. */
const BOUND = 1.7;

/** Two workers against one. Only a machine that has a core for each worker and one for the load can tell. */
export async function benchWorkers({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  const { all } = machineCores();
  const canTell = machineCores().unpinned === undefined && all.length >= 3;
  const core = canTell ? all.slice(0, 2) : all;
  const loadCores = canTell ? all.slice(2) : all;
  say(`publishing ${EXTENSIONS} extensions`);
  const site = await sharedBenchSite(join(folder, '..'), EXTENSIONS);
  const [small] = await readCases(site);
  assert.ok(small);
  const start = (workers: number) =>
    startProxy({ folder, core, site: site.folder, config: READS_CONFIG, server: `workers = ${workers}` });
  const [one, two] = [await start(1), await start(2)];
  const pathOf = (path: string): string => `/api/v1/${path}`;
  try {
    const seconds = short ? SECONDS.short : SECONDS.long;
    const load = async (server: typeof one): Promise<PreparedLoad> => ({
      ...(await prepareLoad({ ...server, pathOf }, small, { site, folder })),
      // wrk can't use more than a core for each of its threads, and two of them are enough for two workers.
      cores: loadCores,
      threads: Math.min(2, loadCores.length),
    });
    const [alone, together] = [await load(one), await load(two)];
    for (const each of [alone, together]) await checkedLoad(each, seconds);
    say(`${small.name}, in turn`);
    const figures = await alternate(short ? ROUNDS.short : ROUNDS.long, {
      '1': () => checkedLoad(alone, seconds),
      '2': () => everyWorkerServes(two.pid(), canTell, () => checkedLoad(together, seconds)),
    });
    const rows = Object.entries(figures).map(([workers, each]) => rowOf(Number(workers), each));
    const columns = ['workers', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/request', 'core %', 'RSS MB'];
    const [ones, twos] = [figures['1'], figures['2']].map((each) => each.map(({ perSecond }) => perSecond));
    const ratio = ratioOf(medianRatio(twos ?? [], ones ?? []), canTell ? undefined : all.length);
    return { title: `Workers: ${small.name}, wrk with 64 connections`, columns, rows, ratios: [ratio] };
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
}

/** @param tooFewCores how many there are, where they are too few */
function ratioOf(value: number, tooFewCores: number | undefined): Ratio {
  const name = 'two workers / one';
  if (tooFewCores === undefined) return { name, value, bound: BOUND };
  const note = `no verdict: two workers and the load need a core each, and this machine has ${tooFewCores}`;
  return { name, value, note };
}

function rowOf(workers: number, figures: readonly ReadFigures[]): number[] {
  const { perSecond, p50Ms, p99Ms, cpuMicros, corePercent, rssMb } = medianOf(figures);
  return [workers, Math.round(perSecond), p50Ms, p99Ms, cpuMicros, Math.round(corePercent), Math.round(rssMb)];
}

/**
 * Fails where a worker has had nothing to do: the ratio would be one of a single worker. Where they share cores with
 * the load, whichever runs first can get nearly all of the connections.
 */
async function everyWorkerServes<T>(pid: number, hasCores: boolean, work: () => Promise<T>): Promise<T> {
  const workers = treeOf(pid).slice(1);
  assert.equal(workers.length, 2, 'the proxy has two workers');
  const before = workers.map((each) => costOf(each).cpuSeconds);
  const result = await work();
  const spent = workers.map((each, i) => costOf(each).cpuSeconds - (before[i] ?? 0));
  assert.ok(
    !hasCores || spent.every((each) => each > 0.1 * Math.max(...spent)),
    `each worker serves: ${spent.join(', ')} s of CPU`,
  );
  return result;
}
