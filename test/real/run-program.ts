import { execFile } from 'node:child_process';

/** Which user a program runs as; nothing given means the user who runs the tests. */
export interface RunAs {
  uid?: number;
  gid?: number;
}

export interface RunOptions extends RunAs {
  cwd?: string;
  /** The whole environment; without it the program gets ours. */
  env?: NodeJS.ProcessEnv;
  /** What the program reads from its standard input. */
  input?: string;
}

/** Runs a program to its end and gives what it wrote to stdout; a failure's message holds what it wrote to stderr. */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { input = '', ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { ...spawnOptions, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const reason = stderr.trim() || stdout.trim() || error.message;
      reject(new Error(`${program} ${args.join(' ')} failed: ${reason}`, { cause: error }));
    });
    // A program that ends without reading its input breaks the pipe; its exit code says what went wrong.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(input);
  });
}
