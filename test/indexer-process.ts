import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env as ownEnv } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { World } from './crawl/world.ts';

const MAIN = fileURLToPath(new URL('../indexer/main.ts', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The indexer's own entry in a process of its own. */
export function start(...argv: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  return startWith({}, ...argv);
}

/** The same with further variables of the environment. */
function startWith(env: Record<string, string>, ...argv: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
    env: { ...ownEnv, ...env },
  });
  const streams = Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { child, ended: streams.then(([stdout, stderr, [code]]) => ({ code, stdout, stderr })) };
}

export const run = (...argv: string[]): Promise<Ended> => start(...argv).ended;
export const runWith = (env: Record<string, string>, ...argv: string[]): Promise<Ended> =>
  startWith(env, ...argv).ended;

/** A configuration file for the world, with its site where `world.config` has it. */
export async function configFile(world: Pick<World, 'gitea' | 'oci' | 'config'>, more = ''): Promise<string> {
  const file = join(world.config.site.path, 'registry.toml');
  const site = JSON.stringify(world.config.site.path);
  await writeFile(
    file,
    `
      [gitea]
      url = "${world.gitea.url}"
      organization = "acme"
      [oci]
      registry = "${world.oci.url}"
      namespace = "acme"
      [site]
      path = ${site}
      [indexer]
      ${more}
    `,
  );
  return file;
}
