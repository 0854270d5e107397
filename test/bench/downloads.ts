import type { HashTask } from './bare-hash.ts';
import type { BenchOptions, BenchResult, Ratio } from './bench.ts';
import type { LoadTask, Streamed } from './downloads-load.ts';
import { askedFor, checkBytes, type DownloadsBench, type Part } from './downloads-bench.ts';
import { measureCrowds, measureFirstByte, measureSmall } from './downloads-clients.ts';
import {
  backendPath,
  proxyPath,
  startDownloadsProxy,
  startDownloadsWorld,
  type BenchAsset,
} from './downloads-world.ts';
import { machineCores } from './machine.ts';
import { alternate, median, medianRatio } from './median.ts';
import { runPinned, startPinned, type Pinned } from './pinned.ts';
import { costOf } from './process-cost.ts';
import type { BenchServer } from './servers.ts';

const [KB, MB] = [1_000, 1_000_000];
const SIZES = {
  short: { huge: 40 * MB, large: 8 * MB, middle: 4 * MB, small: 2 * KB },
  long: { huge: 2 * 1024 ** 3, large: 200 * MB, middle: 20 * MB, small: 2 * KB },
};
const ROUNDS = { short: 1, long: 5 };

interface Case {
  name: string;
  streams: number;
  /** Bytes that are not checked: all but the first one, which makes it a range. */
  isRange: boolean;
  bound: number;
  aim?: number;
}

const CASES: readonly Case[] = [
  { name: 'digest checked, 1 stream', streams: 1, isRange: false, bound: 0.9, aim: 1.1 },
  { name: 'digest checked, 8 streams', streams: 8, isRange: false, bound: 0.9, aim: 1.1 },
  { name: 'range, 1 stream', streams: 1, isRange: true, bound: 0.9 },
  { name: 'range, 8 streams', streams: 8, isRange: true, bound: 0.75 },
];

const COLUMNS = ['download', 'server', 'MB/s', 'requests/s', 'CPU s/GB', 'ms (p50)', 'RSS MB'];

/** Verified and unverified downloads: the proxy against nginx before the same backend, and SHA-256 alone. */
export async function benchDownloads(options: BenchOptions): Promise<BenchResult> {
  const form = options.short ? 'short' : 'long';
  options.say('writing and crawling the assets');
  const world = await startDownloadsWorld(options.folder, SIZES[form]);
  let load: Pinned<string> | undefined;
  try {
    load = await startPinned<string>('downloads-load.ts', machineCores().load, {});
    const bench = { ...options, world, load, rounds: ROUNDS[form] };
    const parts = [
      ...(await measureCases(bench)),
      await measureSmall(bench),
      await measureFirstByte(bench),
      await measureCrowds(bench),
    ];
    return {
      title: `Downloads of ${SIZES[form].large / MB} MB: nginx (proxy_pass, default buffers) and the proxy`,
      columns: COLUMNS,
      rows: parts.flatMap((each) => each.rows),
      ratios: parts.flatMap((each) => each.ratios),
    };
  } finally {
    await load?.end();
    await world.stop();
  }
}

async function measureCases(bench: DownloadsBench): Promise<Part[]> {
  const { world, folder, say } = bench;
  const proxy = await startDownloadsProxy(world, folder);
  try {
    const parts: Part[] = [];
    for (const each of CASES) {
      say(each.name);
      parts.push(await measureCase(each, proxy, bench));
    }
    return parts;
  } finally {
    await proxy.stop();
  }
}

interface Figures {
  secondsPerGB: number;
  cpuSecondsPerGB: number;
  rssMb: number;
}

async function measureCase(each: Case, proxy: BenchServer, bench: DownloadsBench): Promise<Part> {
  const { world, rounds } = bench;
  const { large } = world.assets;
  const figures = await alternate(rounds, {
    nginx: () => measureStreams(each, { server: world.peer, path: backendPath(large), bench }),
    proxy: () => measureStreams(each, { server: proxy, path: proxyPath(large), bench }),
    hash: () => measureHash(large),
  });
  const rate = (from: readonly Figures[]): number => KB / median(from.map(({ secondsPerGB }) => secondsPerGB));
  const rows = Object.entries(figures).map(([name, from]) => [
    each.name,
    name === 'hash' ? 'SHA-256 alone' : name,
    rate(from),
    '',
    median(from.map(({ cpuSecondsPerGB }) => cpuSecondsPerGB)),
    '',
    median(from.map(({ rssMb }) => rssMb)),
  ]);
  const seconds = (from: readonly Figures[]): number[] => from.map(({ secondsPerGB }) => secondsPerGB);
  const [ours, hash, nginx] = [seconds(figures.proxy), seconds(figures.hash), seconds(figures.nginx)];
  const limit = nginx.map((each_, round) => each_ + (each.isRange ? 0 : (hash[round] ?? NaN)));
  const { name, bound, aim } = each;
  const ratio: Ratio = {
    name: `${name}: proxy / ${each.isRange ? 'nginx' : '(nginx + SHA-256)'}`,
    value: medianRatio(limit, ours),
    bound,
    ...(aim !== undefined && { aim }),
  };
  return { rows, ratios: [ratio] };
}

interface Contestant {
  server: BenchServer;
  path: string;
  bench: DownloadsBench;
}

/** One round: its bytes are checked before the clock starts, and their number while it runs. */
async function measureStreams({ streams, isRange }: Case, { server, path, bench }: Contestant): Promise<Figures> {
  const { large } = bench.world.assets;
  const whole = askedFor(server, path, large);
  const part = { ...whole, range: 'bytes=1-', length: large.sizeBytes - 1 };
  const asked = isRange ? part : whole;
  await checkBytes(bench, { asked, streams, sha256: isRange ? large.restSha256 : large.sha256 });
  const before = costOf(server.pid());
  const told = await bench.load.ask<Streamed>({
    kind: 'streams',
    asked,
    streams,
    each: streams === 1 ? 2 : 1,
  } satisfies LoadTask);
  const after = costOf(server.pid());
  const gigabytes = told.bytes / MB / KB;
  return {
    secondsPerGB: told.seconds / gigabytes,
    cpuSecondsPerGB: (after.cpuSeconds - before.cpuSeconds) / gigabytes,
    rssMb: after.rssBytes / MB,
  };
}

async function measureHash({ sizeBytes }: BenchAsset): Promise<Figures> {
  const task: HashTask = { bytes: sizeBytes };
  const seconds = await runPinned<number>('bare-hash.ts', machineCores().server, task);
  const secondsPerGB = seconds / (sizeBytes / MB / KB);
  return { secondsPerGB, cpuSecondsPerGB: secondsPerGB, rssMb: 0 };
}
