import { strict as assert } from 'node:assert';
import type { BenchOptions, BenchResult, Ratio } from './bench.ts';
import { runPinned } from './pinned.ts';
import type { Engine, Searched, SearchTask } from './search-step.ts';

const SIZES = { short: [1_000], long: [1_000, 10_000, 100_000] } as const;
const ROUNDS = { short: 1, long: 3 };
const CORE = 0;
const KB = 1_000;
/** Of MiniSearch's slowest answers to ours. */
const FASTER = 5;

/** Search by the list and by shards beside MiniSearch, on the same drawn catalogue. */
export async function benchSearch({ short, say }: BenchOptions): Promise<BenchResult> {
  const sizes: readonly number[] = short ? SIZES.short : SIZES.long;
  const rounds = short ? ROUNDS.short : ROUNDS.long;
  const measured = new Map<number, Searched>();
  for (const extensions of sizes) {
    say(`search: ${extensions} extensions`);
    const searched = await runPinned<Searched>('search-step.ts', CORE, { extensions, rounds } satisfies SearchTask);
    assert.equal(searched.differentScores, 0, `${extensions}: list and shards score alike`);
    measured.set(extensions, searched);
  }
  return {
    title: 'Search: by list and by shards, beside tuned MiniSearch (KB as brotli sends them)',
    columns: ['extensions', 'engine', 'first KB', 'next KB', 'next requests', 'build ms', 'p50 ms', 'p99 ms', 'S@1'],
    rows: [...measured].flatMap(([extensions, each]) => rowsOf(extensions, each)),
    ratios: [...measured].flatMap(([extensions, each]) => ratiosOf(extensions, each)),
  };
}

function rowsOf(extensions: number, { list, shards, peer }: Searched): BenchResult['rows'] {
  const times = ({ buildMs, p50Ms, p99Ms, successAt1 }: Engine): (string | number)[] => [
    buildMs,
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    successAt1.toFixed(3),
  ];
  const { firstBytes, nextBytes, nextMostBytes, nextRequests, nextMostRequests, headBytes, files } = shards;
  return [
    [extensions, 'list', list.bytes === 0 ? '' : kb(list.bytes), '0', '0', ...times(list)],
    [
      extensions,
      `shards (${files} files, head ${kb(headBytes)} KB)`,
      kb(firstBytes),
      `${kb(nextBytes)}, at most ${kb(nextMostBytes)}`,
      `${nextRequests}, at most ${nextMostRequests}`,
      ...times(shards),
    ],
    [extensions, 'MiniSearch over the list', '', '', '', ...times(peer)],
  ];
}

function kb(bytes: number): string {
  return (bytes / KB).toFixed(1);
}

function ratiosOf(extensions: number, searched: Searched): Ratio[] {
  const { list, shards, peer, changedPostings, changedRecords, differentOrders } = searched;
  const within = (what: string, [value, most]: [value: number, most: number], unit = ''): Ratio => ({
    // More is better: 1 where it is as much as it may be.
    name: `${extensions}: ${most}${unit} / ${what}`,
    value: most / value,
    bound: 1,
    note: `${Number(value.toPrecision(3))}${unit}`,
  });
  const faster = (what: string, ours: Engine): Ratio => ({
    name: `${extensions}: MiniSearch's p99 / p99 of ${what}`,
    value: peer.p99Ms / ours.p99Ms,
    ...(extensions === 100_000 && { bound: FASTER }),
  });
  const limits: Record<number, Ratio[]> = {
    1_000: [within('first query by the list', [list.bytes / KB, 32], ' KB')],
    10_000: [
      within('first query by the list', [list.bytes / KB, 260], ' KB'),
      within('first query by shards', [shards.firstBytes / KB, 62], ' KB'),
    ],
    100_000: [
      within('first query by shards', [shards.firstBytes / KB, 150], ' KB'),
      within("next query's median by shards", [shards.nextBytes / KB, 52], ' KB'),
      within("next query's median of requests", [shards.nextRequests, 20]),
      within('posting shards that one extension more changes', [100 * changedPostings, 5], ' %'),
      within('record shards that one extension more changes', [changedRecords, 2]),
    ],
  };
  return [
    ...(limits[extensions] ?? []),
    faster('the list', list),
    faster('shards', shards),
    {
      name: `${extensions}: success at 1 for names, by shards`,
      value: shards.successAt1,
      bound: 0.95,
      note: `MiniSearch ${peer.successAt1.toFixed(3)}; equals in another order than by the list in ${differentOrders} queries`,
    },
  ];
}
