let made = 0;
let ofThisProcess: string | undefined;

/**
 * A file name that no other call gives, in this process or another: `<pid>-<chance>-<n>`. The chance is drawn once a
 * process: in containers every process has the same small number.
 * @param random 0 (inclusive) to 1 (exclusive)
 */
export function temporaryName(random: () => number): string {
  made += 1;
  ofThisProcess ??= `${process.pid}-${Math.floor(random() * 0x1_0000_0000).toString(36)}`;
  return `${ofThisProcess}-${made}`;
}

/** Whether the process that made a name has ended, as far as can be told: it may be of another container. */
export function isAbandoned(name: string): boolean {
  const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  if (pid === process.pid) return ofThisProcess === undefined || !name.startsWith(`${ofThisProcess}-`);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
