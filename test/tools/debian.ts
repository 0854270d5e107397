import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { runProgram } from '../real/run-program.ts';
import { exists, keepFolder, toolsCache } from './kept-folder.ts';

/** Programs of Debian's packages, used where they are installed and else unpacked beside: the system is not touched. */
export interface DebianWish {
  /** Packages to unpack where something is missing; what they depend on comes with them. */
  packages: readonly string[];
  /** Names of programs, such as `nginx`. */
  programs: readonly string[];
  /** Further files, by their place on an installed system, such as `/usr/lib/nginx/modules/x.so`. */
  files?: readonly string[];
}

export interface DebianPrograms {
  /** Absolute path of each wished program and file. */
  paths: Readonly<Record<string, string>>;
  /** What the programs need in their environment. */
  env: Record<string, string>;
}

export interface DebianOptions {
  report?: (line: string) => void;
  /** Where programs are looked for, `apt-get` too. */
  path?: string;
}

/** An ordinary user's PATH often leaves out where servers are. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const PROGRAM_FOLDERS = ['usr/sbin', 'usr/bin', 'usr/local/bin', 'sbin', 'bin'];

/**
 * Finds what is wished for on this machine, or unpacks Debian's packages into the cache, by names and versions.
 * @throws Error that names what is missing and the remedy
 */
export async function provideDebian(wish: DebianWish, options: DebianOptions = {}): Promise<DebianPrograms> {
  const { report = () => undefined, path = env['PATH'] ?? '' } = options;
  const installed = await locate(wish, [], path);
  if (installed.missing.length === 0) return { paths: installed.paths, env: {} };
  const aptGet = await findFile('apt-get', path.split(delimiter));
  if (aptGet === undefined)
    throw new Error(remedyFor(wish, installed.missing, 'there is no apt-get to fetch them with'));

  const failures: Error[] = [];
  for (const lists of [systemLists, keptLists, freshLists]) {
    try {
      const root = await unpack(wish.packages, { aptOptions: await lists(path), path, report });
      return await programsIn(root, wish, path);
    } catch (cause) {
      failures.push(cause as Error);
    }
  }
  const why = failures.map((each) => each.message).join('\n');
  throw new Error(remedyFor(wish, installed.missing, `apt-get could not fetch them:\n${why}`), {
    cause: failures.at(-1),
  });
}

/** What `apt-get --simulate install` would install: package -> version. */
export function parseSimulation(output: string): Map<string, string> {
  const lines = output.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm);
  return new Map([...lines].map(([, name = '', version = '']) => [name, version]));
}

interface Apt {
  aptOptions: readonly string[];
  path: string;
  report: (line: string) => void;
}

/** @returns the folder that holds the files, or undefined where all packages are installed */
async function unpack(packages: readonly string[], { aptOptions, path, report }: Apt): Promise<string | undefined> {
  const programEnv = { ...env, PATH: path, LC_ALL: 'C.UTF-8' };
  const simulate = [...aptOptions, '--simulate', '--no-install-recommends', 'install', ...packages];
  const missing = parseSimulation(await runProgram('apt-get', simulate, { env: programEnv }));
  if (missing.size === 0) return undefined;
  const names = [...missing].map(([name, version]) => `${name}=${version}`).sort();
  const key = createHash('sha256').update([process.platform, process.arch, ...names].join('\n'));
  return keepFolder(`debian-${key.digest('hex').slice(0, 32)}`, async (into) => {
    report(`fetching ${names.join(', ')}`);
    const downloads = await mkdtemp(join(tmpdir(), 'extension-registry-debian-'));
    try {
      await runProgram('apt-get', [...aptOptions, 'download', ...names], { env: programEnv, cwd: downloads });
      for (const file of await readdir(downloads)) {
        await runProgram('dpkg', ['-x', join(downloads, file), into], { env: programEnv });
      }
    } finally {
      await rm(downloads, { recursive: true, force: true });
    }
  });
}

const systemLists = async (): Promise<string[]> => [];

/** Package lists of our own, for a machine that has none, as containers do, or old ones. */
async function keptLists(): Promise<string[]> {
  const folder = join(toolsCache(), 'debian-lists');
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const settings = [
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    // Root's apt-get would fetch as a user who can't write to root's home folder.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ];
  return settings.flatMap((each) => ['-o', each]);
}

async function freshLists(path: string): Promise<string[]> {
  const options = await keptLists();
  await runProgram('apt-get', [...options, 'update'], { env: { ...env, PATH: path } });
  return options;
}

async function programsIn(root: string | undefined, wish: DebianWish, path: string): Promise<DebianPrograms> {
  const { paths, missing } = await locate(wish, root === undefined ? [] : [root], path);
  if (missing.length > 0) throw new Error(`${wish.packages.join(', ')}: no ${missing.join(', ')} in them`);
  if (root === undefined) return { paths, env: {} };
  const libraries = await libraryFolders(root);
  return { paths, env: libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(delimiter) } };
}

interface Located {
  paths: Record<string, string>;
  missing: string[];
}

/** What was unpacked comes before what is installed: modules fit only the program of their own version. */
async function locate({ programs, files = [] }: DebianWish, roots: string[], path: string): Promise<Located> {
  const unpacked = roots.flatMap((root) => PROGRAM_FOLDERS.map((folder) => join(root, folder)));
  const folders = [...unpacked, ...path.split(delimiter), ...SERVER_FOLDERS];
  const found: [string, string | undefined][] = [];
  for (const name of programs) found.push([name, await findFile(name, folders)]);
  for (const name of files) found.push([name, await findFile(name, [...roots, '/'])]);
  return {
    paths: Object.fromEntries(found.filter((each): each is [string, string] => each[1] !== undefined)),
    missing: found.filter(([, place]) => place === undefined).map(([name]) => name),
  };
}

async function findFile(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) if (folder !== '' && (await exists(join(folder, name)))) return join(folder, name);
  return undefined;
}

/** Where shared libraries are: `usr/lib/<architecture>-linux-gnu` and their like. */
async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['usr/lib', 'lib']) {
    const names = await readdir(join(root, folder)).catch(() => []);
    found.push(...names.filter((each) => /-linux-gnu/.test(each)).map((each) => join(root, folder, each)));
  }
  return found;
}

function remedyFor({ packages }: DebianWish, missing: readonly string[], why: string): string {
  const what = packages.join(' ');
  return `${missing.join(', ')} missing, and ${why}. Install Debian's packages ${what} or their like and run this again.`;
}
