import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');

/** `npm pack` of this checkout. @returns the tarball's path */
export async function packProgram(into: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', into], { cwd: ROOT });
  // What `prepack` says comes before it.
  const told = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<string, { filename: string }>;
  const [packed] = Object.values(told);
  return join(into, packed!.filename);
}
