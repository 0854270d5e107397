import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { Lock, LockedExtension } from './lock-file.ts';
import { fits, type Wanted } from './wanted.ts';

/** What is to be installed of one extension. */
export interface Planned {
  id: ExtensionId;
  wanted: Wanted;
  /** What was chosen before, where it is still what is wanted. */
  locked: LockedExtension | undefined;
}

/** Everything that `extensions.toml` wants, each as the lock file has it where that fits. */
export function planAll(wanted: ReadonlyMap<ExtensionId, Wanted>, lock: Lock | undefined): Planned[] {
  return [...wanted].map(([id, each]) => ({ id, wanted: each, locked: lockedFor(each, lock?.get(id)) }));
}

/** What was locked, where it is still what is wanted. */
export function lockedFor(wanted: Wanted, locked: LockedExtension | undefined): LockedExtension | undefined {
  if (locked === undefined || !fits(wanted, locked.version)) return undefined;
  return (wanted.asset ?? locked.asset) === locked.asset ? locked : undefined;
}

/** How the two files differ, a sentence each; none where the lock file is what is wanted, and no more. */
export function differencesOf(wanted: ReadonlyMap<ExtensionId, Wanted>, lock: Lock): string[] {
  const missing = planAll(wanted, lock).flatMap(({ id, wanted: { range, asset }, locked }) => {
    if (locked !== undefined) return [];
    const there = lock.get(id);
    if (there === undefined) return [`${id} is wanted, and is not locked.`];
    const file = asset === undefined || asset === there.asset ? '' : ` (${asset})`;
    return [`${id} ${there.version} (${there.asset}) is locked, and ${range}${file} is wanted.`];
  });
  return [...missing, ...notWanted(wanted, lock).map((id) => `${id} is locked, and is not wanted.`)];
}

export function notWanted(wanted: ReadonlyMap<ExtensionId, Wanted>, lock: Lock): ExtensionId[] {
  return [...lock.keys()].filter((id) => !wanted.has(id));
}
