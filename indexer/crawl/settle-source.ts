import type { Digest } from '../model/digest.ts';
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

export interface ChangedAsset {
  name: string;
  /** What its bytes were when the version was first seen: their digest, or their number where no crawl had read them. */
  first: Digest | number;
  /** Undefined while its bytes have not been read. */
  now: Digest | number | undefined;
}

/** The first asset that is not what it was when the version was first seen: the primary one, then any by its name. */
export function changedAsset(release: Release, record: VersionRecord | undefined): ChangedAsset | undefined {
  if (record === undefined) return undefined;
  const primary = primaryOf(release);
  if (primary !== undefined && record.checksum !== undefined && primary.digest !== record.checksum) {
    return { name: primary.name, first: record.checksum, now: primary.digest };
  }
  for (const { name, digest } of release.assets) {
    const first = Object.hasOwn(record.digests, name) ? record.digests[name] : undefined;
    if (first !== undefined && first !== digest) return { name, first, now: digest };
  }
  return undefined;
}

/**
 * The first asset that has another length than when it was listed, of those that no crawl had read: what it was cannot
 * be told any more, but it was something else.
 */
function resizedAsset(release: Release, before: Release): ChangedAsset | undefined {
  for (const { name, size, digest } of release.assets) {
    const old = before.assets.find((each) => each.name === name);
    if (old !== undefined && old.digest === undefined && old.size !== size) {
      return { name, first: old.size, now: digest ?? size };
    }
  }
  return undefined;
}

export function mutatedFinding(source: string, release: Release, { name, first, now }: ChangedAsset): Finding {
  const [was, is] = [first, now].map((each) => (typeof each === 'number' ? `${each} bytes long` : each));
  const detail = `The asset ${name} is now ${is}; when the version was first seen it was ${was}, which stands.`;
  return { code: 'mutated', source, subject: releaseSubject(release), detail };
}

/**
 * What is remembered of a source: its releases, each as it was first seen. Where the bytes of a version have changed,
 * the record from before stands, with its old location, and the change is a problem; the new bytes are never listed.
 */
export function settleSource(name: string, given: SourceMemory, before: Memory): SourceMemory {
  const previous = new Map(sourceMemoryOf(before, name).releases.map((each) => [releaseSubject(each), each]));
  const findings: Finding[] = [];
  const releases = given.releases.map((each) => {
    const record = versionRecordOf(before, each);
    const release = withFirstPrimary(each, record);
    const old = previous.get(releaseSubject(release));
    if (old === undefined || changedAsset(old, record) !== undefined) return release;
    const changed = changedAsset(release, record) ?? resizedAsset(release, old);
    if (changed === undefined) return release;
    // Not read yet (the budget): nothing is known of the new bytes, so nothing is said of them.
    if (changed.now !== undefined) findings.push(mutatedFinding(name, release, changed));
    return old;
  });
  return {
    releases: releases.toSorted((a, b) => compareText(a.id, b.id) || compareVersions(a.version, b.version)),
    findings: [...given.findings, ...findings].sort(compareFindings),
    attachments: given.attachments,
  };
}

/**
 * The primary asset stays the one that was first seen, though files that were added later (a publisher may still upload
 * while we crawl) would make another stand out: what a bare download gives never changes.
 */
function withFirstPrimary(release: Release, record: VersionRecord | undefined): Release {
  const first = release.assets.find((each) => each.digest !== undefined && each.digest === record?.checksum);
  if (first === undefined || primaryOf(release)?.digest === first.digest) return release;
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
