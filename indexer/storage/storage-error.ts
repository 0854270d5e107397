import { messageOf, RegistryError } from '../model/errors.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on its file system',
  EDQUOT: 'make room, or raise the quota',
  EFBIG: 'raise the limit on file sizes (ulimit -f)',
  EROFS: 'mount its file system writable',
  EMFILE: 'raise the limit on open files (ulimit -n)',
  ENFILE: 'raise the limit on open files of the system',
  EIO: 'see whether the disk is sound',
};

/**
 * What the file system refused, with the remedy.
 * @param what such as `write <path>`
 */
export function storageError(cause: unknown, what: string): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const remedy = REMEDIES[errnoOf(cause)] ?? 'see its permissions and the free space';
  return new RegistryError('storage', `Cannot ${what}: ${messageOf(cause)}; ${remedy}, then run again.`, { cause });
}

export function errnoOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Turns an expected system error into undefined and throws every other. */
export function ignore(codes: ReadonlySet<string>): (error: unknown) => undefined {
  return (error) => {
    if (!codes.has(errnoOf(error))) throw error;
    return undefined;
  };
}

export const NO_FILE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
/** What a file system answers that has no links. */
export const NO_LINK: ReadonlySet<string> = new Set(['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP']);
