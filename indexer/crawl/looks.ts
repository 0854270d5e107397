import { digestOf, hexOf } from '../model/digest.ts';
import { compareText, type ExtensionId, type ExtensionTypes } from '../model/extension.ts';
import type { Look, SourceLooks } from '../model/looks.ts';
import type { SourceMemory } from '../model/memory.ts';
import type { Finding, ProblemCode } from '../model/problem.ts';
import type { Release } from '../model/release.ts';
import type { SourceConfig } from '../model/source-config.ts';
import { formatTime } from '../model/text.ts';
import type { Earlier, ListedRepository, Listing, Looked } from '../sources/source.ts';
import type { DigestMode } from './reading-plan.ts';

/*
 * What of a source is read again (decision 0022): what its list of repositories says is new, what changed lately, and of
 * the rest, in turn, so much that each is read within a configured time. Pure.
 */

export interface LookOptions {
  /** Milliseconds since 1970. */
  nowMs: number;
  /** A repository in which something changed is read by each crawl for so long, since files are added to releases later. */
  recentMs: number;
  /** In this time each repository is read again; 0: by each crawl. */
  lookAgainMs: number;
}

export interface EarlierLooks {
  memory: SourceMemory;
  looks: SourceLooks;
  /** When they were written, in milliseconds since 1970. */
  atMs: number;
}

const UNSETTLED: ReadonlySet<ProblemCode> = new Set(['read_failed', 'mutated', 'sidecar_mismatch']);

/** Whether what stands is what was given: where it is not, only reading tells when that ends. */
export function isSettled({ code }: Finding): boolean {
  return !UNSETTLED.has(code);
}

/** Raised when this program comes to read the same answers otherwise. */
const RULES = 1;

/** What decides how a source's answers are read: with another one, what was known of them says nothing. */
export function settingsOf(source: SourceConfig, reading: { types: ExtensionTypes; digests: DigestMode }): string {
  const { base } = source;
  const place =
    source.kind === 'gitea'
      ? [source.organization]
      : [source.namespace, source.repositories !== undefined, source.keywordsAnnotation];
  return digestOf(JSON.stringify([RULES, source.kind, base.href, ...place, [...reading.types], reading.digests]));
}

/** For each repository that an earlier crawl has read: what it found, and whether it is due to be read again. */
export function planLooks(
  repositories: readonly ListedRepository[],
  { memory, looks, atMs }: EarlierLooks,
  options: LookOptions,
): Map<string, Earlier> {
  const { nowMs, recentMs, lookAgainMs } = options;
  const given = byExtension(memory);
  const times = Map.groupBy(repositories, (each) => each.id);
  const recent = formatTime(nowMs - recentMs);
  const plan = new Map<string, Earlier>();
  const waiting: { looked: string; earlier: Earlier; name: string }[] = [];
  for (const { name, id, seen } of repositories) {
    const look = lookOf(looks, name);
    // What two repositories give for one extension cannot be told apart afterwards.
    if (look === undefined || times.get(id)?.length !== 1) continue;
    const listing = given.get(id) ?? { releases: [], findings: [] };
    const due =
      look.seen !== seen ||
      (look.changed !== undefined && look.changed > recent) ||
      lookAgainMs === 0 ||
      !listing.findings.every(isSettled);
    const earlier = { listing, due };
    plan.set(name, earlier);
    if (!due) waiting.push({ looked: look.looked, earlier, name });
  }
  waiting.sort((a, b) => compareText(a.looked, b.looked) || compareText(a.name, b.name));
  const inTurn = lookAgainMs === 0 ? 0 : turnsBetween(atMs, nowMs, lookAgainMs / repositories.length);
  waiting.forEach(({ earlier, looked }, at) => {
    // The turns that fell due while the source failed are made up for.
    earlier.due = at < inTurn || Date.parse(looked) <= nowMs - lookAgainMs;
  });
  return plan;
}

/** One turn each `everyMs` of the clock, however often a crawl comes: none is lost and none is rounded up. */
function turnsBetween(fromMs: number, toMs: number, everyMs: number): number {
  return Math.max(0, Math.floor(toMs / everyMs) - Math.floor(fromMs / everyMs));
}

