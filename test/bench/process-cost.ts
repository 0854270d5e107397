import { readFileSync, readdirSync } from 'node:fs';

/** The kernel counts CPU in hundredths of a second for /proc, whatever its own tick is (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100;

/** What a process and all that it started have used so far; undefined figures of one that is gone count as nothing. */
export interface ProcessCost {
  cpuSeconds: number;
  rssBytes: number;
  /** The sum of each process's highest RSS. */
  peakRssBytes: number;
}

/** Reads /proc: a few tens of microseconds for each process. */
export function costOf(pid: number): ProcessCost {
  const costs = treeOf(pid).map(ownCost);
  const sum = (name: keyof ProcessCost): number => costs.reduce((total, each) => total + each[name], 0);
  return { cpuSeconds: sum('cpuSeconds'), rssBytes: sum('rssBytes'), peakRssBytes: sum('peakRssBytes') };
}

/** A process and its descendants. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  const threads = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const list = unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')) ?? '';
    return list.split(' ').filter(Boolean).map(Number);
  });
}

function ownCost(pid: number): ProcessCost {
  const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const status = unlessGone(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (stat === undefined || status === undefined) return { cpuSeconds: 0, rssBytes: 0, peakRssBytes: 0 };
  return {
    cpuSeconds: parseCpuTicks(stat) / TICKS_PER_SECOND,
    rssBytes: parseKilobytes(status, 'VmRSS'),
    peakRssBytes: parseKilobytes(status, 'VmHWM'),
  };
}

/** User and system time in `/proc/<pid>/stat`, whose second field may hold spaces and parentheses. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function parseKilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1_024;
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
