import { join } from 'node:path';
import { runProgram } from '../real/run-program.ts';
import { providePython, type PythonTools } from './python.ts';

let provided: Promise<PythonTools> | undefined;

function provide(): Promise<PythonTools> {
  provided ??= providePython({
    name: 'checkers',
    requirements: join(import.meta.dirname, 'checkers-requirements.txt'),
  });
  return provided;
}

/** kubernetes-validate, strict: a field that does not exist is a fault. @returns what it says, a line for each resource */
export async function validateKubernetes(files: readonly string[], version: string): Promise<string> {
  const { python, programOf } = await provide();
  // By the interpreter: the first line of the program names the folder in which it was installed.
  return runProgram(python, [programOf('kubernetes-validate'), '--strict', '-k', version, ...files]);
}

/** hadolint. @returns what it has against the file; empty when nothing */
export async function lintDockerfile(file: string): Promise<string> {
  const { programOf } = await provide();
  return runProgram(programOf('hadolint'), ['--no-color', '--failure-threshold', 'style', file]);
}
