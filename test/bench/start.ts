import { strict as assert } from 'node:assert';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { findFreePort } from '../real/server-process.ts';
import { runProgram } from '../real/run-program.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { askOnce } from './check-answers.ts';
import { alternate, median } from './median.ts';
import { costOf } from './process-cost.ts';
import { sharedBenchSite, type PublishedSite } from './published-site.ts';
import { READS_CONFIG } from './reads-servers.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const INDEXER = join(ROOT, 'indexer', 'main.ts');
const EXTENSIONS = { short: 300, long: 10_000 };
const ROUNDS = { short: 1, long: 5 };
/** From the start of the process to the first right answer. */
const READY_WITHIN_MS = 1_500;
const GIVE_UP_AFTER_MS = 30_000;
const ASK_EVERY_MS = 2;
/** Node's own start, with what it needs to strip types. */
const EMPTY = 'node with an empty TypeScript file';
/** The share of that in the time to print the indexer's help. */
const HELP_AIM = 0.8;

/** How long it is until the proxy serves, and what the indexer loads to print its help. Nothing is pinned. */
export async function benchStart({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  const [size, rounds] = short ? [EXTENSIONS.short, ROUNDS.short] : [EXTENSIONS.long, ROUNDS.long];
  say(`publishing ${size} extensions`);
  const site = await sharedBenchSite(join(folder, '..'), size);
  say('starting the proxy');
  const node = ['-r', './indexer/require-node.cjs', 'proxy/main.ts'];
  const ready = await alternate(rounds, {
    'npm run proxy': () => timeProxy({ program: 'npm', args: ['run', 'proxy', '--'], folder, site }),
    'node proxy/main.ts': () => timeProxy({ program: process.execPath, args: node, folder, site }),
  });
  say('printing the help of the indexer');
  const empty = join(folder, 'empty.ts');
  await writeFile(empty, 'export type Nothing = undefined;\n');
  const help = await alternate(rounds, {
    'node -e 0': () => timeProgram(['-e', '0']),
    [EMPTY]: () => timeProgram([empty]),
    'node indexer/main.ts --help': () => timeProgram([INDEXER, '--help']),
  });
  const { own, packages } = await modulesOfHelp(folder);
  assert.deepEqual(packages, [], 'the indexer loads packages to print its help');

  const readyRows = Object.entries(ready).map(([name, each]) => {
    const [ms, rssMb] = [median(each.map(({ ms }) => ms)), median(each.map(({ rssMb }) => rssMb))];
    return [`${name}, first document of ${size}`, Math.round(ms), Math.round(rssMb), ''] as const;
  });
  const helpRows = Object.entries(help).map(([name, each]) => {
    const loaded = name.includes('--help') ? `${own} modules of ours, no package` : '';
    return [name, Math.round(median(each)), '', loaded] as const;
  });
  const readyRatios = Object.entries(ready).map(([name, each]) => ({
    name: `${READY_WITHIN_MS} ms / ${name} until it serves`,
    value: READY_WITHIN_MS / median(each.map(({ ms }) => ms)),
    bound: 1,
  }));
  const helpRatio = median(help[EMPTY]) / median(help['node indexer/main.ts --help']);
  return {
    title: 'Start: from a process to its first right answer',
    columns: ['program', 'ms', 'RSS MB', 'loaded'],
    rows: [...readyRows, ...helpRows],
    ratios: [...readyRatios, { name: `${EMPTY} / the --help of the indexer`, value: helpRatio, aim: HELP_AIM }],
  };
}

interface Start {
  program: string;
  args: readonly string[];
  folder: string;
  site: PublishedSite;
}

/** From spawning to the whole document of an extension, which is compared with the published one. */
async function timeProxy({ program, args, folder, site }: Start): Promise<{ ms: number; rssMb: number }> {
  const port = await findFreePort();
  const config = join(folder, 'start.toml');
  const server = `[server]\nport = ${port}\n[site]\npath = ${JSON.stringify(site.folder)}\n`;
  await writeFile(config, `${server}${READS_CONFIG}`);
  const [id = ''] = site.ids;
  const path = `extensions/${id}`;
  const start = performance.now();
  // A group of its own: npm starts a shell, which starts the proxy.
  const options = { cwd: ROOT, detached: true, stdio: 'ignore' } as const;
  const child = spawn(program, [...args, '--config', config, '--grace-seconds', '0'], options);
  endWithUs(child);
  try {
    const body = await firstAnswer(`http://127.0.0.1:${port}/api/v1/${path}`, child, start + GIVE_UP_AFTER_MS);
    const ms = performance.now() - start;
    assert.deepEqual(body, await site.read(path), `${path}: other bytes than published`);
    return { ms, rssMb: costOf(child.pid ?? 0).rssBytes / 1_000_000 };
  } finally {
    await endGroup(child);
  }
}

async function firstAnswer(url: string, child: ChildProcess, deadline: number): Promise<Buffer> {
  for (;;) {
    assert.ok(child.exitCode === null, 'the proxy has ended before it served');
    assert.ok(performance.now() < deadline, 'the proxy does not begin to serve');
    const answer = await askOnce(url, {}).catch(() => undefined);
    if (answer?.status === 200) return answer.body;
    await pause(ASK_EVERY_MS);
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const gone = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await gone;
}

/** Also where we are ended before it. */
function endWithUs(child: ChildProcess): void {
  const kill = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

async function timeProgram(args: readonly string[]): Promise<number> {
  const start = performance.now();
  await runProgram(process.execPath, args);
  return performance.now() - start;
}

/** How many modules of ours are loaded, and the names of the packages. */
async function modulesOfHelp(folder: string): Promise<{ own: number; packages: string[] }> {
  const file = join(folder, 'modules.txt');
  const recorder = pathToFileURL(join(import.meta.dirname, 'record-modules.ts')).href;
  const help = await runProgram(process.execPath, ['--import', recorder, INDEXER, '--help'], {
    env: { ...env, RECORD_MODULES: file },
  });
  assert.ok(help.includes('--config FILE'), 'the help of the indexer');
  const urls = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const names = urls.map((each) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(each)?.[1]);
  const packages = [...new Set(names.filter((each) => each !== undefined))].sort();
  return { own: names.filter((each) => each === undefined).length, packages };
}
