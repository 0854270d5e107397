import { RegistryError } from '../model/errors.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What a lock says of its holder. */
export interface LockHolder extends ProcessIdentity {
  /** One for each holding. */
  token: string;
  /** RFC 3339 */
  since: string;
}

/** How often a holder shows that it lives. */
export const HEARTBEAT_MS = 10_000;
/** A holder that we cannot see is dead after so many times as long. */
export const BEATS_TO_DEATH = 6;

/** A lock that is not ours, or cut short by a full disk, names nobody; its heartbeat alone says whether it counts. */
export function parseHolder(text: string, position = 0): LockHolder {
  const unknown = { host: 'an unknown host', since: 'an unknown time', boot_id: '', pid_namespace: '', started: '' };
  const nobody: LockHolder = { ...unknown, token: `unreadable-${position}`, pid: 0 };
  try {
    const holder = JSON.parse(text) as LockHolder;
    const strings = [holder.token, ...Object.keys(unknown).map((key) => holder[key as keyof typeof unknown])];
    const sound = strings.every((each) => typeof each === 'string') && Number.isSafeInteger(holder.pid);
    return sound && /^[\w-]+$/.test(holder.token) ? holder : nobody;
  } catch {
    return nobody;
  }
}

/** @param place the folder or the prefix of a bucket @param holder undefined where the lock is gone */
export function lockedBy(place: string, holder: LockHolder | undefined): RegistryError {
  if (holder === undefined) {
    return new RegistryError('locked', `The lock of ${place} was taken away while we held it; run again.`);
  }
  const who = `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new RegistryError(
    'locked',
    `Another indexer publishes to ${place} (${who}); wait for it, or stop it. Should it be dead, its lock ends by itself: at once for this machine, elsewhere a minute after its last sign of life.`,
  );
}
