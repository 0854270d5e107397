import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchOptions, BenchResult } from './bench.ts';
import type { BareLists, Fetched } from './crawl-bare.ts';
import type { Crawled, CrawlTask, Measured } from './crawl-client.ts';
import type { Asked, AskedRequests, ServedWorld } from './crawl-server.ts';
import type { WorldSize } from './crawl-world.ts';
import { runPinned, startPinned, type Pinned } from './pinned.ts';

const [CLIENT_CORE, SERVER_CORE] = [0, 1];
/** `[indexer] concurrency`'s default. */
const CONCURRENCY = 4;
const MB = 1_000_000;

/**
 * A crawl whose digests are known, to undici alone with the same requests; then a first crawl, which reads all bytes,
 * to undici and SHA-256 alone. Each run is a process of its own on the one core, the backends are on the other.
 */
export async function benchCrawl(options: BenchOptions): Promise<BenchResult> {
  const { short } = options;
  const small = await withWorld(
    short ? { extensions: 40, releases: 240 } : { extensions: 1_000, releases: 5_000 },
    (world) => benchListing(world, options, short ? 1 : 9),
  );
  const unchanged = await withWorld(
    short ? { extensions: 40, releases: 240 } : { extensions: 1_000, releases: 10_000 },
    (world) => benchUnchanged(world, options),
  );
  const sizes = short ? [1_000, 50_000, 2 * MB] : [2_000, 20_000, 100_000, 500_000, 2 * MB, 8 * MB, 32 * MB];
  const large = await withWorld({ extensions: 40, releases: short ? 164 : 260, assetSizes: sizes }, (world) =>
    benchReading(world, options, short ? 1 : 7),
  );
  return {
    title: 'Crawl, on the fakes in a process of its own',
    columns: ['run', 'requests', 'MB', 'seconds', 'requests/s', 'MB/s', 'CPU s', 'RSS MB'],
    rows: [...unchanged.rows, ...small.rows, ...large.rows],
    ratios: [...unchanged.ratios, ...small.ratios, ...large.ratios],
  };
}

type Part = Pick<BenchResult, 'rows' | 'ratios'>;
type World = Pinned<ServedWorld>;

async function withWorld(size: WorldSize, run: (world: World) => Promise<Part>): Promise<Part> {
  const world = await startPinned<ServedWorld>('crawl-server.ts', SERVER_CORE, size);
  try {
    return await run(world);
  } finally {
    await world.end();
  }
}

const DAY_MS = 86_400_000;
const TEN_MINUTES_MS = 600_000;

/**
 * A day of crawls, one each ten minutes, of a world in which nothing changes: against the requests that tell whether
 * anything has. The turns in which each repository is read again within a week are among them.
 */
