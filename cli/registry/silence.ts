import { codeOf, type ErrorCode } from '../../indexer/model/errors.ts';

/** Nobody answers, or not now: later, or from what is kept, there may be an answer. */
const SILENT: ReadonlySet<ErrorCode | undefined> = new Set([
  'unreachable',
  'timeout',
  'tls',
  'unavailable',
  // 429 and 503: it answers, but not what it was asked for.
  'rate_limit',
]);

/** What all of several places come to: their own code where they agree, else whether any of them was silent. */
export function commonCode(codes: readonly (ErrorCode | undefined)[]): ErrorCode {
  const [first, ...others] = new Set(codes);
  if (first !== undefined && others.length === 0) return first;
  return codes.length === 0 || codes.some((each) => SILENT.has(each)) ? 'unreachable' : 'invalid_site';
}

export function isSilence(error: unknown): boolean {
  return SILENT.has(codeOf(error));
}
