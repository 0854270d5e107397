import type { BuildReport } from './build-site.ts';
import { hasFailed } from './crawl/outcome.ts';
import { codeOf, type ErrorCode } from './model/errors.ts';
import type { ProblemCode } from './model/problem.ts';

/** The one table of the indexer's exit codes. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  carriedForward: 3,
  anotherRuns: 4,
  /** Published, with a problem that `--fail-on` names. */
  problemFound: 5,
} as const;

/** @param failOn the codes of the problems that `--fail-on` names */
export function exitCodeOf(report: BuildReport, failOn: ReadonlySet<ProblemCode> = new Set()): number {
  const { outcomes, published, problems, held } = report;
  if (held !== undefined) return EXIT.done;
  const failed = outcomes.filter((each) => each.failure !== undefined).length;
  if (published === undefined || hasFailed(outcomes)) return EXIT.failed;
  if (problems.some((each) => failOn.has(each.code))) return EXIT.problemFound;
  return failed > 0 ? EXIT.carriedForward : EXIT.done;
}

const OF_ERRORS: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: EXIT.usage,
  config: EXIT.usage,
  conflict: EXIT.anotherRuns,
  locked: EXIT.anotherRuns,
};

export function exitCodeOfError(error: unknown): number {
  const code = codeOf(error);
  return (code === undefined ? undefined : OF_ERRORS[code]) ?? EXIT.failed;
}
