import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ChildProcess } from 'node:child_process';
import type { RunAs } from './run-program.ts';
import { waitUntil } from './wait-until.ts';

const ANSWER_TIMEOUT_MS = 5000;
const STOP_TIMEOUT_MS = 15_000;
const TAIL_LINES = 30;

export interface ServerOptions {
  program: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  runAs?: RunAs;
  /** Everything the server writes is appended to this file. */
  logFile: string;
  /** A URL that answers 200 or 401 once the server is ready. */
  readyUrl: string;
  readyTimeoutMs?: number;
}

/** A real backend that a test has started: it can go away and come back on the same port with the same data. */
export interface RunningServer {
  /** Of the process that runs now. */
  pid: () => number;
  stop: () => Promise<void>;
  restart: () => Promise<void>;
}

/** A port of the loopback that was free a moment ago: these servers can't report which port they took for port 0. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a server and waits until it answers; the error of a failed start holds the end of its log. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let child = await launch(options);
  const stop = (): Promise<void> => end(child);
  const restart = async (): Promise<void> => {
    await end(child);
    child = await launch(options);
  };
  return { pid: () => child.pid ?? NaN, stop, restart };
}

async function launch(options: ServerOptions): Promise<ChildProcess> {
  const { program, args, cwd, env, runAs = {}, logFile, readyUrl, readyTimeoutMs = 60_000 } = options;
  const log = await open(logFile, 'a');
  const child = spawn(program, args, { cwd, env, ...runAs, stdio: ['ignore', log.fd, log.fd] });
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  // A test run that is ended early must not leave its servers behind.
  const killWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  await log.close();
  try {
    await waitUntil(`an answer of ${readyUrl}`, () => answersOrIsGone(readyUrl, child), readyTimeoutMs);
    if (!isRunning(child)) throw failure ?? new Error(`it ended (${child.exitCode ?? child.signalCode})`);
  } catch (cause) {
    await end(child);
    const message = `${program} did not start: ${(cause as Error).message}. The end of its log:\n${await tail(logFile)}`;
    throw new Error(message, { cause });
  }
  return child;
}

async function answersOrIsGone(url: string, child: ChildProcess): Promise<boolean> {
  if (!isRunning(child)) return true;
  const status = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
  return status === 200 || status === 401;
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(impatience);
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function tail(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).join('\n');
}
