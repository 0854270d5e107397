import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runProgram } from './run-program.ts';
import type { RunAs } from './run-program.ts';

const USER = 'gitea-test';

/** Gitea refuses to run as root: root runs it as a user of its own, everybody else as themselves. */
export async function findOrdinaryUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const uid = await runProgram('id', ['-u', USER]).catch(createUser);
  const gid = await runProgram('id', ['-g', USER]);
  return { uid: Number(uid), gid: Number(gid) };
}

async function createUser(): Promise<string> {
  await runProgram('useradd', ['--system', '--no-create-home', USER]);
  return runProgram('id', ['-u', USER]);
}

/** Whether every user may pass through all folders above `path`. */
export async function canEveryoneReach(path: string): Promise<boolean> {
  const parent = dirname(path);
  if (parent === path) return true;
  const { mode } = await stat(parent);
  return (mode & 0o001) !== 0 && (await canEveryoneReach(parent));
}
