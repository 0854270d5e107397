import type { BuildReport } from './build-site.ts';
import { hasFailed } from './crawl/outcome.ts';
import { renderHeld } from './rollback-text.ts';
import { countByCode } from './site/reports.ts';

/** How many problems are spelled out, the gravest; the status document has more. */
const MAX_PROBLEMS = 20;

/** A run's report for a person, lines without their ends. */
export function renderReportText(report: BuildReport): string[] {
  return [headline(report), ...report.outcomes.map(sourceLine), ...problemLines(report)];
}

/** The same for a script. */
export function renderReportJson(report: BuildReport): object {
  const { outcomes, problems, published, held, notified, durationMs } = report;
  return {
    outcome: outcomeOf(report),
    ...(held && { held }),
    ...(published && {
      generation: published.pointer.generation,
      counts: published.pointer.counts,
      documents_written: published.written,
      documents_removed: published.removed,
    }),
    sources: outcomes.map(({ name, kind, skipped, failure, counts, memory }) => ({
      name,
      kind,
      ok: failure === undefined,
      ...(skipped && { skipped }),
      ...(failure && { error: { code: failure.code, message: failure.message } }),
      releases: memory.releases.length,
      ...counts,
    })),
    problems: { total: problems.length, by_code: countByCode(problems), all: problems },
    ...(notified !== undefined && { notified }),
    duration_ms: durationMs,
  };
}

export function formatBytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** `published`, `unchanged`, `held` or `failed`. */
export function outcomeOf({ published, outcomes, held }: BuildReport): string {
  if (held !== undefined) return 'held';
  if (published === undefined || hasFailed(outcomes)) return 'failed';
  return published.changed ? 'published' : 'unchanged';
}

function headline(report: BuildReport): string {
  const { published, held, durationMs } = report;
  if (held !== undefined) return renderHeld(held);
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  if (published === undefined) return `Nothing published: no source could be read (${seconds}).`;
  const { generation, counts } = published.pointer;
  const size = `${counted(counts.extensions, 'extension')}, ${counted(counts.versions, 'version')}`;
  if (!published.changed) return `Unchanged: generation ${generation} with ${size} stays (${seconds}).`;
  const work = `${counted(published.written, 'document')} written, ${published.removed} removed`;
  return `Published generation ${generation}: ${size} (${work}, ${seconds}).`;
}

function sourceLine({ name, skipped, failure, counts, memory }: BuildReport['outcomes'][number]): string {
  const work = [
    counted(counts.requests, 'request'),
    ...(counts.retries > 0 ? [counted(counts.retries, 'retry', 'retries')] : []),
    ...(counts.assets_read > 0
      ? [`${counted(counts.assets_read, 'asset')} read, ${formatBytes(counts.bytes_read)}`]
      : []),
    `${(counts.duration_ms / 1000).toFixed(1)} s`,
  ].join(', ');
  const releases = counted(memory.releases.length, 'release');
  if (skipped) return `  ${name}: not asked, ${releases} kept`;
  if (failure === undefined) return `  ${name}: ${releases} (${work})`;
  return `  ${name}: FAILED, ${releases} carried forward (${work})\n    ${failure.message}`;
}

function problemLines({ problems }: BuildReport): string[] {
  if (problems.length === 0) return [];
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - shown.length;
  return [
    `${counted(problems.length, 'problem')} (none stops the crawl; all that can be shown are in status/index.json):`,
    ...shown.flatMap((each) => [
      `  ${each.code}  ${each.source}: ${each.subject}`,
      `    ${each.detail} ${each.remedy}`,
    ]),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
