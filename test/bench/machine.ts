import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { runProgram } from '../real/run-program.ts';
import { provideBenchPrograms } from './programs.ts';

/** Which cores are whose. */
export interface Cores {
  /** What is measured. */
  server: number;
  /** The load, and the backend where there is one. */
  load: number;
  /** All that we may use. */
  all: readonly number[];
  /** Why nothing is pinned; undefined where it is. */
  unpinned?: string;
}

/** The first core serves, the second one asks, as far as this machine has them. */
export function coresOf(allowed: readonly number[], canPin: boolean): Cores {
  const [server = 0, load = server] = allowed;
  const all = allowed.length === 0 ? [0] : allowed;
  if (!canPin) return { server, load, all, unpinned: 'nothing is pinned: there is no taskset' };
  if (all.length < 2)
    return { server, load, all, unpinned: 'nothing is pinned: there is one core for server and load' };
  return { server, load, all };
}

/** `0-2,5` as the kernel writes lists of processors. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((each) => each !== '')
    .flatMap((each) => {
      const [from = NaN, to = from] = each.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

let cores: Cores | undefined;

export function machineCores(): Cores {
  cores ??= coresOf(allowedCpus(), hasTaskset());
  return cores;
}

/** The same command, on these cores only, where that can be. */
export function pinned(on: number | readonly number[], program: string, args: readonly string[]) {
  if (machineCores().unpinned !== undefined) return { program, args: [...args] };
  return { program: 'taskset', args: ['--cpu-list', [on].flat().join(','), program, ...args] };
}

function allowedCpus(): number[] {
  const [, list = '0'] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return parseCpuList(list);
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** What the figures are of, for whoever quotes them. */
export async function describeMachine(): Promise<string[]> {
  const { all, server, load, unpinned } = machineCores();
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const kernel = `${process.platform} ${release()}`;
  const packages = ['fastify', 'undici'].map((each) => `${each} ${versionOf(each)}`).join(', ');
  return [
    `${model}, ${all.length} cores, ${memory}, ${kernel}`,
    `node ${process.versions.node}, ${packages}, ${await versionOfNginx()}`,
    unpinned ?? `server on core ${server}, load and backend on core ${load}`,
  ];
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function versionOfNginx(): Promise<string> {
  const { nginx, env } = await provideBenchPrograms();
  const shell = 'exec "$0" -v 2>&1';
  return (await runProgram('sh', ['-c', shell, nginx], { env })).trim().replace(/^.*nginx\//, 'nginx ');
}
