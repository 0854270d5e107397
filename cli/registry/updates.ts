import type { VersionEntry } from '../../indexer/model/documents.ts';
import { compareVersions, isPrerelease, isVersion } from '../../indexer/model/version.ts';
import type { Installed, Update } from './registry.ts';
import { isOffered, newestAdmitted } from './resolve.ts';

/** What is newer than what is there, within its range and past it; undefined where nothing is. PURE. */
export function findUpdate(entries: readonly VersionEntry[], { id, version, range }: Installed): Update | undefined {
  const newer = entries.filter(
    (each) => isVersion(each.version) && isOffered(each) && compareVersions(each.version, version) > 0,
  );
  const within = isVersion(range) ? undefined : newestAdmitted(newer, range, false);
  // Who has a prerelease wants the next one, too; nobody else is told of prereleases.
  const newest = newestAdmitted(newer, 'latest', false) ?? newestOfPrerelease(newer, version);
  const beyond = newest?.version === within?.version ? undefined : newest;
  if (within === undefined && beyond === undefined) return undefined;
  return { id, current: version, ...(within && { within }), ...(isNewer(beyond, within) && beyond && { beyond }) };
}

function newestOfPrerelease(newer: readonly VersionEntry[], current: Installed['version']): VersionEntry | undefined {
  return isPrerelease(current) ? newestAdmitted(newer, 'latest', true) : undefined;
}

function isNewer(a: VersionEntry | undefined, b: VersionEntry | undefined): boolean {
  return a !== undefined && (b === undefined || compareVersions(a.version, b.version) > 0);
}
