import type { Asset, CatalogueVersion } from '../model/catalogue.ts';
import { compareText, type ExtensionId } from '../model/extension.ts';
import { locationKey, type Location } from '../model/location.ts';
import { sourceMemoryOf, versionRecordOf, type Memory } from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import { primaryOf, releaseSubject, type Release, type SourceAsset } from '../model/release.ts';
import { compareVersions, isPrerelease } from '../model/version.ts';
import type { Ownership } from './owners.ts';
import { changedAsset, mutatedFinding } from './settle-source.ts';

export interface MergeOptions {
  /** Source names, the most preferred first. */
  preference: readonly string[];
  ownership: Ownership;
  /** RFC 3339: this crawl, the first to see what no earlier one did. */
  now: string;
}

/** One extension's versions as merged, and what came to light in merging. */
export interface MergedExtension {
  id: ExtensionId;
  /** Newest first. */
  versions: CatalogueVersion[];
}

interface Candidate {
  source: string;
  release: Release;
}

/**
 * All sources' releases as one catalogue. The same version at two sources is one version with two locations where the
 * primary digests agree; else what was seen first stands, then the more preferred source's, and the other's is
 * dropped whole.
 */
export function mergeSources(
  memory: Memory,
  { preference, ownership, now }: MergeOptions,
): { extensions: MergedExtension[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const candidates: Candidate[] = preference.flatMap((source) => {
    const releases = sourceMemoryOf(memory, source).releases;
    const foreign = Map.groupBy(
      releases.filter((each) => !ownership.mayAdd(source, each.id)),
      (each) => each.id,
    );
    for (const [id, all] of foreign) {
      const detail = `${all.length} version(s) of ${source} are not listed: another source owns this name.`;
      findings.push({ code: 'foreign_version', source, subject: id, detail });
    }
    return releases.filter((each) => !foreign.has(each.id)).map((release) => ({ source, release }));
  });
  const extensions = [...Map.groupBy(candidates, (each) => each.release.id)].map(([id, ofExtension]) => {
    const perVersion = Map.groupBy(ofExtension, (each) => each.release.version);
    const versions = [...perVersion.values()].flatMap((each) => mergeVersion(each, { memory, now, findings }));
    return { id, versions: versions.sort((a, b) => compareVersions(b.version, a.version)) };
  });
  return {
    extensions: extensions.filter((each) => each.versions.length > 0).sort((a, b) => compareText(a.id, b.id)),
    findings,
  };
}

interface MergeContext {
  memory: Memory;
  now: string;
  findings: Finding[];
}

/** @param candidates the same version at each source that has it, the most preferred first */
function mergeVersion(candidates: readonly Candidate[], { memory, now, findings }: MergeContext): CatalogueVersion[] {
  const [any] = candidates;
  if (any === undefined) return [];
  const record = versionRecordOf(memory, any.release);
  const chosen = candidates.find((each) => changedAsset(each.release, record) === undefined);
  if (chosen === undefined) {
    for (const { source, release } of candidates) {
      const changed = changedAsset(release, record);
      if (changed?.now !== undefined) findings.push(mutatedFinding(source, release, changed));
    }
    return [];
  }
  const agreeing = candidates.filter((each) => each === chosen || samePrimary(each, chosen));
  for (const { source, release } of candidates.filter((each) => !agreeing.includes(each))) {
    const [ours, theirs] = [primaryOf(chosen.release)?.digest, primaryOf(release)?.digest];
    // Without both digests nothing can be said yet; the other source's stays out without a word.
    if (ours === undefined || theirs === undefined) continue;
    const detail = `Its primary asset is ${theirs}; at ${chosen.source}, whose version is listed, it is ${ours}.`;
    findings.push({ code: 'digest_conflict', source, subject: releaseSubject(release), detail });
  }
  return [assembleVersion(chosen, agreeing, record?.first_seen ?? now)];
}

function assembleVersion(chosen: Candidate, agreeing: readonly Candidate[], firstSeen: string): CatalogueVersion {
  const { release } = chosen;
  const others = agreeing.filter((each) => each !== chosen).flatMap((each) => each.release.assets);
  return {
    version: release.version,
    publishedAt: release.published_at ?? firstSeen,
    firstSeen,
    prerelease: release.prerelease === true || isPrerelease(release.version),
    ...(release.notes !== undefined && { notes: release.notes }),
    sources: agreeing.map((each) => each.source),
    about: release.about,
    assets: release.assets.map((each) => assembleAsset(each, others)),
  };
}

/** The other sources' assets of the same bytes are further locations, whatever they are called there. */
function assembleAsset(asset: SourceAsset, others: readonly SourceAsset[]): Asset {
  const same =
    others.length === 0 ? others : others.filter((each) => asset.digest !== undefined && each.digest === asset.digest);
  return {
    name: asset.name,
    size: asset.size,
    ...(asset.digest && { digest: asset.digest }),
    ...(asset.digest_origin && { digestOrigin: asset.digest_origin }),
    mediaType: asset.media_type,
    ...(asset.platform !== undefined && { platform: asset.platform }),
    ...(asset.primary && { primary: true as const }),
    locations: eachOnce([asset, ...same].map((each) => each.location)),
  };
}

/** A layer that stands in a registry's manifest under two titles is in one place. */
function eachOnce(locations: Location[]): Location[] {
  if (locations.length < 2) return locations;
  return [...new Map(locations.map((each) => [locationKey(each), each])).values()];
}

function samePrimary(a: Candidate, b: Candidate): boolean {
  const digest = primaryOf(a.release)?.digest;
  return digest !== undefined && digest === primaryOf(b.release)?.digest;
}
