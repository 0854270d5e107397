import type { Catalogue, CatalogueExtension } from '../model/catalogue.ts';
import { compareText } from '../model/extension.ts';
import type { Memory, SourceMemory, VersionRecord } from '../model/memory.ts';
import { problemKey, PROBLEMS, type Finding, type Problem } from '../model/problem.ts';
import { releaseSubject } from '../model/release.ts';
import type { SourceOutcome } from './crawl-source.ts';
import { mergeSources, type MergedExtension, type MergeOptions } from './merge.ts';
import { compareFindings, settleSource } from './settle-source.ts';

export interface Remembered {
  memory: Memory;
  catalogue: Catalogue;
}

/**
 * What one crawl makes of what the earlier ones knew: the catalogue to show, and the memory for the next. Pure: the
 * same memory, outcomes and time give the same result to the byte.
 */
export function remember(before: Memory, outcomes: readonly SourceOutcome[], options: MergeOptions): Remembered {
  const sources = Object.fromEntries(
    outcomes
      .map(({ name, memory, failure }): [string, SourceMemory] => [
        name,
        failure === undefined ? settleSource(name, memory, before) : memory,
      ])
      .sort(([a], [b]) => compareText(a, b)),
  );
  const { extensions, findings } = mergeSources({ ...before, sources }, options);
  const all = [...Object.values(sources).flatMap((each) => each.findings), ...findings].sort(compareFindings);
  const problems = uniqueProblems(all, before, options.now);
  const memory: Memory = {
    schema: 1,
    sources,
    versions: rememberVersions(before, { extensions, sources, now: options.now }),
    problems: Object.fromEntries(
      problems
        .map((each): [string, string] => [problemKey(each), each.first_seen])
        .sort(([a], [b]) => compareText(a, b)),
    ),
  };
  return { memory, catalogue: { extensions: withProblems(extensions, problems), problems } };
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

/** A problem's subject is `type/name@version`, `type/name`, or a repository that no listed extension carries. */
function withProblems(extensions: readonly MergedExtension[], problems: readonly Problem[]): CatalogueExtension[] {
  const perExtension = Map.groupBy(problems, (each) => each.subject.split('@')[0] ?? '');
  return extensions.map((each) => ({ ...each, problems: perExtension.get(each.id) ?? [] }));
}

interface Known {
  extensions: readonly MergedExtension[];
  sources: Record<string, SourceMemory>;
  now: string;
}

/** The record of every version ever listed: when it was first seen, the digests it had then, since when it is gone. */
function rememberVersions(before: Memory, { extensions, sources, now }: Known): Memory['versions'] {
  const given = new Set(Object.values(sources).flatMap((each) => each.releases.map(releaseSubject)));
  const records = new Map<string, Map<string, VersionRecord>>();
  for (const [id, versions] of Object.entries(before.versions)) {
    const kept = Object.entries(versions).map(([version, record]): [string, VersionRecord] => {
      const { gone, ...rest } = record;
      return [version, given.has(`${id}@${version}`) ? rest : { ...rest, gone: gone ?? now }];
    });
    records.set(id, new Map(kept));
  }
  for (const { id, versions } of extensions) {
    const ofExtension = records.get(id) ?? new Map<string, VersionRecord>();
    for (const { version, firstSeen, assets } of versions) {
      const known = ofExtension.get(version);
      const checksum = known?.checksum ?? assets.find((each) => each.primary)?.digest;
      const seen = assets.flatMap((each) => (each.digest === undefined ? [] : [[each.name, each.digest] as const]));
      const digests = Object.fromEntries([...seen, ...Object.entries(known?.digests ?? {})].sort(byKey));
      ofExtension.set(version, { first_seen: firstSeen, ...(checksum && { checksum }), digests });
    }
    records.set(id, ofExtension);
  }
  return Object.fromEntries(
    [...records].sort(byKey).map(([id, versions]) => [id, Object.fromEntries([...versions].sort(byKey))]),
  );
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareText(a, b);
}
