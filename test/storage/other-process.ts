import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LockAnswer, LockCommand } from './lock-process.ts';

const PROGRAM = fileURLToPath(new URL('lock-process.ts', import.meta.url));

export interface Other {
  child: ChildProcess;
  tell(command: LockCommand): Promise<LockAnswer>;
  kill(): Promise<void>;
}

/** A process that holds locks as it is told, until the test has ended. */
export function startOther(): Other {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const answers = createInterface({ input: child.stdout });
  return {
    child,
    kill,
    tell: async (command) => {
      const answered = once(answers, 'line') as Promise<[string]>;
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return JSON.parse((await answered)[0]) as LockAnswer;
    },
  };
}
