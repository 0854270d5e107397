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

export function isSilence(error: unknown): boolean {
  return SILENT.has(codeOf(error));
}
