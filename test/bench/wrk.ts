import { join } from 'node:path';
import { runProgram } from '../real/run-program.ts';
import { machineCores, pinned } from './machine.ts';
import { provideBenchPrograms } from './programs.ts';

const SCRIPT = join(import.meta.dirname, 'wrk.lua');
const CONNECTIONS = 64;

export interface Load {
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A file of paths, one a line, asked for in their order instead of the URL's. */
  pathsFile?: string;
  /** 64 without it. */
  connections?: number;
  /** 1 without it. */
  threads?: number;
  /** Whole seconds: wrk knows no others. */
  seconds: number;
  /** The load's core without it. */
  cores?: readonly number[];
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Of all answers, with their headers, and of those that were cut off at the end. */
  bytes: number;
  /** Answers of 400 and more. */
  badStatus: number;
  /** Connections that could not be made, broke or took too long. */
  socketErrors: number;
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const { wrk, env } = await provideBenchPrograms();
  const { url, headers = {}, pathsFile, connections = CONNECTIONS, threads = 1, seconds } = load;
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const sizes = ['-c', String(connections), '-t', String(threads), '-d', `${seconds}s`];
  const args = [...sizes, '-s', SCRIPT, ...fields, url, ...(pathsFile === undefined ? [] : ['--', pathsFile])];
  const command = pinned(load.cores ?? machineCores().load, wrk, args);
  return parseLoad(await runProgram(command.program, command.args, { env }));
}

/** What `wrk.lua` writes at the end. @throws Error where it is not there */
export function parseLoad(output: string): LoadResult {
  const [, json] = /^wrk (\{.*\})$/m.exec(output) ?? [];
  if (json === undefined) throw new Error(`wrk gave no result: ${output.trim()}`);
  const told = JSON.parse(json) as Record<
    'requests' | 'bytes' | 'duration' | 'p50' | 'p99' | 'status' | 'connect' | 'read' | 'write' | 'timeout',
    number
  >;
  return {
    requests: told.requests,
    perSecond: told.requests / (told.duration / 1_000_000),
    p50Ms: told.p50 / 1_000,
    p99Ms: told.p99 / 1_000,
    bytes: told.bytes,
    badStatus: told.status,
    socketErrors: told.connect + told.read + told.write + told.timeout,
  };
}
