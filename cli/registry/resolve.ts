import type { VersionEntry } from '../../indexer/model/documents.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { clipLine, formatTime } from '../../indexer/model/text.ts';
import {
  compareVersions,
  isPrerelease,
  isVersion,
  isWithin,
  newestWithin,
  parseRange,
  parseVersion,
  type Version,
} from '../../indexer/model/version.ts';
import type { Wish } from './registry.ts';

/*
 * Which version a wish means. PURE: the versions document, the wish and the time decide. The same rules as the proxy's,
 * and stricter ones that only a client has: prereleases, age, what was locked.
 */

export interface Resolution {
  entry: VersionEntry;
  /** Sentences for people. */
  warnings: string[];
}

const MAX_NAMED = 5;

/**
 * @param nowMs milliseconds since 1970
 * @throws RegistryError `not_found`, `invalid_version`; `refused` for what is yanked or too young; `digest_mismatch`
 * where the site has other bytes than were locked
 */
export function resolveWish(entries: readonly VersionEntry[], wish: Wish, nowMs: number): Resolution {
  const sound = entries.filter(({ version }) => isVersion(version));
  if (wish.locked !== undefined) return resolveLocked(sound, wish.id, wish.locked);
  const { entry, held } = isVersion(wish.range) ? chooseExact(sound, wish, nowMs) : chooseNewest(sound, wish, nowMs);
  const tooYoung = held === undefined ? [] : [`${wish.id} ${held.version} is newer, but ${youth(held, wish)}`];
  return { entry, warnings: [...tooYoung, ...deprecation(wish.id, entry)] };
}

/** Of all that the site offers: not yanked, and old enough. */
export function isOffered(entry: VersionEntry): boolean {
  return entry.yanked === undefined;
}

/** Marked so by its publisher, or by its number. */
export function isPrereleaseEntry({ version, prerelease }: VersionEntry): boolean {
  return prerelease === true || isPrerelease(version);
}

/** The newest of the entries that the range admits: by semver's rule, prereleases only where the range names one. */
export function newestAdmitted(
  entries: readonly VersionEntry[],
  range: string,
  prereleases: boolean,
): VersionEntry | undefined {
  const admitted = entries.filter((each) => prereleases || isAdmittedPrerelease(each, range));
  const versions = admitted.map(({ version }) => version);
  const newest = (of: readonly Version[]): Version | undefined => of.toSorted(compareVersions).at(-1);
  const found =
    range === 'latest'
      ? newest(versions)
      : prereleases
        ? newest(versions.filter((each) => isWithin(each, parseRange(range))))
        : newestWithin(versions, parseRange(range));
  return admitted.find(({ version }) => version === found);
}

/** A prerelease by its number is left to semver's rule; `latest` and a publisher's mark admit none. */
function isAdmittedPrerelease(entry: VersionEntry, range: string): boolean {
  return range === 'latest' ? !isPrereleaseEntry(entry) : entry.prerelease !== true || isPrerelease(entry.version);
}

interface Chosen {
  entry: VersionEntry;
  /** A newer one that only its age keeps from being chosen. */
  held?: VersionEntry;
}

function chooseExact(entries: readonly VersionEntry[], wish: Wish, nowMs: number): Chosen {
  const version = parseVersion(wish.range);
  const entry = entries.find((each) => each.version === version);
  if (entry === undefined) throw noVersion(entries, wish);
  if (entry.yanked !== undefined) throw yankedError(wish.id, entry);
  if (!isOldEnough(entry, wish, nowMs)) {
    throw new RegistryError('refused', `${wish.id} ${version} ${youth(entry, wish)}`);
  }
  return { entry };
}

function chooseNewest(entries: readonly VersionEntry[], wish: Wish, nowMs: number): Chosen {
  const { range, prereleases = false } = wish;
  const offered = entries.filter(isOffered);
  const newest = newestAdmitted(offered, range, prereleases);
  if (newest === undefined) throw noneAdmitted(entries, wish);
  if (isOldEnough(newest, wish, nowMs)) return { entry: newest };
  const old = offered.filter((each) => isOldEnough(each, wish, nowMs));
  const entry = newestAdmitted(old, range, prereleases);
  if (entry === undefined) {
    throw new RegistryError('refused', `${wish.id} ${newest.version} ${youth(newest, wish)} No older version fits.`);
  }
  return { entry, held: newest };
}

