#!/usr/bin/env node
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startDemoWorld, type DemoWorld } from './world.ts';

/*
 * `npm start`: the embedded default. A Gitea-speaking and an OCI-speaking program with a small world in them, then the
 * real programs with a real configuration, just as an operator runs them.
 */

const HELP = `npm start [-- --port N] [--site FOLDER]

Starts a small world of Gitea and OCI backends on loopback (ports N+1 and N+2), crawls it into public/api (or FOLDER/api),
and serves the site and the proxy on 127.0.0.1:N (8082 without --port) until Ctrl-C, which removes the site again.
`;

const root = join(import.meta.dirname, '..', '..');
const host = '127.0.0.1';
/** Beside the site, so that a site which this program did not make is never taken for its own. */
const MARKER = '.made-by-npm-start';

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8082' },
      site: { type: 'string', default: join(root, 'public') },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = parsePort(values.port);
  for (const each of [port, port + 1, port + 2]) await refuseTakenPort(each, port);
  const site = resolve(values.site);
  await claimSite(site);
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-demo-'));
  const world = await startDemoWorld({ giteaPort: port + 1, ociPort: port + 2 });
  try {
    const config = join(folder, 'config.toml');
    await writeFile(config, renderConfig(world, port, site));
    process.stdout.write(
      `Gitea is on ${world.gitea.url}, an OCI registry on ${world.oci.url}; the configuration: ${config}\n\n` +
        '$ npm run index -- --config config.toml\n',
    );
    const indexed = await exitOf(run('indexer/main.ts', ['--config', config]));
    if (indexed !== 0) return indexed;
    return await serve(config, port);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
    await removeSite(site);
  }
}

/**
 * A site remembers what it has seen, so neither may the demo publish over a real one, nor a real one start from what
 * the demo has left behind.
 */
async function claimSite(site: string): Promise<void> {
  const published = await isThere(join(site, 'api', 'v1', 'index.json'));
  if (published && !(await isThere(join(site, 'api', MARKER)))) {
    throw new Error(
      `${join(site, 'api')} holds a site that npm start did not make; choose another: npm start -- --site FOLDER`,
    );
  }
  await removeSite(site);
  await mkdir(join(site, 'api'), { recursive: true });
  await writeFile(join(site, 'api', MARKER), '');
}

async function removeSite(site: string): Promise<void> {
  await rm(join(site, 'api', 'v1'), { recursive: true, force: true });
  await rm(join(site, 'api', MARKER), { force: true });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function serve(config: string, port: number): Promise<number> {
  process.stdout.write('\n$ npm run proxy -- --config config.toml\n');
  const proxy = run('proxy/main.ts', ['--config', config, '--log-level', 'warn']);
  // On a terminal the signal reaches the proxy too; from elsewhere it must be handed on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void proxy.kill('SIGTERM'));
  const ended = exitOf(proxy);
  const base = `http://${host}:${port}`;
  if (await isServing(`${base}/api/v1/health/live`, proxy)) process.stdout.write(renderHints(base));
  const code = await ended;
  process.stdout.write("\nEverything is stopped, and the demo's site removed.\n");
  return code;
}

function renderHints(base: string): string {
  const api = `${base}/api/v1`;
  return `
The site is on ${base}/ . Five things to try in another terminal:

  curl -s ${api}/extensions
  curl -s '${api}/extensions/search?q=kubernets'
  curl -s ${api}/extensions/taskserv/kubernetes/versions
  curl -sSL -o kubernetes.tar.gz ${api}/extensions/taskserv/kubernetes/latest && sha256sum kubernetes.tar.gz
  curl -s ${api}/health

Ctrl-C stops everything.
`;
}

function renderConfig(world: DemoWorld, port: number, site: string): string {
  return `[server]
host = "${host}"
port = ${port}

[gitea]
url = "${world.gitea.url}"
organization = "${world.organization}"

[oci]
registry = "${world.oci.url}"
namespace = "${world.namespace}"

[site]
path = ${JSON.stringify(site)}
`;
}

function run(program: string, args: string[]): ChildProcess {
  const guard = join(root, 'indexer', 'require-node.cjs');
  return spawn(process.execPath, ['-r', guard, join(root, program), ...args], { stdio: 'inherit' });
}

async function exitOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

async function isServing(url: string, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return true;
    await delay(50);
  }
  return false;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_533) {
    throw new Error(`--port ${text} is not a port; use a number from 1 to 65533.`);
  }
  return port;
}

async function refuseTakenPort(port: number, base: number): Promise<void> {
  const probe = createServer();
  probe.listen(port, host);
  await once(probe, 'listening').catch((cause: unknown) => {
    const message = `Port ${port} on ${host} is taken; stop what uses it, or choose others: npm start -- --port ${base + 100}`;
    throw new Error(message, { cause });
  });
  probe.close();
  await once(probe, 'close');
}
