import type { Catalogue } from '../model/catalogue.ts';
import type {
  CrawlDocument,
  DocumentReference,
  Pointer,
  PointerSource,
  SourceStatus,
  StatusDocument,
} from '../model/documents.ts';
import { typeOf } from '../model/extension.ts';
import { oldestLook, type Look, type LooksDocument, type SourceLooks } from '../model/looks.ts';
import { sourceMemoryOf, type Memory } from '../model/memory.ts';
import type { Problem } from '../model/problem.ts';

/** How many problems the status document spells out: the first of the catalogue, where the gravest are. */
const MAX_PROBLEMS = 1_000;

export interface SourceReport {
  name: string;
  kind: string;
  /** It was not asked. */
  skipped?: true;
  failure?: { code: string; message: string };
  counts: Omit<CrawlDocument['sources'][number], 'name'>;
}

export interface PointerParts {
  generation: number;
  created: string;
  checkedAt: string;
  manifest: DocumentReference;
  search: DocumentReference;
  downloads?: string;
  sources: PointerSource[];
}

export function renderPointer(catalogue: Catalogue, parts: PointerParts): Pointer {
  const perType = Map.groupBy(catalogue.extensions, (each) => typeOf(each.id));
  return {
    schema: 1,
    generation: parts.generation,
    created: parts.created,
    checked_at: parts.checkedAt,
    manifest: parts.manifest,
    ...(parts.downloads !== undefined && { downloads: parts.downloads }),
    counts: {
      extensions: catalogue.extensions.length,
      versions: catalogue.extensions.reduce((sum, each) => sum + each.versions.length, 0),
      by_type: Object.fromEntries([...perType].map(([type, extensions]) => [type, extensions.length])),
    },
    search: parts.search,
    sources: parts.sources,
  };
}

/** When each source last succeeded, and since when the site shows what a failing one gave earlier. */
export function renderPointerSources(
  reports: readonly SourceReport[],
  before: readonly PointerSource[],
  now: string,
): PointerSource[] {
  return reports.map(({ name, kind, failure, skipped }) => {
    const old = before.find((each) => each.name === name);
    if (skipped) return { ...old, name, kind };
    if (failure === undefined) return { name, kind, last_success: now };
    return {
      name,
      kind,
      ...(old?.last_success !== undefined && { last_success: old.last_success }),
      carried_since: old?.carried_since ?? now,
    };
  });
}

/** What the next crawl need not read again, beside the memory that has what was found. */
export function renderLooks(
  outcomes: readonly { name: string; looks: Record<string, Look> }[],
  settings: ReadonlyMap<string, string>,
  { at, memory }: Pick<LooksDocument, 'at' | 'memory'>,
): LooksDocument {
  const sources = outcomes.map(({ name, looks }): [string, SourceLooks] => [
    name,
    { settings: settings.get(name) ?? '', repositories: looks },
  ]);
  return { schema: 1, at, memory, sources: Object.fromEntries(sources) };
}

export function renderStatus(
  { catalogue, memory, looks }: { catalogue: Catalogue; memory: Memory; looks?: LooksDocument },
  pointer: Pointer,
  reports: readonly SourceReport[],
): StatusDocument {
  const { problems } = catalogue;
  return {
    schema: 1,
    generation: pointer.generation,
    checked_at: pointer.checked_at,
    sources: pointer.sources.map((each): SourceStatus => {
      const failure = reports.find((report) => report.name === each.name)?.failure;
      const releases = sourceMemoryOf(memory, each.name).releases;
      const oldest = oldestLook(looks?.sources[each.name]);
      return {
        ...each,
        ...(failure && { error: failure }),
        extensions: new Set(releases.map((release) => release.id)).size,
        releases: releases.length,
        problems: problems.filter((problem) => problem.source === each.name).length,
        ...(oldest !== undefined && { oldest_look: oldest }),
      };
    }),
    problems: { total: problems.length, by_code: countByCode(problems), first: problems.slice(0, MAX_PROBLEMS) },
  };
}

export function renderCrawl(reports: readonly SourceReport[], startedAt: string, finishedAt: string): CrawlDocument {
  return {
    schema: 1,
    started_at: startedAt,
    finished_at: finishedAt,
    sources: reports.map(({ name, counts }) => ({ name, ...counts })),
  };
}

export function countByCode(problems: readonly Problem[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
