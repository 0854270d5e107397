import type { BuildReport } from './build-site.ts';
import { codeOf, type ErrorCode } from './model/errors.ts';

/** The one table of the indexer's exit codes; 5 (`--fail-on`) is reserved. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  carriedForward: 3,
  anotherRuns: 4,
} as const;

export function exitCodeOf({ outcomes, published }: BuildReport): number {
  const failed = outcomes.filter((each) => each.failure !== undefined).length;
  if (published === undefined || failed === outcomes.length) return EXIT.failed;
  return failed > 0 ? EXIT.carriedForward : EXIT.done;
}

const OF_ERRORS: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: EXIT.usage,
  config: EXIT.usage,
  conflict: EXIT.anotherRuns,
};

export function exitCodeOfError(error: unknown): number {
  const code = codeOf(error);
  return (code === undefined ? undefined : OF_ERRORS[code]) ?? EXIT.failed;
}
