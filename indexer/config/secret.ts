import { errnoOf, type ConfigIo } from './config-io.ts';

/** What became of a token file: its secret, or what is wrong and the remedy. */
export interface SecretFile {
  secret?: string;
  fault?: string;
  warning?: string;
}

/** The last is what Kubernetes and systemd give a secret that is root's, for the group of the one service. */
const PRIVATE_MODES: ReadonlySet<number> = new Set([0o600, 0o400, 0o440]);
/** Tokens and passwords are shorter; a path such as /dev/zero has no end. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a token or password from the file that holds nothing else. No text that comes back holds the file's content,
 * nor the path before the file is found to exist: many a token has been pasted in the place of its path.
 * @param path absolute
 */
export async function readSecret(path: string, io: ConfigIo): Promise<SecretFile> {
  try {
    const { mode, sizeBytes } = await io.stat(path);
    if (sizeBytes > MAX_BYTES) return { fault: `names a file of more than ${MAX_BYTES} bytes; ${ONE_LINE}.` };
    const secret = (await io.readFile(path)).trim();
    if (secret === '') return { fault: `names an empty file; ${ONE_LINE}.` };
    if (!/^[\x21-\x7e]+$/.test(secret)) {
      return { fault: `names a file with spaces, several lines or characters beyond ASCII; ${ONE_LINE}.` };
    }
    return PRIVATE_MODES.has(mode) ? { secret } : { secret, warning: tooOpen(path, mode) };
  } catch (error) {
    return { fault: unreadable(error) };
  }
}

const ONE_LINE = 'write the token or password into it as one line of visible ASCII, and nothing else';

function tooOpen(path: string, mode: number): string {
  return `the file has mode ${mode.toString(8).padStart(3, '0')}, which may let others read it; run: chmod 600 ${quoteForShell(path)}`;
}

function unreadable(error: unknown): string {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? 'names a file that does not exist; give the path of a file, absolute or from the folder of this configuration, and never the secret itself.'
    : `names a file that cannot be read (${code}); check the path and who may read it.`;
}

function quoteForShell(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
