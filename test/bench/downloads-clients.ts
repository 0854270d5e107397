import { strict as assert } from 'node:assert';
import { askOnce } from './check-answers.ts';
import { askedFor, checkBytes, type DownloadsBench, type Part } from './downloads-bench.ts';
import type { Crowded, FirstBytes, LoadTask } from './downloads-load.ts';
import { backendPath, proxyPath, startDownloadsProxy, type BenchAsset } from './downloads-world.ts';
import { alternate, median, medianRatio } from './median.ts';
import { costOf } from './process-cost.ts';
import { checkWhole } from './reads-load.ts';
import type { BenchServer } from './servers.ts';
import { waitUntil } from '../real/wait-until.ts';
import { runLoad } from './wrk.ts';

const MB = 1_000_000;
const CLIENTS = { fast: 25, slow: 25 };
const MAX_GROWTH_MB = 120;
/** Times the backend's own. */
const MAX_FIRST_BYTE = 1.5;

/** Assets of 2 KB, 64 connections. */
export async function measureSmall(bench: DownloadsBench): Promise<Part> {
  const { world, folder, say, rounds, short } = bench;
  say('2 KB assets, 64 connections');
  const { small } = world.assets;
  const proxy = await startDownloadsProxy(world, folder);
  try {
    await warmUp(proxy, small, short ? 1 : 4);
    const asked = askedFor(proxy, proxyPath(small), small);
    await checkBytes(bench, { asked, streams: 64, sha256: small.sha256 });
    const figures = await alternate(rounds + 1, {
      nginx: () => loadSmall(world.peer, backendPath(small)),
      proxy: () => loadSmall(proxy, proxyPath(small)),
    });
    const rows = Object.entries(figures).map(([name, each]) => [
      '2 KB, 64 connections',
      name,
      '',
      median(each.map(({ perSecond }) => perSecond)),
      '',
      median(each.map(({ p50Ms }) => p50Ms)),
      median(each.map(({ rssMb }) => rssMb)),
    ]);
    const rates = (of: (typeof figures)['proxy']): number[] => of.map(({ perSecond }) => perSecond);
    const value = medianRatio(rates(figures.proxy), rates(figures.nginx));
    return { rows, ratios: [{ name: '2 KB, 64 connections: proxy / nginx', value }] };
  } finally {
    await proxy.stop();
  }
}

/**
 * As a proxy is that has run for a while: what was just started compiles its code while it answers, and gives half the
 * rate in its first two seconds.
 */
async function warmUp(proxy: BenchServer, small: BenchAsset, seconds: number): Promise<void> {
  await runLoad({ url: `${proxy.url}${proxyPath(small)}`, seconds });
}

async function loadSmall(server: BenchServer, path: string) {
  const url = `${server.url}${path}`;
  const { status, wireBytes } = await askOnce(url, {});
  assert.equal(status, 200, url);
  const result = await runLoad({ url, seconds: 1 });
  checkWhole(result, [wireBytes]);
  return { perSecond: result.perSecond, p50Ms: result.p50Ms, rssMb: costOf(server.pid()).rssBytes / MB };
}

/** From the request to the first byte of the body. */
export async function measureFirstByte({ world, folder, load, say, short }: DownloadsBench): Promise<Part> {
  say('the first byte');
  const { middle, small } = world.assets;
  const proxy = await startDownloadsProxy(world, folder);
  const times = short ? 3 : 50;
  const firstBytes = (server: BenchServer, path: string) => async () => {
    const task: LoadTask = { kind: 'first-bytes', asked: askedFor(server, path, middle), times };
    return median((await load.ask<FirstBytes>(task)).firstByteMs);
  };
  try {
    await warmUp(proxy, small, short ? 1 : 4);
    const figures = await alternate(3, {
      backend: firstBytes(world.backend, backendPath(middle)),
      nginx: firstBytes(world.peer, backendPath(middle)),
      proxy: firstBytes(proxy, proxyPath(middle)),
    });
    const rows = Object.entries(figures).map(([name, each]) => ['first byte', name, '', '', '', median(each), '']);
    const value = medianRatio(figures.backend, figures.proxy);
    return { rows, ratios: [{ name: 'first byte: backend / proxy', value, bound: 1 / MAX_FIRST_BYTE }] };
  } finally {
    await proxy.stop();
  }
}

/** Many clients at once, half of them slow: what they cost of memory, and that they leave nothing behind. */
export async function measureCrowds(bench: DownloadsBench): Promise<Part> {
  const { middle, huge } = bench.world.assets;
  const crowds = { middle: await measureCrowd(middle, bench), huge: await measureCrowd(huge, bench) };
  const rows = Object.values(crowds).map(({ name, megabytesPerSecond, growthMb }) => [
    `${name}, RSS growth`,
    'proxy',
    megabytesPerSecond,
    '',
    '',
    '',
    growthMb,
  ]);
  return {
    rows,
    ratios: [
      {
        name: `${crowds.huge.name}: ${MAX_GROWTH_MB} MB / RSS growth`,
        value: MAX_GROWTH_MB / crowds.huge.growthMb,
        bound: 1,
      },
      // A tenth for what one run differs from the next.
      {
        name: 'RSS growth of the middle / of the huge asset',
        value: crowds.middle.growthMb / crowds.huge.growthMb,
        bound: 0.9,
      },
    ],
  };
}

async function measureCrowd(asset: BenchAsset, bench: DownloadsBench) {
  const { world, folder, load, say, short } = bench;
  const name = `${CLIENTS.fast + CLIENTS.slow} clients, half slow, ${Math.round(asset.sizeBytes / MB)} MB`;
  say(name);
  const proxy = await startDownloadsProxy(world, folder);
  try {
    const idle = costOf(proxy.pid()).rssBytes;
    const seconds = short ? 1 : 10;
    const asked = askedFor(proxy, proxyPath(asset), asset);
    const told = await load.ask<Crowded>({ kind: 'crowd', asked, ...CLIENTS, seconds } satisfies LoadTask);
    const growthMb = (costOf(proxy.pid()).peakRssBytes - idle) / MB;
    await nothingLeft(proxy);
    await checkBytes(bench, { asked, streams: 2, sha256: asset.sha256 });
    return { name, growthMb, megabytesPerSecond: (told.fastBytes + told.slowBytes) / seconds / MB };
  } finally {
    await proxy.stop();
  }
}

/** All clients have left: no download is under way any more, and none of them holds a connection to the backend. */
async function nothingLeft(proxy: BenchServer): Promise<void> {
  const inFlight = async (): Promise<number> => {
    const { body } = await askOnce(`${proxy.url}/api/v1/metrics`, {});
    return Number(/^extreg_downloads_in_flight (\d+)$/m.exec(body.toString())?.[1] ?? NaN);
  };
  await waitUntil('the end of the downloads whose clients have left', async () => (await inFlight()) === 0, 5_000);
}
