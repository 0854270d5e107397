import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill } from 'node:process';

/** Names one process among all that can see a folder, also from within containers, where each may be pid 1. */
export interface ProcessIdentity {
  host: string;
  /** Changes with every start of the machine; containers of one machine share it. */
  boot_id: string;
  /** Process ids mean something only within one. */
  pid_namespace: string;
  pid: number;
  /** When the process began, in the kernel's ticks since the machine started: a pid that was given again has another. */
  started: string;
}

/** @param pid of this process */
export async function readProcessIdentity(pid: number): Promise<ProcessIdentity> {
  return {
    host: hostname(),
    boot_id: (await readText('/proc/sys/kernel/random/boot_id')).trim(),
    pid_namespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    pid,
    started: (await readProcess(pid))?.started ?? '',
  };
}

/** Whether a process of our own machine and pid namespace still runs; undefined for one that we cannot see. */
export async function isRunning(other: ProcessIdentity, me: ProcessIdentity): Promise<boolean | undefined> {
  const near = other.host === me.host && other.boot_id === me.boot_id && other.pid_namespace === me.pid_namespace;
  if (!near || other.boot_id === '' || other.pid_namespace === '') return undefined;
  const found = await readProcess(other.pid);
  if (found !== undefined) return found.started === other.started && !found.ended;
  // With `hidepid` (proc(5)) the processes of other users have no folder below /proc, and yet they run.
  return exists(other.pid) ? undefined : false;
}

/**
 * State and start of /proc/<pid>/stat, its 3rd and 22nd field (proc_pid_stat(5)); the second, a name in parentheses,
 * may hold anything. A zombie has ended, whenever its parent gets to know.
 */
async function readProcess(pid: number): Promise<{ started: string; ended: boolean } | undefined> {
  const text = await readText(`/proc/${pid}/stat`);
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = fields[18];
  return started === undefined ? undefined : { started, ended: /^[ZXx]$/.test(state) };
}

function exists(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
}

/** A system without /proc tells nothing: such a holder is judged by its heartbeat alone. */
function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
