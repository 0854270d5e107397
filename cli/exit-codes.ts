import { codeOf, type ErrorCode } from '../indexer/model/errors.ts';
import { isSilence } from './registry/silence.ts';

/** The one table of the client's exit codes. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  /** No answer, or none is kept and the network may not be asked. */
  unreachable: 4,
  /** Bytes or files that are not those that their digest names. */
  differs: 5,
  /** Refused by policy: blocked, not allowed, too young, or not what the frozen lock says. */
  refused: 6,
  /** `outdated --exit-code` has found something. */
  outdated: 7,
  interrupted: 130,
} as const;

const OF_ERRORS: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: EXIT.usage,
  config: EXIT.usage,
  invalid_name: EXIT.usage,
  invalid_type: EXIT.usage,
  invalid_version: EXIT.usage,
  not_found: EXIT.notFound,
  digest_mismatch: EXIT.differs,
  refused: EXIT.refused,
};

export function exitCodeOfError(error: unknown): number {
  if (isSilence(error)) return EXIT.unreachable;
  const code = codeOf(error);
  return (code === undefined ? undefined : OF_ERRORS[code]) ?? EXIT.failed;
}
