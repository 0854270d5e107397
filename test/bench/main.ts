import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import type { Bench, BenchResult } from './bench.ts';
import { describeMachine } from './machine.ts';
import { provideBenchPrograms } from './programs.ts';
import { isMissed, renderResult } from './table.ts';

const HELP = `npm run bench -- [NAME…] [--short] [--json]

Measures the programs against their peers on this machine; all of the benches without a NAME:

  reads      cached documents against nginx
  downloads  verified and unverified downloads against nginx and bare SHA-256
  crawl      a crawl against a bare loop of the same requests
  build      rendering and publishing 10,000 extensions
  start      until the proxy serves, and what the indexer's --help loads
  client     the client's own start, its memory, and what it asks of the network
  workers    two workers against one
  search     bytes and answers of search, by list and by shards, against MiniSearch
  sizing     what indexer and proxy take of memory and time, for deploy/README.md; compared with nothing

  --short    a form of seconds, which checks that every answer has the right bytes and enforces no bound
  --json     one JSON object on standard output instead of tables
  --help

Temporary files go to $TMPDIR, a few hundred megabytes. Needs Linux; nginx and wrk are fetched from Debian where they
are not installed. Exit codes: 0 all bounds held; 1 a bound was missed, or a bench failed; 2 usage.
`;

/** Each is loaded when it is its turn. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  reads: async () => (await import('./reads.ts')).benchReads,
  downloads: async () => (await import('./downloads.ts')).benchDownloads,
  crawl: async () => (await import('./crawl.ts')).benchCrawl,
  build: async () => (await import('./build.ts')).benchBuild,
  start: async () => (await import('./start.ts')).benchStart,
  client: async () => (await import('./client.ts')).benchClient,
  workers: async () => (await import('./workers.ts')).benchWorkers,
  search: async () => (await import('./search.ts')).benchSearch,
  sizing: async () => (await import('./sizing.ts')).benchSizing,
};

interface Flags {
  names: readonly string[];
  short: boolean;
  json: boolean;
}

process.exitCode = await run(argv.slice(2)).catch((error: unknown) => {
  stderr.write(`npm run bench: ${(error as Error).message}\n`);
  return 1;
});

async function run(args: string[]): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = parseFlags(args);
  } catch (error) {
    stderr.write(`npm run bench: ${(error as Error).message} See --help.\n`);
    return 2;
  }
  if (flags === undefined) {
    stdout.write(HELP);
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  // The servers end with us, but only where we end by ourselves.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return runBenches(flags, folder);
}

async function runBenches({ names, short, json }: Flags, folder: string): Promise<number> {
  await provideBenchPrograms((line) => void stderr.write(`${line}\n`));
  const machine = await describeMachine();
  if (!json) stdout.write(`${machine.join('\n')}\n${short ? 'Short form: the figures mean nothing.\n' : ''}\n`);
  const results: Record<string, BenchResult> = {};
  const failures: Record<string, string> = {};
  for (const name of names) {
    try {
      const result = await runBench(name, short, folder);
      results[name] = result;
      if (!json) stdout.write(`${renderResult(result, !short)}\n`);
    } catch (error) {
      failures[name] = (error as Error).message;
      stderr.write(`npm run bench: ${name} failed: ${(error as Error).stack}\n`);
    }
  }
  if (json) stdout.write(`${JSON.stringify({ machine, short, results, failures })}\n`);
  const missed = short ? [] : Object.values(results).flatMap((each) => each.ratios.filter(isMissed));
  return missed.length > 0 || Object.keys(failures).length > 0 ? 1 : 0;
}

async function runBench(name: string, short: boolean, parent: string): Promise<BenchResult> {
  const bench = await BENCHES[name]?.();
  if (bench === undefined) throw new TypeError(`There is no bench ${name}.`);
  const folder = join(parent, name);
  await mkdir(folder);
  const start = performance.now();
  const say = (line: string): void => {
    stderr.write(`${((performance.now() - start) / 1_000).toFixed(1).padStart(6)} s  ${name}: ${line}\n`);
  };
  const result = await bench({ short, folder, say });
  say('done');
  return result;
}

/** @returns undefined for `--help`. @throws Error with a sentence */
function parseFlags(args: string[]): Flags | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { short: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return undefined;
  const known = Object.keys(BENCHES);
  const unknown = positionals.find((each) => !known.includes(each));
  if (unknown !== undefined) throw new Error(`There is no bench ${unknown}; there are ${known.join(', ')}.`);
  const names = positionals.length === 0 ? known : [...new Set(positionals)];
  return { names, short: values.short === true, json: values.json === true };
}
