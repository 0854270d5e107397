import { homedir } from 'node:os';
import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { messageOf } from '../indexer/model/errors.ts';
import type { Command } from './command-table.ts';
import type { CommandContext, ParsedArgs } from './command.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { oneLine } from './foreign-text.ts';
import { renderHelp } from './help.ts';
import { LOAD_COMMAND } from './load-command.ts';
import { forwardProxiesOf, openFor } from './open-for.ts';
import { parseCommand } from './parse-command.ts';
import { createProgressView } from './progress.ts';
import { findProjectText } from './project/project-text.ts';
import { loadSettings } from './settings.ts';
import { createTerminal } from './terminal.ts';
import { paragraph } from './wrap.ts';

/** What of the process a command is run with. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: string;
  stdout: WriteStream;
  stderr: WriteStream;
  /** Absolute. */
  cwd: string;
  /** Aborted by Ctrl-C or SIGTERM, with an Error that says so. */
  interrupted: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
}

type Progress = ReturnType<typeof createProgressView>;

/** @param argv without the program and its file @returns the exit code */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, stdout, stderr, interrupted, now } = surroundings;
  const progress = createProgressView({
    write: (text) => void stderr.write(text),
    isInteractive: stderr.isTTY,
    columns: () => stderr.columns || 80,
    now,
  });
  try {
    const asked = parseCommand(argv);
    if (asked.kind === 'run') return await runCommand(asked.command, asked.args, { ...surroundings, progress });
    stdout.write(renderHelp(asked.command, stdout.columns));
    return EXIT.done;
  } catch (error) {
    progress.clear();
    const { aborted, reason } = interrupted;
    const sentence = `extension: ${oneLine(messageOf(aborted ? reason : error))}`;
    stderr.write(paragraph(sentence, createTerminal(stderr, env).columns));
    return aborted ? EXIT.interrupted : exitCodeOfError(error);
  }
}

async function runCommand(
  command: Command,
  args: ParsedArgs,
  surroundings: Surroundings & { progress: Progress },
): Promise<number> {
  const { env, platform, cwd, stdout, stderr, interrupted, now, random, progress } = surroundings;
  const [terminal, told] = [createTerminal(stdout, env), createTerminal(stderr, env)];
  const note = (text: string): void => {
    progress.clear();
    // Much of it was said by others: servers, documents, archives.
    stderr.write(paragraph(oneLine(text), told.columns));
  };
  const settings = once(async () => {
    const project = await loadProject(cwd);
    return loadSettings({ flags: args.flags, env, platform, home: homedir(), cwd, project });
  });
  const proxyFor = once(() => forwardProxiesOf(env));
  const registry = once(async () => {
    const chosen = await settings();
    interrupted.throwIfAborted();
    return openFor(chosen, { proxyFor: await proxyFor(), note, now, random });
  });
  const context: CommandContext = {
    settings,
    registry,
    proxyFor,
    out: (text) => void stdout.write(text),
    say: (text) => void stdout.write(paragraph(text, terminal.columns)),
    pipe: (bytes) => pipe(bytes, stdout),
    print: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    json: args.flags['json'] === true,
    note,
    terminal,
    progress,
    signal: interrupted,
    now,
  };
  const close = async (): Promise<void> => {
    if (registry.isAsked()) await (await registry().catch(() => undefined))?.close();
  };
  // Nobody who has pressed Ctrl-C waits for an answer any more.
  interrupted.addEventListener('abort', () => void close().catch(() => undefined), { once: true });
  try {
    const loaded = await LOAD_COMMAND[command.name]?.();
    return loaded === undefined ? EXIT.failed : await loaded.run(context, args);
  } finally {
    await close();
  }
}

async function pipe(bytes: Readable, stdout: WriteStream): Promise<void> {
  const { pipeline } = await import('node:stream/promises');
  await pipeline(bytes, stdout, { end: false }).catch((error: unknown) => {
    // What its own stream has told already.
    if ((error as NodeJS.ErrnoException).syscall !== 'write') throw error;
  });
}

async function loadProject(folder: string) {
  const found = await findProjectText(folder);
  if (found === undefined) return undefined;
  const { parseProject } = await import('./project/project-file.ts');
  return { ...parseProject(found.text), folder: found.folder };
}

/** The same answer to all who ask. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { isAsked(): boolean } {
  let made: Promise<T> | undefined;
  return Object.assign(() => (made ??= make()), { isAsked: () => made !== undefined });
}
