import * as fc from 'fast-check';
import { inject } from 'vitest';
import { codeOf } from '../../../indexer/model/errors.ts';
import { ApiError } from '../../../proxy/error-table.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Cases of each property; 0 for the few that `npm test` tries. */
    fuzzRuns: number;
  }
}

const SEED = 20_261_124;

/**
 * Holds a property for so many cases, the same at each `npm test`. A failure prints its seed and path; give both to
 * `fc.assert` to see it again.
 */
export async function check<T>(runs: number, property: fc.IRawProperty<T>): Promise<void> {
  const fuzzRuns = inject('fuzzRuns');
  await fc.assert(property, fuzzRuns > 0 ? { numRuns: fuzzRuns } : { numRuns: runs, seed: SEED });
}

export type Outcome<T> = { value: T } | { error: unknown };

/** What a call gives, or throws if that is an error that a client may be told of; any other is thrown on. */
export function outcomeOf<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof ApiError || codeOf(error) !== undefined) return { error };
    throw error;
  }
}

/** Milliseconds that a call takes; the best of three where the first is slow, for other programs run here too. */
export function costOf(call: () => unknown): number {
  const timed = (): number => {
    const start = performance.now();
    call();
    return performance.now() - start;
  };
  const first = timed();
  return first < 5 ? first : Math.min(first, timed(), timed());
}

/** Texts of the pieces that a grammar is made of, rightly and wrongly put together, and any other text. */
export function textOf(pieces: readonly string[], maxLength = 128): fc.Arbitrary<string> {
  const built = fc
    .array(fc.constantFrom(...pieces), { maxLength: 40 })
    .map((each) => each.join('').slice(0, maxLength));
  return fc.oneof({ weight: 3, arbitrary: built }, fc.string({ unit: 'binary', maxLength }), fc.string({ maxLength }));
}
