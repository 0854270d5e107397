import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type LoadedConfig } from '../../indexer/config/load.ts';
import { messageOf } from '../../indexer/model/errors.ts';

/** The least that loads. */
export const GITEA = '[gitea]\nurl = "https://git.example.org"\norganization = "extensions"\n';
export const OCI = '[oci]\nregistry = "registry.example.org"\n';
export const MIRROR = '[[source]]\nname = "mirror"\nkind = "oci"\nregistry = "localhost:5000"\n';

export interface ConfigFolder {
  path: string;
  /** Writes a file with a mode, whatever the umask, and gives its absolute path. */
  write(name: string, content: string | Buffer, mode?: number): Promise<string>;
  load(toml: string): Promise<LoadedConfig>;
  /** The lines of the error that loading throws, without the first and without indentation. */
  faults(toml: string): Promise<string[]>;
  remove(): Promise<void>;
}

export async function createConfigFolder(): Promise<ConfigFolder> {
  const path = await mkdtemp(join(tmpdir(), 'registry-config-'));
  const folder: ConfigFolder = {
    path,
    write: async (name, content, mode = 0o600) => {
      const file = join(path, name);
      await rm(file, { force: true });
      await writeFile(file, content);
      await chmod(file, mode);
      return file;
    },
    load: async (toml) => loadConfig(await folder.write('registry.toml', toml)),
    faults: async (toml) => {
      const message = await folder.load(toml).then(
        () => {
          throw new Error('the configuration loads');
        },
        (error: unknown) => messageOf(error),
      );
      return message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    },
    remove: () => rm(path, { recursive: true }),
  };
  return folder;
}