function resolveLocked(
  entries: readonly VersionEntry[],
  id: ExtensionId,
  { version, digest }: NonNullable<Wish['locked']>,
): Resolution {
  const entry = entries.find((each) => each.version === version);
  if (entry === undefined) {
    throw new RegistryError(
      'not_found',
      `The site has no ${id} ${version} any more, which is locked; upgrade it to one that there is.`,
    );
  }
  if (digest !== undefined && entry.checksum !== undefined && entry.checksum !== digest) {
    throw new RegistryError(
      'digest_mismatch',
      `${id} ${version} was locked with ${digest}, and the site names ${entry.checksum}: somebody replaced a published version. Ask its publisher before you trust either.`,
    );
  }
  const yanked =
    entry.yanked === undefined ? [] : [`${id} ${version} is yanked (${shown(entry.yanked.reason)}), but locked.`];
  return { entry, warnings: [...yanked, ...deprecation(id, entry)] };
}

function isOldEnough({ first_seen }: VersionEntry, { minAgeMs = 0 }: Wish, nowMs: number): boolean {
  // What cannot be read was not seen long ago.
  return minAgeMs <= 0 || Date.parse(first_seen) + minAgeMs <= nowMs;
}

function youth({ first_seen }: VersionEntry, { minAgeMs = 0 }: Wish): string {
  const seenMs = Date.parse(first_seen);
  if (Number.isNaN(seenMs)) return 'does not say when it was first seen, so it is never old enough.';
  return `was first seen ${formatTime(seenMs)}, too recently for the minimum age; it is allowed from ${formatTime(seenMs + minAgeMs)} on.`;
}

function deprecation(id: ExtensionId, { version, deprecated }: VersionEntry): string[] {
  if (deprecated === undefined) return [];
  const instead = deprecated.replacement === undefined ? '' : ` Use ${shown(deprecated.replacement)} instead.`;
  return [`${id} ${version} is deprecated: ${shown(deprecated.message)}${instead}`];
}

function yankedError(id: ExtensionId, { version, yanked }: VersionEntry): RegistryError {
  const reason = shown(yanked?.reason ?? '');
  return new RegistryError('refused', `${id} ${version} is yanked: ${reason}. Choose another version.`);
}

function noVersion(entries: readonly VersionEntry[], { id, range }: Wish): RegistryError {
  // `1.0.0` where only `1.0.0+build.5` is there: the identity of a version is its whole string.
  const near = entries.filter(({ version }) => version.startsWith(`${range.replace(/^v/, '')}+`));
  const named = (near.length > 0 ? near : entries.filter(isOffered)).slice(0, MAX_NAMED);
  return new RegistryError('not_found', `${id} has no version ${range}; ${thereAre(named)}`);
}

function noneAdmitted(entries: readonly VersionEntry[], { id, range, prereleases }: Wish): RegistryError {
  const offered = entries.filter(isOffered);
  const asked = range === 'latest' ? 'no version to choose' : `no version that ${shown(range)} admits`;
  if (offered.length === 0) return new RegistryError('not_found', `${id} has ${asked}: all of them are yanked.`);
  const ifAsked = prereleases === true ? undefined : newestAdmitted(offered, range, true);
  if (ifAsked !== undefined) {
    return new RegistryError(
      'not_found',
      `${id} has ${asked} but prereleases; name ${ifAsked.version}, or ask for prereleases.`,
    );
  }
  return new RegistryError('not_found', `${id} has ${asked}; ${thereAre(offered.slice(0, MAX_NAMED))}`);
}

function thereAre(entries: readonly VersionEntry[]): string {
  return entries.length === 0
    ? 'all are yanked.'
    : `the newest are ${entries.map(({ version }) => version).join(', ')}.`;
}

/** A stranger's words in a sentence of ours. */
function shown(text: string): string {
  return clipLine(text, 300).text;
}
