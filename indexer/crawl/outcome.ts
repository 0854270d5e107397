import type { SourceOutcome } from './crawl-source.ts';

/** Whether each source that was asked has failed. */
export function hasFailed(outcomes: readonly SourceOutcome[]): boolean {
  return outcomes.filter((each) => each.skipped !== true).every((each) => each.failure !== undefined);
}
