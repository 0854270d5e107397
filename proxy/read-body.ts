import { networkError } from '../indexer/http/network-error.ts';
import type { BodyCheck } from './verified-body.ts';

export interface Reading {
  /** Destroyed where it is not read to its end. */
  body: AsyncIterable<Buffer>;
  check: BodyCheck;
  /** The source's name, the subject of messages. */
  source: string;
}

/** The chunks that may go on. @throws RegistryError of the check or of the network */
export async function* readChecked({ body, check, source }: Reading): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of body) {
      const passed = check.accept(chunk);
      if (passed !== undefined) yield passed;
      if (check.isDone()) return;
    }
    const last = check.end();
    if (last !== undefined) yield last;
  } catch (error) {
    throw networkError(error, source);
  }
}

/**
 * The same for a small body, so that what fails in it can still be another location's. Without a generator: of a download
 * of 2 KB it would take a sixth.
 */
export async function readWhole({ body, check, source }: Reading): Promise<Buffer[]> {
  const passed: (Buffer | undefined)[] = [];
  try {
    for await (const chunk of body) {
      passed.push(check.accept(chunk));
      if (check.isDone()) break;
    }
    if (!check.isDone()) passed.push(check.end());
  } catch (error) {
    throw networkError(error, source);
  }
  return passed.filter((each) => each !== undefined);
}

/**
 * The same for a large body. The first chunk is there when this resolves, so that what fails before it can still be
 * another location's.
 * @param onLateError told of what fails afterwards
 */
export async function readAhead(
  reading: Reading,
  onLateError: (error: unknown) => void,
): Promise<AsyncIterable<Buffer>> {
  const chunks = readChecked(reading);
  const first = await chunks.next();
  return resume(first.done === true ? [] : [first.value], chunks, onLateError);
}

async function* resume(
  ahead: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
  onLateError: (error: unknown) => void,
): AsyncGenerator<Buffer, void, void> {
  yield* ahead;
  try {
    yield* rest;
  } catch (error) {
    onLateError(error);
    throw error;
  }
}
