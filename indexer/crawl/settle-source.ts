import { compareText } from '../model/extension.ts';
import {
  sourceMemoryOf,
  versionRecordOf,
  type Memory,
  type SourceMemory,
  type VersionRecord,
} from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import { primaryOf, releaseSubject, type Release, type SourceAsset } from '../model/release.ts';
import { compareVersions } from '../model/version.ts';
import { attachmentOf } from './reading-plan.ts';

export interface ChangedAsset {
  name: string;
  /** What it was when the version was first seen: its digest, or what else was known of it where no crawl had read it. */
  first: string;
  /** Undefined while its bytes have not been read. */
  now: string | undefined;
}

/** The first asset that is not what it was when the version was first seen: the primary one, then any by its name. */
export function changedAsset(release: Release, record: VersionRecord | undefined): ChangedAsset | undefined {
  if (record === undefined) return undefined;
  const { checksum, digests } = record;
  const primary = primaryOf(release);
  if (checksum !== undefined && primary?.digest !== checksum) {
    if (primary !== undefined) return { name: primary.name, first: checksum, now: primary.digest };
    const [name] = Object.entries(digests).find(([, digest]) => digest === checksum) ?? ['of a bare download'];
    return { name, first: checksum, now: 'gone' };
  }
  for (const { name, digest } of release.assets) {
    const first = Object.hasOwn(digests, name) ? digests[name] : undefined;
    if (first !== undefined && first !== digest) return { name, first, now: digest };
  }
  return undefined;
}

/**
 * The first asset that is another upload than when it was listed, or the primary one that is gone, of those that no
 * crawl had read. What the first bytes were cannot be told any more, so those that are read now must not become the
 * first seen.
 */
function replacedAsset({ assets }: Release, before: Release): ChangedAsset | undefined {
  for (const old of before.assets.filter((each) => each.digest === undefined)) {
    const { name } = old;
    const asset = assets.find((each) => each.name === name);
    const first = `the attachment ${attachmentOf(old)}`;
    if (asset === undefined) {
      if (old.primary && !assets.some((each) => isSameUpload(each, old))) return { name, first, now: 'gone' };
    } else if (asset.size !== old.size) {
      return { name, first: `${old.size} bytes long`, now: asset.digest ?? `${asset.size} bytes long` };
    } else if (!isSameUpload(asset, old)) {
      return { name, first, now: asset.digest ?? `the attachment ${attachmentOf(asset)}` };
    }
  }
  return undefined;
}

function isSameUpload(a: SourceAsset, b: SourceAsset): boolean {
  return attachmentOf(a) !== undefined && attachmentOf(a) === attachmentOf(b);
}

export function mutatedFinding(source: string, release: Release, { name, first, now }: ChangedAsset): Finding {
  const detail = `The asset ${name} is now ${now}; when the version was first seen it was ${first}, which stands.`;
  return { code: 'mutated', source, subject: releaseSubject(release), detail };
}

/**
 * What is remembered of a source: its releases, each as it was first seen. Where the bytes of a version have changed,
 * or its primary asset is gone, the record from before stands, with its old location, and the change is a problem; the
 * new bytes are never listed. The same bytes in a new upload are no change, since nobody gets others: the location
 * follows, as the old one is gone.
 */
export function settleSource(name: string, given: SourceMemory, before: Memory): SourceMemory {
  const previous = new Map(sourceMemoryOf(before, name).releases.map((each) => [releaseSubject(each), each]));
  const findings: Finding[] = [];
  const releases = given.releases.map((each) => {
    const record = versionRecordOf(before, each);
    const old = previous.get(releaseSubject(each));
    const release = withFirstPrimary(each, record, old);
    if (old === undefined || changedAsset(old, record) !== undefined) return release;
    const changed = changedAsset(release, record) ?? replacedAsset(release, old);
    if (changed === undefined) return release;
    // Not read yet (the budget): nothing is known of the new bytes, so nothing is said of them.
    if (changed.now !== undefined) findings.push(mutatedFinding(name, release, changed));
    return old;
  });
  // What stands from before may have the primary asset that the source did not find in what it has now.
  const isTold = given.findings.some((each) => each.code === 'no_primary_asset');
  const complete = new Set(isTold ? releases.filter((each) => primaryOf(each) !== undefined).map(releaseSubject) : []);
  const told = given.findings.filter((each) => each.code !== 'no_primary_asset' || !complete.has(each.subject));
  return {
    releases: releases.toSorted((a, b) => compareText(a.id, b.id) || compareVersions(a.version, b.version)),
    findings: [...told, ...findings].sort(compareFindings),
    attachments: given.attachments,
  };
}

/**
 * The primary asset stays the one that was first seen, though files that were added later (a publisher may still upload
 * while we crawl) would make another stand out: what a bare download gives never changes.
 */
function withFirstPrimary(release: Release, record: VersionRecord | undefined, old: Release | undefined): Release {
  const before = old && primaryOf(old);
  const primary = primaryOf(release);
  const isFirst = (each: SourceAsset): boolean =>
    record?.checksum === undefined
      ? before !== undefined && isSameUpload(each, before)
      : each.digest === record.checksum;
  if (primary !== undefined && isFirst(primary)) return release;
  const first = release.assets.find(isFirst);
  if (first === undefined) return release;
  const assets = release.assets.map((each): SourceAsset => {
    const { primary: _primary, ...rest } = each;
    return each === first ? { ...rest, primary: true } : rest;
  });
  return { ...release, assets };
}

export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.subject, b.subject) ||
    compareText(a.code, b.code) ||
    compareText(a.detail, b.detail)
  );
}
