import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';

/** Where everything is kept that tests and benches need and that survives a clone. */
export function toolsCache(): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'extension-registry-tools');
}

/**
 * The folder of this name in the cache, made where it is not there yet.
 * @param name holds all that decides what is in it; a home folder can be shared by machines of different kinds
 * @param make fills an empty folder
 */
export async function keepFolder(name: string, make: (into: string) => Promise<void>): Promise<string> {
  const cache = toolsCache();
  const folder = join(cache, name);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true, mode: 0o755 });
  // Made beside its place and moved there whole: what is killed meanwhile leaves nothing that looks finished.
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await make(unfinished);
    await chmod(unfinished, 0o755);
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    // Somebody else may have made the same meanwhile; theirs is as good.
    if (!(await exists(folder))) throw cause;
  }
  return folder;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
