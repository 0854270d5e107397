import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import type { AtEnd } from './world.ts';

/*
 * The proxy's own entry in a process of its own.
 */

const LISTENING = 'Server listening at ';
export const PROGRAM = fileURLToPath(new URL('../../proxy/main.ts', import.meta.url));

/** A line of its log. */
export interface Line extends Record<string, unknown> {
  msg: string;
  pid: number;
  worker?: number;
}

export interface Log {
  lines: readonly Line[];
  /** Waits until so many lines fit, among those that came and will come. */
  until(fits: (line: Line) => boolean, count?: number): Promise<Line[]>;
}

export interface StartOptions {
  /** How many processes listen. */
  listening?: number;
  /** Further ones. */
  args?: string[];
  /** What is started in its place. */
  program?: string;
  /** Words before it: a program that runs it, and that it ends with. */
  under?: readonly string[];
  atEnd?: AtEnd;
}

const atEndOfTest: AtEnd = (close) => onTestFinished(async () => void (await close()));

/** In a process group of its own, as a shell starts it. */
export function spawnProgram(args: string[], options: StartOptions = {}): ChildProcess {
  const { program = PROGRAM, under = [], atEnd = atEndOfTest } = options;
  const [first = '', ...words] = [...under, process.execPath, program, ...args];
  const child = spawn(first, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  atEnd(() => killGroup(child));
  return child;
}

/** With its workers and its indexer, which would else write to the site's folder while the test removes it. */
async function killGroup(child: ChildProcess): Promise<void> {
  const closed = child.stdout?.closed === true ? undefined : once(child, 'close');
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await closed;
}

function followLog(child: ChildProcess): Log {
  const lines: Line[] = [];
  const waiting: (() => void)[] = [];
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    lines,
    until: async (fits, count = 1) => {
      for (;;) {
        const found = lines.filter(fits);
        if (found.length >= count) return found;
        await new Promise<void>((resolve) => void waiting.push(resolve));
      }
    },
  };
}

export const isListening = ({ msg }: Line): boolean => msg.startsWith(LISTENING);

/** The program once it listens: with its URL and its log. */
export async function startProgram(file: string, options: StartOptions = {}) {
  const child = spawnProgram(['--config', file, ...(options.args ?? [])], options);
  const log = followLog(child);
  const [line] = await log.until(isListening, options.listening);
  return { child, log, url: line!.msg.slice(LISTENING.length) };
}

/** What becomes of a run that is not meant to serve. @param interfere does something to it as soon as it runs */
export async function outcomeOf(args: string[], interfere?: (child: ChildProcess) => Promise<void>) {
  const child = spawnProgram(args);
  void interfere?.(child);
  const texts = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...texts };
}

export interface ConfigOptions {
  port?: number;
  workers?: number;
  /** The site's; a new temporary one without it. */
  folder?: string;
  /** More tables. */
  more?: string;
}

/** A configuration file for a Gitea, with its site beside it. */
export async function writeConfig(gitea: string, options: ConfigOptions = {}) {
  const { port = 0, workers = 1, more = '' } = options;
  const folder = options.folder ?? (await temporaryFolder());
  const file = join(folder, 'registry.toml');
  await writeFile(
    file,
    `[server]\nport = ${port}\nworkers = ${workers}\n[gitea]\nurl = "${gitea}"\norganization = "acme"\n[site]\npath = "public"\n${more}`,
  );
  return { file, folder };
}
