import semver from 'semver';
import { RegistryError } from './errors.ts';

declare const versionBrand: unique symbol;

/** A semver 2.0.0 version, build metadata included, without a leading `v`; only `parseVersion` makes one. */
export type Version = string & { readonly [versionBrand]: true };

/** Longer strings are refused before any pattern sees them. */
const MAX_LENGTH = 128;
/** semver itself would trim white space and accept a leading `=`. */
const SHAPE = /^v?\d\S*$/;

/** A tag to its version; a leading `v` is tolerated. @throws RegistryError `invalid_version` */
export function parseVersion(tag: string): Version {
  const parsed = tag.length <= MAX_LENGTH && SHAPE.test(tag) ? semver.parse(tag) : null;
  if (parsed === null) {
    throw new RegistryError(
      'invalid_version',
      `${JSON.stringify(tag.slice(0, MAX_LENGTH))} is not a semantic version; use MAJOR.MINOR.PATCH, such as 1.4.0 or v1.4.0-rc.1.`,
    );
  }
  return withBuild(parsed.version, parsed.build) as Version;
}

export function isVersion(tag: string): boolean {
  return tag.length <= MAX_LENGTH && SHAPE.test(tag) && semver.valid(tag) !== null;
}

export function isPrerelease(version: Version): boolean {
  return version.includes('-') && (semver.prerelease(version)?.length ?? 0) > 0;
}

/** Oldest first (semver 2.0.0, section 11); versions that differ in build only are ordered by it, so the order is total. */
export function compareVersions(a: Version, b: Version): number {
  return semver.compareBuild(a, b) || (a < b ? -1 : Number(a > b));
}

/** @throws RegistryError `invalid_version` for what is neither `latest`, a version nor a range. */
export function parseRange(text: string): string {
  const range = text.length <= MAX_LENGTH ? semver.validRange(text) : null;
  if (range === null) {
    throw new RegistryError(
      'invalid_version',
      `${JSON.stringify(text.slice(0, MAX_LENGTH))} is neither a version nor a range; use 1.4.0, latest, ^1.2, 1.x or 1.`,
    );
  }
  return range;
}

/** The newest of the versions that the range admits; prereleases only where the range itself names one (semver's rule). */
export function newestWithin(versions: readonly Version[], range: string): Version | undefined {
  return versions.filter((each) => semver.satisfies(each, range)).sort((a, b) => compareVersions(b, a))[0];
}

/** Whether a range admits a version, prereleases by their number like all others: `<7.2` admits 7.1.9-rc.1. */
export function isWithin(version: Version, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}

/** The shown version: the highest stable one, else the highest prerelease, never the newest date. */
export function highestOf(versions: readonly Version[]): Version | undefined {
  const newestFirst = [...versions].sort((a, b) => compareVersions(b, a));
  return newestFirst.find((each) => !isPrerelease(each)) ?? newestFirst[0];
}

function withBuild(version: string, build: readonly string[]): string {
  return build.length === 0 ? version : `${version}+${build.join('.')}`;
}
