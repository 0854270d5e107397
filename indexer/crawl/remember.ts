import type { Catalogue, CatalogueExtension, CatalogueVersion } from '../model/catalogue.ts';
import { compareText } from '../model/extension.ts';
import type { Memory, SourceMemory, VersionRecord } from '../model/memory.ts';
import { applyPolicy, isHidden, POLICY_SOURCE, type PolicyRule } from '../model/policy.ts';
import { byGravity, problemKey, PROBLEMS, type Finding, type Problem } from '../model/problem.ts';
import { releaseSubject } from '../model/release.ts';
import type { SourceOutcome } from './crawl-source.ts';
import { mergeSources, type MergedExtension, type MergeOptions } from './merge.ts';
import type { Ownership } from './owners.ts';
import { compareFindings, settleSource } from './settle-source.ts';

export interface RememberOptions extends MergeOptions {
  policy: readonly PolicyRule[];
}

export interface Remembered {
  memory: Memory;
  catalogue: Catalogue;
  /** All of them, also those that are not to be shown, since they are about what the policy hides. */
  problems: Problem[];
}

/**
 * What one crawl makes of what the earlier ones knew: the catalogue to show, and the memory for the next. Pure: the
 * same memory, outcomes and time give the same result to the byte.
 */
export function remember(before: Memory, outcomes: readonly SourceOutcome[], options: RememberOptions): Remembered {
  const sources = Object.fromEntries(
    outcomes
      .map(({ name, memory }): [string, SourceMemory] => [name, settleSource(name, memory, before)])
      .sort(([a], [b]) => compareText(a, b)),
  );
  const merged = mergeSources({ ...before, sources }, options);
  const { extensions, findings } = applyPolicy(merged.extensions, options.policy);
  const found = [...Object.values(sources).flatMap((each) => each.findings), ...merged.findings, ...findings];
  const problems = byGravity(uniqueProblems(found.sort(compareFindings), before, options.now));
  const memory: Memory = {
    schema: 1,
    sources,
    // Before the policy: what is hidden keeps its record, and cannot come back with other bytes.
    versions: rememberVersions(before, { extensions: merged.extensions, sources, now: options.now }),
    problems: Object.fromEntries(
      problems
        .map((each): [string, string] => [problemKey(each), each.first_seen])
        .sort(([a], [b]) => compareText(a, b)),
    ),
    ...ownsOf(options.ownership),
    ...(before.rows && { rows: before.rows }),
  };
  // What is hidden is not told by its problems either; only the run's own report, for the operator, has them.
  const visible = { rules: options.policy, shown: new Set<string>(extensions.map((each) => each.id)) };
  const shown = problems.filter((each) => !isHidden(each, visible));
  return { memory, catalogue: { extensions: withProblems(extensions, shown), problems: shown }, problems };
}

function ownsOf({ owns }: Ownership): Pick<Memory, 'owns'> {
  const sorted = Object.entries(owns).map(([name, patterns]): [string, string[]] => [
    name,
    patterns.toSorted(compareText),
  ]);
  return sorted.length === 0 ? {} : { owns: Object.fromEntries(sorted.sort(byKey)) };
}

/** One problem for each code, source and subject; what is found several times there is told in one sentence after another. */
function uniqueProblems(findings: readonly Finding[], before: Memory, now: string): Problem[] {
  return [...Map.groupBy(findings, problemKey)].flatMap(([key, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const detail = [...new Set(same.map((each) => each.detail))].join(' ');
    const firstSeen = Object.hasOwn(before.problems, key) ? before.problems[key] : undefined;
    return [{ ...first, detail, remedy: PROBLEMS[first.code], first_seen: firstSeen ?? now }];
  });
}

/** Each with the problems whose subject is its `type/name`, or a version of it; those of the policy are no one's. */
function withProblems(extensions: readonly MergedExtension[], problems: readonly Problem[]): CatalogueExtension[] {
  const published = problems.filter((each) => each.source !== POLICY_SOURCE);
  const perExtension = Map.groupBy(published, (each) => each.subject.split('@')[0] ?? '');
  return extensions.map((each) => ({ ...each, problems: perExtension.get(each.id) ?? [] }));
}

interface Known {
  extensions: readonly MergedExtension[];
  sources: Record<string, SourceMemory>;
  now: string;
}

/** The record of every version ever listed: when it was first seen, the digests it had then, since when it is gone. */
function rememberVersions(before: Memory, { extensions, sources, now }: Known): Memory['versions'] {
  const listed = new Map<string, readonly CatalogueVersion[]>(extensions.map(({ id, versions }) => [id, versions]));
  let given: Set<string> | undefined;
  const isGiven = (subject: string): boolean => {
    given ??= new Set(Object.values(sources).flatMap((each) => each.releases.map(releaseSubject)));
    return given.has(subject);
  };
  const ids = [...new Set([...Object.keys(before.versions), ...listed.keys()])].sort(compareText);
  return Object.fromEntries(
    ids.map((id) => {
      const known = Object.hasOwn(before.versions, id) ? before.versions[id] : undefined;
      const versions = listed.get(id) ?? [];
      return [id, recordsOf(known ?? {}, { versions, now, isGiven: (version) => isGiven(`${id}@${version}`) })];
    }),
  );
}

interface OfExtension {
  versions: readonly CatalogueVersion[];
  now: string;
  /** Whether a source has the version, listed or not. */
  isGiven: (version: string) => boolean;
}

/** The records of one extension; those of before themselves where nothing is new, which spares most of the work. */
function recordsOf(
  before: Record<string, VersionRecord>,
  { versions, now, isGiven }: OfExtension,
): Record<string, VersionRecord> {
  const listed = new Map<string, CatalogueVersion>(versions.map((each) => [each.version, each]));
  const records = new Map<string, VersionRecord>();
  for (const [version, record] of Object.entries(before)) {
    const { gone, ...rest } = record;
    if (listed.has(version) || isGiven(version)) records.set(version, gone === undefined ? record : rest);
    else records.set(version, gone === undefined ? { ...rest, gone: now } : record);
  }
  for (const [version, each] of listed) records.set(version, recordOf(each, records.get(version)));
  const isNew = [...records].some(([version, record]) => before[version] !== record);
  return isNew ? Object.fromEntries([...records].sort(byKey)) : before;
}

/** The record of a listed version: what was known of it first, and what is only known now. */
function recordOf({ firstSeen, assets }: CatalogueVersion, known: VersionRecord | undefined): VersionRecord {
  const checksum = known?.checksum ?? assets.find((each) => each.primary)?.digest;
  const before = known?.digests ?? {};
  const seen = assets.flatMap((each) => (each.digest === undefined ? [] : [[each.name, each.digest] as const]));
  if (known !== undefined && known.checksum === checksum && seen.every(([name]) => Object.hasOwn(before, name)))
    return known;
  const digests = Object.fromEntries([...seen, ...Object.entries(before)].sort(byKey));
  return { first_seen: firstSeen, ...(checksum && { checksum }), digests };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareText(a, b);
}