/** The looks after a crawl: of the repositories that it still found. */
export function nextLooks(
  looked: readonly Looked[],
  { memory, looks }: EarlierLooks,
  nowMs: number,
): Record<string, Look> {
  const given = byExtension(memory);
  const now = formatTime(nowMs);
  const next = looked.flatMap(({ name, id, seen, listing, isLeft }): [string, Look][] => {
    if (listing === 'failed') return [];
    const before = lookOf(looks, name);
    const { releases, findings } = given.get(id) ?? { releases: [], findings: [] };
    // What happened while it could not be read is not known, so it counts as lately.
    const isChanged =
      (before !== undefined && before.seen !== seen) ||
      !findings.every(isSettled) ||
      hasChanged(releases, listing.releases);
    const changed = isChanged ? now : earliest(before?.changed, now);
    const look = {
      ...(seen !== undefined && { seen }),
      looked: (isLeft && before?.looked) ?? now,
      ...(changed !== undefined && { changed }),
    };
    return [[keyOf(name), look]];
  });
  return Object.fromEntries(next.sort(([a], [b]) => compareText(a, b)));
}

/**
 * The looks after a crawl of a part: those of the others as they were. No list tells of what was read then, so that the
 * next one which does has it read once more.
 */
export function partLooks(looked: readonly Looked[], earlier: EarlierLooks, nowMs: number): Record<string, Look> {
  const again = new Set(looked.map(({ name }) => keyOf(name)));
  const others = Object.entries(earlier.looks.repositories).filter(([key]) => !again.has(key));
  const next = [...others, ...Object.entries(nextLooks(looked, earlier, nowMs))];
  return Object.fromEntries(next.sort(([a], [b]) => compareText(a, b)));
}

/** A clock that was ahead once must not keep a repository recent until then. */
function earliest(changed: string | undefined, now: string): string | undefined {
  return changed !== undefined && changed > now ? now : changed;
}

/**
 * Not the name itself, which the policy may hide; 64 bits, since two of one key would only be read more often. Whoever asks
 * for one extension has the case of a name from the configuration, and the list has it from Gitea.
 */
function keyOf(name: string): string {
  return hexOf(digestOf(name.toLowerCase())).slice(0, 16);
}

function lookOf({ repositories }: SourceLooks, name: string): Look | undefined {
  const key = keyOf(name);
  return Object.hasOwn(repositories, key) ? repositories[key] : undefined;
}

/** What a crawl gave for each extension, as one listing. */
function byExtension({ releases, findings }: SourceMemory): Map<ExtensionId, Listing> {
  const listings = new Map<ExtensionId, Listing>();
  const of = (id: ExtensionId): Listing => {
    const listing = listings.get(id) ?? { releases: [], findings: [] };
    listings.set(id, listing);
    return listing;
  };
  for (const release of releases) of(release.id).releases.push(release);
  for (const finding of findings) {
    const id = extensionOf(finding);
    if (id !== undefined) of(id).findings.push(finding);
  }
  return listings;
}

/** The extension that a source's finding is about; undefined for a repository that is none. */
export function extensionOf({ code, extension, subject }: Finding): ExtensionId | undefined {
  if (extension !== undefined) return extension;
  if (code === 'invalid_name') return undefined;
  const id = subject.split('@')[0];
  return id?.includes('/') === true ? (id as ExtensionId) : undefined;
}

function hasChanged(before: readonly Release[], after: readonly Release[]): boolean {
  const known = new Set(before);
  // Most are the very same objects: what is left as it is costs no text.
  if (before.length === after.length && after.every((each) => known.has(each))) return false;
  return identityOf(before) !== identityOf(after);
}

/** Of each release its key and uploads: what changes with its content. */
function identityOf(releases: readonly Release[]): string {
  return releases
    .map(({ key, assets }) =>
      JSON.stringify([key, ...assets.map(({ name, size, location }) => [name, size, location])]),
    )
    .sort()
    .join('\n');
}