async function benchUnchanged(world: World, { folder, say, short }: BenchOptions): Promise<Part> {
  const files = { memory: join(folder, 'unchanged-memory.json'), looks: join(folder, 'unchanged-looks.json') };
  const write = { writeMemory: files.memory, writeLooks: files.looks };
  const read = { readMemory: files.memory, readLooks: files.looks };
  const startMs = Date.parse('2026-06-01T12:00:00Z');
  say('crawl: a first crawl, then days in which nothing changes');
  const first = await crawl(world, { ...write, nowMs: startMs });
  await crawl(world, { ...read, ...write, nowMs: startMs + 2 * DAY_MS });
  await world.ask<AskedRequests>('forget');
  const runs: Crawled[] = [];
  const count = short ? 12 : DAY_MS / TEN_MINUTES_MS;
  for (let run = 1; run <= count; run += 1) {
    runs.push(await crawl(world, { ...read, ...write, nowMs: startMs + 2 * DAY_MS + run * TEN_MINUTES_MS }));
    same('the catalogue of an unchanged world', runs.at(-1)?.catalogue, first.catalogue);
  }
  const asked = await world.ask<AskedRequests>('tell');
  const requests = asked.gitea.length + asked.oci.length;
  const assets = [...asked.gitea, ...asked.oci].filter(({ target }) => /^\/attachments\/|\/blobs\//.test(target));
  same('assets that are asked for', assets.length, 0);
  const fewest = count * (world.told.expected.lists.gitea + world.told.expected.lists.oci);
  return {
    rows: [rowOf('unchanged world, a crawl', runs, 0)],
    ratios: [
      {
        // More is better: the bound of 1.1 times the requests.
        name: 'unchanged world: fewest requests / requests of its crawls',
        value: fewest / requests,
        bound: 1 / 1.1,
        note: `${count} crawls, ten minutes apart: ${requests} requests, at least ${fewest} (${(requests / fewest).toFixed(3)} times), none for an asset`,
      },
    ],
  };
}

/** All digests known: only lists and OCI manifests are asked for, each once. */
async function benchListing(world: World, { folder, say }: BenchOptions, pairs: number): Promise<Part> {
  const memoryFile = join(folder, 'memory.json');
  const requestsFile = join(folder, 'requests.json');
  say('crawl: a first crawl, which reads all digests');
  const first = await crawl(world, { writeMemory: memoryFile });
  await world.ask<AskedRequests>('forget');
  const expected = await crawl(world, { readMemory: memoryFile });
  const asked = await world.ask<AskedRequests>('tell');
  checkCrawl(world.told, expected);
  same('the catalogues of two crawls', first.catalogue, expected.catalogue);
  const { requests } = world.told.expected;
  same('requests to Gitea, and the fewest possible', asked.gitea.length, requests.gitea);
  same('requests to the registry, and the fewest possible', asked.oci.length, requests.oci);
  await writeFile(requestsFile, JSON.stringify(listsOf(world.told, asked)));
  const [ours, bare]: [Crawled[], Fetched[]] = [[], []];
  for (let pair = 1; pair <= pairs; pair += 1) {
    say(`crawl: digests known, pair ${pair} of ${pairs}`);
    bare.push(
      await runPinned<Fetched>('crawl-bare.ts', CLIENT_CORE, {
        requestsFile,
        concurrency: CONCURRENCY,
        digests: false,
      }),
    );
    ours.push(await crawl(world, { readMemory: memoryFile }));
    same('the catalogue of a repeated crawl', ours.at(-1)?.catalogue, expected.catalogue);
    same('requests of a repeated crawl', ours.at(-1)?.requests, requests.gitea + requests.oci);
    same('requests of undici alone', bare.at(-1)?.requests, requests.gitea + requests.oci);
    await world.ask<AskedRequests>('forget');
  }
  const bytes = bare[0]?.bytes ?? 0;
  return {
    rows: [rowOf('undici alone, the same requests', bare, bytes), rowOf('crawl, digests known', ours, bytes)],
    ratios: [
      {
        // More is better: the bound of 1.3 times the time.
        name: 'crawl with digests known: time of undici alone / time of the crawl',
        value: median(bare.map((each, at) => each.ms / (ours[at]?.ms ?? NaN))),
        bound: 1 / 1.3,
        note: `${requests.gitea + requests.oci} requests, the fewest possible; the crawl takes ${(1 / median(bare.map((each, at) => each.ms / (ours[at]?.ms ?? NaN)))).toFixed(2)} times as long`,
      },
    ],
  };
}

/** Nothing known: each attachment is read once. */
async function benchReading(world: World, { folder, say }: BenchOptions, pairs: number): Promise<Part> {
  const requestsFile = join(folder, 'attachments.json');
  const { attachments, attachmentBytes, requests } = world.told.expected;
  const [ours, bare]: [Crawled[], Fetched[]] = [[], []];
  for (let pair = 0; pair <= pairs; pair += 1) {
    say(`crawl: first crawl, pair ${pair} of ${pairs}`);
    const crawled = await crawl(world, {});
    const asked = (await world.ask<AskedRequests>('tell')).gitea.filter(({ target }) =>
      target.startsWith('/attachments/'),
    );
    checkCrawl(world.told, crawled);
    same('requests of a first crawl', crawled.requests, requests.gitea + requests.oci + attachments);
    same('attachments read', [crawled.assetsRead, crawled.bytesRead], [attachments, attachmentBytes]);
    const lists: BareLists = [{ origin: world.told.gitea, serial: [], parallel: asked }];
    await writeFile(requestsFile, JSON.stringify(lists));
    const fetched = await runPinned<Fetched>('crawl-bare.ts', CLIENT_CORE, {
      requestsFile,
      concurrency: CONCURRENCY,
      digests: true,
    });
    same('bytes of undici alone', fetched.bytes, attachmentBytes);
    await world.ask<AskedRequests>('forget');
    // The first pair warms up the backend.
    if (pair > 0) {
      ours.push(crawled);
      bare.push(fetched);
    }
  }
  return {
    rows: [
      rowOf('undici and SHA-256 alone', bare, attachmentBytes),
      rowOf('first crawl, which reads all', ours, attachmentBytes),
    ],
    ratios: [
      {
        name: 'first crawl: bytes/s / bytes/s of undici and SHA-256 alone',
        value: median(ours.map((each, at) => (bare[at]?.ms ?? NaN) / each.ms)),
        bound: 0.8,
        note: `${attachments} attachments, ${Math.round(attachmentBytes / MB)} MB`,
      },
    ],
  };
}

function crawl({ told }: World, task: Omit<CrawlTask, 'gitea' | 'oci' | 'concurrency'>): Promise<Crawled> {
  const { gitea, oci } = told;
  return runPinned<Crawled>('crawl-client.ts', CLIENT_CORE, {
    gitea,
    oci,
    concurrency: CONCURRENCY,
    ...task,
  } satisfies CrawlTask);
}

function listsOf({ gitea, oci }: ServedWorld, asked: AskedRequests): BareLists {
  const split = (origin: string, all: readonly Asked[], isSerial: RegExp) => ({
    origin,
    serial: all.filter((each) => isSerial.test(each.target)),
    parallel: all.filter((each) => !isSerial.test(each.target)),
  });
  return [split(gitea, asked.gitea, /^\/api\/v1\/orgs\//), split(oci, asked.oci, /^\/v2\/_catalog/)];
}

function checkCrawl({ expected }: ServedWorld, crawled: Crawled): void {
  same('primary assets’ digests', sortedEntries(crawled.primaries), sortedEntries(expected.primaries));
}

function sortedEntries(values: Record<string, string>): [string, string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

function same(what: string, found: unknown, expected: unknown): void {
  const [is, should] = [found, expected].map((each) => JSON.stringify(each));
  if (is !== should) throw new Error(`${what}: ${is?.slice(0, 200)}, not ${should?.slice(0, 200)}.`);
}

function rowOf(name: string, runs: readonly Measured[], bytes: number): (string | number)[] {
  const of = (value: (run: Measured) => number): number => median(runs.map(value));
  const seconds = of((each) => each.ms) / 1_000;
  const requests = of((each) => each.requests);
  return [
    name,
    requests,
    Math.round(bytes / MB),
    seconds.toFixed(3),
    Math.round(requests / seconds),
    Math.round(bytes / MB / seconds),
    of((each) => each.cpuMs / 1_000).toFixed(3),
    Math.round(of((each) => each.rssMb)),
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
}
