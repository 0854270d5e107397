import {
  isVersion,
  isWithin,
  newestWithin,
  parseRange,
  parseVersion,
  type Version,
} from '../../indexer/model/version.ts';

/** What `extensions.toml` says of one extension. */
export interface Wanted {
  /** `latest`, a version or a semver range. */
  range: string;
  /** Prereleases as well. */
  prereleases?: true;
  /** The file to install where it is not the primary asset. */
  asset?: string;
}

/** Whether a version that was chosen before is still what is wanted. */
export function fits({ range, prereleases }: Wanted, version: Version): boolean {
  if (range === 'latest') return true;
  // The identity of a version is its whole string, which a range cannot tell apart by build.
  if (isVersion(range)) return parseVersion(range) === version;
  const parsed = parseRange(range);
  return prereleases === true ? isWithin(version, parsed) : newestWithin([version], parsed) !== undefined;
}

/** The range that is recorded for a version nobody gave one for: what may replace it without breaking its users. */
export function rangeFor(version: Version): string {
  return `^${version.replace(/\+.*$/, '')}`;
}

/** The range that goes on where a version past it was chosen, as narrow or wide as the old one. */
export function rangePast(range: string, version: Version): string {
  if (range === 'latest') return range;
  if (isVersion(range)) return version;
  const plain = version.replace(/\+.*$/, '');
  return /^~\s*\d/.test(range) ? `~${plain}` : `^${plain}`;
}
