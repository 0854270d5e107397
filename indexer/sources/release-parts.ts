import { choosePrimary, doubledNames, isSafeAssetName } from '../model/asset-name.ts';
import type { ExtensionId } from '../model/extension.ts';
import type { Finding, ProblemCode } from '../model/problem.ts';
import type { Release, SourceAsset } from '../model/release.ts';
import { clipLine, TEXT_LIMITS } from '../model/text.ts';
import { compareVersions, type Version } from '../model/version.ts';
import type { Listing } from './source.ts';

/**
 * How much is read of what one publisher controls. More versions of one extension are builds and no releases; the
 * findings beyond tell nothing new.
 */
export const LIMITS = { versions: 2_000, assets: 1_000, findingsOfRelease: 20, findingsOfRepository: 2_000 } as const;

/** A release in the making, and what is found on the way. Both kinds of source make theirs from the same parts. */
export interface Draft {
  source: string;
  id: ExtensionId;
  version: Version;
  /** The repository's own name, without its owner or namespace. */
  repository: string;
  findings: Finding[];
}

export function note(draft: Draft, code: ProblemCode, detail: string): void {
  draft.findings.push({ code, source: draft.source, subject: `${draft.id}@${draft.version}`, detail });
}

/** A line of text within its limit; a longer one is cut and noted. */
export function line(draft: Draft, field: 'title' | 'description' | 'author' | 'license', raw: string): string {
  const limit = TEXT_LIMITS[field];
  const { text, truncated } = clipLine(raw, limit);
  if (truncated) note(draft, 'truncated_text', `The ${field} is cut to ${limit} characters.`);
  return text;
}

/** Keywords: folded, each once, within their limits. */
export function keywords(draft: Draft, raw: readonly string[]): string[] {
  const bounded = raw.slice(0, TEXT_LIMITS.tags * 8);
  const all = [...new Set(bounded.map((each) => clipLine(each, TEXT_LIMITS.tag).text).filter((each) => each !== ''))];
  if (all.length > TEXT_LIMITS.tags || bounded.length < raw.length)
    note(draft, 'truncated_text', `Only the first ${TEXT_LIMITS.tags} tags are kept.`);
  return all.slice(0, TEXT_LIMITS.tags);
}

/** As many files of a release as are read of it; the others are noted. */
export function firstAssets<T>(draft: Draft, files: readonly T[]): readonly T[] {
  if (files.length <= LIMITS.assets) return files;
  note(draft, 'too_large', `The release has ${files.length} files, and only the first ${LIMITS.assets} are read.`);
  return files.slice(0, LIMITS.assets);
}

/** The assets whose names are safe, sorted by name, one of them marked as primary. */
export function usableAssets(draft: Draft, assets: readonly SourceAsset[]): SourceAsset[] {
  const doubled = doubledNames(assets.map((each) => each.name));
  const usable = assets.filter((each) => {
    const why = doubled.has(each.name) ? 'used more than once' : 'not a safe file name';
    const safe = isSafeAssetName(each.name) && !doubled.has(each.name);
    if (!safe)
      note(draft, 'unsafe_asset_name', `The asset ${JSON.stringify(each.name.slice(0, 100))} is dropped: ${why}.`);
    return safe;
  });
  const names = usable.map((each) => each.name);
  const primary = choosePrimary(names, draft);
  if (usable.length === 0) note(draft, 'no_asset', 'The release has no asset that can be listed, so it is not listed.');
  else if (primary === undefined) note(draft, 'no_primary_asset', `None of its assets stands out: ${listOf(names)}.`);
  return usable
    .map((each) => (each.name === primary ? { ...each, primary: true as const } : each))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A release and the repository's findings about it; undefined release: one that is not listed. */
export interface ReleaseResult {
  release?: Release;
  findings: Finding[];
}

export function finishRelease(draft: Draft, release: Omit<Release, 'id' | 'version'>): ReleaseResult {
  const findings = firstFindings(draft.findings, LIMITS.findingsOfRelease);
  if (release.assets.length === 0) return { findings };
  return { release: { id: draft.id, version: draft.version, ...release }, findings };
}

/** So many of them; the last one tells how many there are more. */
function firstFindings(findings: readonly Finding[], limit: number): Finding[] {
  const last = findings[limit - 1];
  if (last === undefined || findings.length === limit) return [...findings];
  const more = findings.length - limit;
  return [
    ...findings.slice(0, limit - 1),
    { ...last, detail: `${last.detail} There are ${more} more of such problems.` },
  ];
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/** The finding about an extension of which only the highest versions are read. */
export function tooManyVersions(source: string, id: ExtensionId, count: number): Finding {
  const detail = `It has ${count} versions, and only the ${LIMITS.versions} highest are read.`;
  return { code: 'too_large', source, subject: id, detail };
}

/**
 * One release for each version of a repository: `1.4.0` and `v1.4.0` are the same. The one whose tag is the version
 * itself stands, else the first in the listing's order; two names of the same thing are no problem.
 */
export function onePerVersion(results: readonly ReleaseResult[], source: string): Listing {
  const kept = new Map<Version, Release>();
  const findings = findingsOf(results);
  for (const { release } of results) {
    if (release === undefined) continue;
    const other = kept.get(release.version);
    const stands =
      other === undefined || (other.tag !== String(other.version) && release.tag === String(release.version));
    if (stands) kept.set(release.version, release);
    if (other !== undefined && other.key !== release.key) {
      const [winner, loser] = stands ? [release, other] : [other, release];
      const detail = `The tags ${winner.tag} and ${loser.tag} are the same version; ${winner.tag} is listed.`;
      findings.push({ code: 'duplicate_version', source, subject: `${release.id}@${release.version}`, detail });
    }
  }
  const releases = highest([...kept.values()], (each) => each.version);
  const [first] = releases;
  if (first !== undefined && releases.length < kept.size) findings.push(tooManyVersions(source, first.id, kept.size));
  return { releases, findings: firstFindings(findings, LIMITS.findingsOfRepository) };
}

/** Of two tags of one manifest the same is found, and it is told of the version: once. */
function findingsOf(results: readonly ReleaseResult[]): Finding[] {
  const told = new Set<string>();
  return results.flatMap(({ release, findings }) => {
    const what = release && `${release.version} ${release.key}`;
    if (what === undefined) return findings;
    if (told.has(what)) return [];
    told.add(what);
    return findings;
  });
}

/** Those of the highest versions, as many as are read, in the order that they had. */
export function highest<T>(all: readonly T[], versionOf: (each: T) => Version): T[] {
  if (all.length <= LIMITS.versions) return [...all];
  const sorted = all.toSorted((a, b) => compareVersions(versionOf(b), versionOf(a)));
  const kept = new Set(sorted.slice(0, LIMITS.versions));
  return all.filter((each) => kept.has(each));
}
