import { join } from 'node:path';
import type { BenchOptions, BenchResult, Ratio } from './bench.ts';
import { alternate, medianOf, medianRatio } from './median.ts';
import { startReadServers, type ReadServer } from './reads-servers.ts';
import { checkedLoad, prepareLoad, type PreparedLoad, type ReadFigures } from './reads-load.ts';
import { readCases, type ReadCase } from './reads-cases.ts';
import { sharedBenchSite, type PublishedSite } from './published-site.ts';

const EXTENSIONS = { short: 300, long: 10_000 };
const ROUNDS = { short: 1, long: 5 };
/** wrk knows whole seconds only. */
const SECONDS = 1;
/** Of nginx's requests a second, on one core each. */
const BOUND = 0.55;
/** Of a core; below it, a server waited for requests. */
const BUSY_PERCENT = 90;

const COLUMNS = ['document', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/request', 'core %', 'RSS MB'];

/** Cached reads: the proxy against nginx with its files open and compressed beforehand, each on the same core. */
export async function benchReads({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  const [size, rounds] = short ? [EXTENSIONS.short, ROUNDS.short] : [EXTENSIONS.long, ROUNDS.long];
  say(`publishing ${size} extensions`);
  const site = await sharedBenchSite(join(folder, '..'), size);
  const cases = await readCases(site);
  const servers = await startReadServers({ folder, site, cases });
  try {
    const results: CaseResult[] = [];
    for (const each of cases) {
      say(each.name);
      results.push(await measure(each, { servers: serversFor(each, servers), site, rounds, folder }));
    }
    return {
      title: `Cached reads: nginx and the proxy, ${size} extensions published, wrk with 64 connections`,
      columns: COLUMNS,
      rows: results.flatMap((each) => each.rows),
      ratios: results.flatMap((each) => each.ratios),
    };
  } finally {
    await Promise.all(Object.values(servers).map((each) => each.stop()));
  }
}

type Servers = Readonly<Record<string, ReadServer>>;

/** The proxy that logs requests is one row's, to show what its log costs. */
function serversFor({ logged }: ReadCase, servers: Servers): Servers {
  return Object.fromEntries(Object.entries(servers).filter(([name]) => name !== 'proxy, info log' || logged === true));
}

interface CaseResult {
  rows: (string | number)[][];
  ratios: Ratio[];
}

interface Measuring {
  servers: Servers;
  site: PublishedSite;
  rounds: number;
  folder: string;
}

async function measure(asked: ReadCase, { servers, site, rounds, folder }: Measuring): Promise<CaseResult> {
  const loads: [string, PreparedLoad][] = [];
  for (const [name, server] of Object.entries(servers)) {
    loads.push([name, await prepareLoad(server, asked, { site, folder })]);
  }
  // The first second goes to caches and to the just-in-time compiler; the short form can do without.
  for (const [, load] of rounds > 1 ? loads : []) await checkedLoad(load, SECONDS);
  const figures = await alternate(
    rounds,
    Object.fromEntries(loads.map(([name, load]) => [name, () => checkedLoad(load, SECONDS)])),
  );
  const medians = Object.fromEntries(Object.entries(figures).map(([name, each]) => [name, medianOf(each)]));
  const rows = Object.entries(medians).map(([name, each]) => {
    const { perSecond, p50Ms, p99Ms, cpuMicros, corePercent, rssMb } = each;
    return [
      asked.name,
      name,
      Math.round(perSecond),
      p50Ms,
      p99Ms,
      cpuMicros,
      Math.round(corePercent),
      Math.round(rssMb),
    ];
  });
  const note = noteOf(medians['nginx'], medians['proxy']);
  const rates = (name: string): number[] => (figures[name] ?? []).map((each) => each.perSecond);
  const ratios = Object.keys(figures)
    .filter((name) => name !== 'nginx')
    .map((name): Ratio => {
      const value = medianRatio(rates(name), rates('nginx'));
      if (name !== 'proxy') return { name: `${asked.name}: ${name} / nginx`, value, note: 'nginx logs nothing' };
      return { name: `${asked.name}: proxy / nginx`, value, bound: BOUND, aim: asked.aim, ...note };
    });
  return { rows, ratios };
}

/** Where nginx waited for the load, requests/s flatter us, and only CPU tells. */
function noteOf(nginx: ReadFigures | undefined, proxy: ReadFigures | undefined): { note?: string } {
  if (nginx === undefined || proxy === undefined || nginx.corePercent >= BUSY_PERCENT) return {};
  const why =
    proxy.corePercent < BUSY_PERCENT
      ? 'something else used the machine, measure again'
      : `the load is the limit, nginx used ${Math.round(nginx.corePercent)} % of its core`;
  return { note: `${why}; by CPU a request ${(nginx.cpuMicros / proxy.cpuMicros).toFixed(2)}` };
}
