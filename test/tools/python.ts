import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../real/run-program.ts';
import { keepFolder } from './kept-folder.ts';

/** Programs of the Python package index, in an environment of their own: the system is not touched. */
export interface PythonWish {
  /** What it is, with its version. */
  name: string;
  /** A file of pip's, with a hash for everything. */
  requirements: string;
  report?: (line: string) => void;
}

export interface PythonTools {
  /** The interpreter of the environment. */
  python: string;
  /** The path of one of its programs. */
  programOf: (name: string) => string;
}

const IS_NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))';

/**
 * Installs it once, into a folder that survives a clone.
 * @throws Error with the remedy
 */
export async function providePython({ name, requirements, report }: PythonWish): Promise<PythonTools> {
  const isThere = await runProgram('python3', ['-c', IS_NEW_ENOUGH]).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    throw new Error(`${name} needs Python 3.11 or later as "python3" on the PATH: install it and run this again.`);
  }
  const version = await runProgram('python3', ['--version']);
  // A virtual environment is of one Python, and a home folder can be shared by machines of different kinds.
  const key = createHash('sha256').update(`${process.platform} ${process.arch} ${version}`);
  key.update(await readFile(requirements));
  const folder = await keepFolder(`${name}-${key.digest('hex').slice(0, 16)}`, async (into) => {
    report?.(`${name} is not installed yet: half a minute`);
    await runProgram('python3', ['-m', 'venv', into]);
    const options = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await runProgram(join(into, 'bin', 'python'), ['-m', 'pip', 'install', ...options, '-r', requirements]);
  });
  return { python: join(folder, 'bin', 'python'), programOf: (program) => join(folder, 'bin', program) };
}
