import { isSidecar } from '../model/asset-name.ts';
import type { KnownAttachment } from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import { primaryOf, releaseSubject, type Release, type SourceAsset } from '../model/release.ts';
import { compareVersions, highestOf } from '../model/version.ts';

/**
 * Which assets' bytes are read for their digests: all, those of shown versions, or none but the sidecar files, whose
 * claims are then trusted.
 */
export type DigestMode = 'all' | 'latest' | 'sidecar';

export interface UnreadAsset {
  asset: SourceAsset;
  uuid: string;
  /** `type/name@version` of its release. */
  subject: string;
}

export interface PlanOptions {
  mode: DigestMode;
  /** Attachments whose bytes are known. */
  attachments: Readonly<Record<string, KnownAttachment>>;
  /** `type/name@version` -> the release as an earlier crawl listed it. */
  listed: ReadonlyMap<string, Release>;
  /** `type/name@version` of each release that the last crawl could not read -> why. */
  failedBefore: ReadonlyMap<string, Finding>;
}

/**
 * What has to be read, in its order: what was replaced, the shown version of every extension, the newest of each, the
 * second newest, and so on; last of all what could not be read before, so that it never uses up the budget of others.
 */
export function planReading(releases: readonly Release[], options: PlanOptions): UnreadAsset[] {
  // Most extensions have nothing new; putting their versions in order, too, would take a crawl 3 % of its time.
  const unread = new Set(
    releases.filter((each) => each.assets.some((asset) => isUnread(asset, options))).map((each) => each.id),
  );
  const concerned = releases.filter((each) => unread.has(each.id));
  return [...Map.groupBy(concerned, (each) => each.id).values()]
    .flatMap((ofExtension) => rankVersions(ofExtension))
    .flatMap(({ release, rank }) => unreadOf(release, rank, options))
    .sort((a, b) => a.rank - b.rank)
    .map(({ rank: _rank, ...unread }) => unread);
}

const SHOWN = -1;
const REPLACED = -2;

interface Ranked {
  release: Release;
  rank: number;
}

function rankVersions(ofExtension: readonly Release[]): Ranked[] {
  const shown = highestOf(ofExtension.map((each) => each.version));
  return ofExtension
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .map((release, index) => ({ release, rank: release.version === shown ? SHOWN : index }));
}

function unreadOf(release: Release, rank: number, options: PlanOptions): (UnreadAsset & { rank: number })[] {
  const { mode, listed, failedBefore } = options;
  const subject = releaseSubject(release);
  return release.assets.flatMap((asset) => {
    const uuid = attachmentOf(asset);
    if (uuid === undefined || !isUnread(asset, options)) return [];
    // Whether its bytes are still those that were first seen can be told in no other way, whatever the mode.
    const replaced = isReuploaded(asset, listed.get(subject));
    const wanted = mode === 'all' || (mode === 'latest' ? rank === SHOWN : isSidecar(asset.name));
    if (!wanted && !replaced) return [];
    return [{ asset, uuid, subject, rank: failedBefore.has(subject) ? Infinity : replaced ? REPLACED : rank }];
  });
}

function isUnread(asset: SourceAsset, { attachments }: PlanOptions): boolean {
  const uuid = attachmentOf(asset);
  return uuid !== undefined && !Object.hasOwn(attachments, uuid);
}

/** Another upload under the name, or in the place of the primary one, of an asset whose digest is known. */
export function isReuploaded(asset: SourceAsset, before: Release | undefined): boolean {
  const namesake = before?.assets.find((each) => each.name === asset.name);
  const old = namesake ?? (asset.primary && before ? primaryOf(before) : undefined);
  return old?.digest !== undefined && attachmentOf(old) !== attachmentOf(asset);
}

/** The uuid of an attachment of Gitea; undefined for a layer, whose registry gives its digest. */
export function attachmentOf({ location }: SourceAsset): string | undefined {
  return 'attachment' in location ? location.attachment : undefined;
}
