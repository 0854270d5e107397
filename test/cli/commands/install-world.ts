import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { parsePolicy } from '../../../indexer/config/policy.ts';
import type { Config } from '../../../indexer/config/config.ts';
import { configOf, giteaConfig, NOON, runIndexer, temporaryFolder, v1Of } from '../../builders.ts';
import { startFakeGitea, type AssetSpec, type FakeGitea } from '../../fakes/gitea.ts';
import { startProxy, type Proxy } from '../../proxy/world.ts';
import { createTar, type TarEntry } from '../install/archives.ts';
import { contentsOf } from '../install/unpacking.ts';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

/** A Gitea, its published site, and the proxy over both. */
export interface InstallWorld {
  gitea: FakeGitea;
  config: Config;
  proxy: Proxy;
  /** The site's `v1`, as a URL and as a folder. */
  url: string;
  v1: string;
  /** Releases of `name_prov` and the like: tag -> files of its archive, or its assets. */
  release(repository: string, releases: Record<string, Contents | readonly AssetSpec[]>): void;
  /** Crawls and publishes what there is now. */
  publish(policy?: string): Promise<void>;
  /** Requests for attachments since the log was last emptied. */
  downloads(): number;
}

/** Path -> content, in an archive. */
export type Contents = Readonly<Record<string, string>>;

export function archiveOf(contents: Contents): Buffer {
  const entries = Object.entries(contents).map(([name, content]): TarEntry => {
    return { name, content, mode: name.startsWith('bin/') ? 0o755 : 0o644 };
  });
  return gzipSync(createTar(entries));
}

export async function startInstallWorld(indexer: Partial<Config['indexer']> = {}): Promise<InstallWorld> {
  const gitea = await startFakeGitea({ organizations: ['acme'] });
  onTestFinished(() => gitea.close());
  const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)], indexer);
  const known = new Set<string>();
  let runs = 0;
  const publish = async (policy?: string): Promise<void> => {
    if (policy !== undefined) config.policy = parsePolicy(policy).rules;
    const time = NOON + (runs += 1) * 3_600_000;
    await runIndexer(config, { now: () => time });
    proxy.clock.nowMs += 60_000;
    gitea.forget();
  };
  await runIndexer(config);
  const proxy = await startProxy(config);
  return {
    gitea,
    config,
    proxy,
    url: `${proxy.url}/api/v1`,
    v1: v1Of(config),
    release: (repository, releases) => {
      if (!known.has(repository)) gitea.addRepository('acme', { name: repository });
      known.add(repository);
      for (const [tag, what] of Object.entries(releases)) {
        const [name] = repository.split('_');
        const assets = Array.isArray(what)
          ? (what as readonly AssetSpec[])
          : [{ name: `${name}-${tag}.tar.gz`, content: archiveOf(what as Contents) }];
        gitea.addRelease('acme', repository, { tag, assets });
      }
    },
    publish,
    downloads: () => gitea.requests.filter((each) => each.path.startsWith('/attachments/')).length,
  };
}

/** Versions of two extensions, one of them with a prerelease. */
export async function publishedWorld(indexer: Partial<Config['indexer']> = {}): Promise<InstallWorld> {
  const world = await startInstallWorld(indexer);
  world.release('aws_prov', {
    '1.0.0': { 'README.md': 'aws 1.0.0\n', 'bin/run': '#!/bin/sh\n' },
    '1.1.0': { 'README.md': 'aws 1.1.0\n', 'bin/run': '#!/bin/sh\n' },
    '2.0.0': { 'README.md': 'aws 2.0.0\n', 'bin/run': '#!/bin/sh\n', new: 'new\n' },
    '2.1.0-rc.1': { 'README.md': 'aws 2.1.0-rc.1\n' },
  });
  world.release('redis_taskserv', {
    '7.2.0': { 'redis.conf': 'redis 7.2.0\n' },
    '7.4.0': { 'redis.conf': 'redis 7.4.0\n' },
  });
  await world.publish();
  return world;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Launched {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** When it has said this to standard error. */
  says: (words: string) => Promise<void>;
}

/** A folder that somebody works in, with a cache of its own. */
export interface Workplace {
  folder: string;
  /** The default install root. */
  root: string;
  cache: string;
  env: NodeJS.ProcessEnv;
  run(...args: string[]): Promise<Ended>;
  start(...args: string[]): Launched;
  runAs(user: { uid?: number; gid?: number }, ...args: string[]): Promise<Ended>;
  /** Below a shell that has run a command of its own, such as `ulimit`. */
  runLimited(command: string, ...args: string[]): Promise<Ended>;
  /** The parsed answer of `--json`. */
  json<T>(...args: string[]): Promise<T>;
  read(file: string): Promise<string>;
  write(file: string, content: string): Promise<void>;
  /** The content of the install root but for records: `provider/aws/current` is `-> 1.0.0`. */
  installed(): Promise<Record<string, string | null>>;
}

/** @param more of the environment */
export async function openWorkplace(
  world: Pick<InstallWorld, 'url'>,
  more: NodeJS.ProcessEnv = {},
): Promise<Workplace> {
  const folder = await temporaryFolder();
  const cache = await temporaryFolder();
  const root = join(folder, '.provisioning', 'extensions');
  const place: Workplace = {
    folder,
    root,
    cache,
    env: {
      PATH: env['PATH'],
      HOME: folder,
      EXTENSION_REGISTRY_URL: world.url,
      EXTENSION_REGISTRY_CACHE: cache,
      // Half of a short run is spent on stripping types, which is not what is tested.
      NODE_COMPILE_CACHE: join(tmpdir(), 'extension-registry-compile-cache'),
      ...more,
    },
    start: (...args) => launch([process.execPath, MAIN, ...args], { cwd: folder, env: place.env }),
    run: (...args) => place.start(...args).ended,
    runAs: (user, ...args) => launch([process.execPath, MAIN, ...args], { cwd: folder, env: place.env, ...user }).ended,
    runLimited: (command, ...args) => {
      const argv = ['sh', '-c', `${command} && exec "$0" "$@"`, process.execPath, MAIN, ...args];
      return launch(argv, { cwd: folder, env: place.env }).ended;
    },
    json: async <T>(...args: string[]) => {
      const { stdout, stderr } = await place.run(...args, '--json');
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as T;
    },
    read: (file) => readFile(join(folder, file), 'utf8'),
    write: (file, content) => writeFile(join(folder, file), content),
    installed: async () => {
      const all = Object.entries(await contentsOf(root).catch(() => ({})));
      return Object.fromEntries(all.filter(([path]) => !path.includes('/.installed/') && path !== '.changes'));
    },
  };
  return place;
}

function launch(argv: readonly string[], options: SpawnOptions): Launched {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const waiting: { words: string; resolve: () => void }[] = [];
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += String(chunk);
    for (const { words, resolve } of waiting) if (stderr.includes(words)) resolve();
  });
  const stdout = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    child,
    ended: Promise.all([stdout, closed]).then(([out, [code]]) => ({ code, stdout: out, stderr })),
    says: (words) => new Promise((resolve) => void waiting.push({ words, resolve })),
  };
}
