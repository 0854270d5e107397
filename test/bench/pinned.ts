import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

/** A program of this folder in a process of its own, pinned to one core where the machine has several. */
export interface Pinned<Told> {
  /** What it told first. */
  readonly told: Told;
  /** Says something to it, and gives what it tells next. */
  ask<T>(question: unknown): Promise<T>;
  /** Ends it. */
  end(): Promise<void>;
}

/** @param task becomes its only argument, as JSON @throws Error when it ends before it has told anything */
export async function startPinned<Told>(file: string, core: number, task: unknown): Promise<Pinned<Told>> {
  const child = forkPinned(file, core, task);
  const exited = once(child, 'exit');
  return {
    told: await nextMessage<Told>(child, file),
    ask: async <T>(question: unknown) => {
      child.send(question as object);
      return nextMessage<T>(child, file);
    },
    end: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs it to its end. @returns what it told */
export async function runPinned<Told>(file: string, core: number, task: unknown): Promise<Told> {
  const child = forkPinned(file, core, task);
  const exited = once(child, 'exit');
  const told = await nextMessage<Told>(child, file);
  child.disconnect();
  await exited;
  return told;
}

function forkPinned(file: string, core: number, task: unknown): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const pinned = availableParallelism() > 1 ? { execPath: 'taskset', execArgv: ['-c', `${core}`, execPath] } : {};
  return fork(path, [JSON.stringify(task)], { ...pinned, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function nextMessage<T>(child: ChildProcess, file: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`${file} ended (${code}) and told nothing.`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
