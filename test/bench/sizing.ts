import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { join } from 'node:path';
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { runProgram } from '../real/run-program.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { askOnce, throughAgent } from './check-answers.ts';
import type { ServedWorld } from './crawl-server.ts';
import { ORGANIZATION } from './crawl-world.ts';
import { machineCores } from './machine.ts';
import { startPinned } from './pinned.ts';
import { costOf } from './process-cost.ts';
import { startProxy } from './servers.ts';
import { runLoad } from './wrk.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** As the package has them: from the sources, Node holds what strips their types as well. */
const INDEXER = join(ROOT, 'dist', 'indexer', 'main.js');
const PROXY = join(ROOT, 'dist', 'proxy', 'main.js');
const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-peak.ts')).href;
const SIZES = { short: [40], long: [1_000, 10_000] } as const;
const RELEASES_EACH = 3;
/** Releases of the world beyond those. */
const BESIDE = 120;
const LOAD_SECONDS = 5;
const MB = 1_000_000;

type Row = BenchResult['rows'][number];

interface Place {
  extensions: number;
  folder: string;
  /** `[site] path`. */
  site: string;
  say: BenchOptions['say'];
}

/** What the programs take, as an operator runs them: the figures of deploy/README.md. Nothing is compared. */
export async function benchSizing({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  say('building the programs');
  await runProgram('npm', ['run', 'build'], { cwd: ROOT });
  const rows: Row[] = [];
  for (const extensions of short ? SIZES.short : SIZES.long) {
    const place = { extensions, folder, site: join(folder, `site-${extensions}`), say };
    const { sources, figures } = await measureIndexer(place);
    rows.push(...figures, ...(await measureProxy(place, sources, short ? 1 : LOAD_SECONDS)));
    const disk = await runProgram('du', ['--summarize', `--block-size=${MB}`, place.site]);
    rows.push([extensions, 'site on the disk', '', '', Number.parseInt(disk, 10)]);
  }
  return {
    title: `Sizing: ${RELEASES_EACH} versions of each extension, half of them at Gitea, half at a registry`,
    columns: ['extensions', 'what', 'seconds', 'RSS, MB', 'MB'],
    rows,
    ratios: [],
  };
}

/** @returns the peak of each run, and the sources' part of a configuration */
async function measureIndexer({ extensions, folder, site, say }: Place): Promise<{ sources: string; figures: Row[] }> {
  say(`a world of ${extensions} extensions`);
  const size = { extensions, releases: RELEASES_EACH * extensions + BESIDE };
  const world = await startPinned<ServedWorld>('crawl-server.ts', machineCores().load, size);
  try {
    const { gitea, oci } = world.told;
    const sources =
      `[gitea]\nurl = "${gitea}"\norganization = "${ORGANIZATION}"\n` +
      `[oci]\nregistry = "${oci}"\nnamespace = "${ORGANIZATION}"\n`;
    const config = join(folder, `indexer-${extensions}.toml`);
    await writeFile(config, `${sources}[site]\npath = ${JSON.stringify(site)}\n`);
    const figures: Row[] = [];
    for (const what of ['first crawl', 'unchanged crawl']) {
      say(`${what} of ${extensions} extensions`);
      figures.push([extensions, `indexer, ${what}`, ...(await runIndexer(config, join(folder, 'peak'))), '']);
    }
    return { sources, figures };
  } finally {
    await world.end();
  }
}

async function runIndexer(config: string, peakFile: string): Promise<[seconds: string, megabytes: number]> {
  const startedMs = performance.now();
  await runProgram(process.execPath, ['--import', RECORDER, INDEXER, '--config', config, '--quiet'], {
    env: { ...env, RECORD_PEAK: peakFile },
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  // In KiB (getrusage(2)).
  return [seconds.toFixed(1), Math.round((Number(await readFile(peakFile, 'utf8')) * 1_024) / MB)];
}

/** The program after each of what its users do, one after the other. */
async function measureProxy({ extensions, folder, site, say }: Place, config: string, seconds: number): Promise<Row[]> {
  say(`the proxy over ${extensions} extensions`);
  const proxy = await startProxy({ folder, core: machineCores().server, site, config, program: PROXY });
  const read = async (path: string, agent?: Agent): Promise<Buffer> => {
    const { status, body } = await askOnce(`${proxy.url}/api/v1/${path}`, {}, agent);
    assert.equal(status, 200, path);
    return body;
  };
  const rows: Row[] = [];
  const note = (what: string): void =>
    void rows.push([extensions, `proxy, ${what}`, '', Math.round(costOf(proxy.pid()).rssBytes / MB), '']);
  try {
    note('started');
    const list = JSON.parse((await read('extensions')).toString()) as { type: string; name: string }[];
    assert.equal(list.length, extensions);
    for (const path of ['extensions?type=provider', 'extensions/search?q=machine']) await read(path);
    note('after list, query and search');
    const paths = list.map(({ type, name }) => `extensions/${type}/${name}`);
    await throughAgent([...paths, ...paths.map((each) => `${each}/versions`)], read);
    note('after every document');
    const { perSecond } = await runLoad({ url: `${proxy.url}/api/v1/${paths[0]}`, seconds });
    note(`after ${seconds} s of ${Math.round(perSecond)} reads a second`);
    return rows;
  } finally {
    await proxy.stop();
  }
}
