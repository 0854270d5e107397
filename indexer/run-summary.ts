import type { BuildReport } from './build-site.ts';
import { outcomeOf } from './report-text.ts';
import type { RunSummary } from './run-log.ts';
import { countByCode } from './site/reports.ts';

/** Of a run that has a report. */
export function summarizeRun(report: BuildReport, exitCode: number): RunSummary {
  const { outcomes, problems, published, notified, durationMs } = report;
  const failed = outcomes.filter((each) => each.failure !== undefined).map((each) => each.name);
  return {
    exit_code: exitCode,
    outcome: outcomeOf(report),
    ...(published && {
      generation: published.pointer.generation,
      changed: published.changed,
      counts: published.pointer.counts,
      documents_written: published.written,
      documents_removed: published.removed,
    }),
    sources: { total: outcomes.length, failed },
    problems: { total: problems.length, by_code: countByCode(problems) },
    ...(notified !== undefined && { notified }),
    duration_ms: durationMs,
  };
}
