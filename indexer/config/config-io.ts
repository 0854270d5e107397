import { readFile, stat } from 'node:fs/promises';

/** What loading needs of the machine; files throw as `node:fs/promises` does. */
export interface ConfigIo {
  readFile(path: string): Promise<string>;
  /** The permission bits of a file, and its length. */
  stat(path: string): Promise<{ mode: number; sizeBytes: number }>;
  /** Milliseconds since 1970: which certificates have expired. */
  now(): number;
  /** The environment's variables, as an entry hands them in: those of AWS's tools. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Without any variable. */
export const REAL_IO: ConfigIo = {
  readFile: (path) => readFile(path, 'utf8'),
  stat: async (path) => {
    const { mode, size } = await stat(path);
    return { mode: mode & 0o777, sizeBytes: size };
  },
  now: Date.now,
  env: {},
};

/** The code that the operating system gave, such as ENOENT. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
