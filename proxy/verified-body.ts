import { giveBack } from '../indexer/http/read-buffers.ts';
import { createDigester, type Digest } from '../indexer/model/digest.ts';
import { RegistryError } from '../indexer/model/errors.ts';

export interface Expected {
  /** Bytes. */
  size: number;
  digest?: Digest | undefined;
}

/** Bytes that are not those the index names. */
export class WrongBytesError extends RegistryError {
  readonly expected: Digest | undefined;
  /** Undefined where the size alone told. */
  readonly actual: Digest | undefined;

  constructor(message: string, digests: { expected: Digest | undefined; actual?: Digest }) {
    super('digest_mismatch', message);
    this.expected = digests.expected;
    this.actual = digests.actual;
  }
}

/** Looks at the chunks of a body in their order, and says which bytes may go on. */
export interface BodyCheck {
  /** @returns what may go on now; undefined for nothing @throws WrongBytesError */
  accept(chunk: Buffer): Buffer | undefined;
  /** @returns what was held back until the body's end @throws WrongBytesError, or RegistryError `unreachable` for an early end */
  end(): Buffer | undefined;
  /** Whether nothing that may still come is wanted. */
  isDone(): boolean;
}

/**
 * Of a whole body: each chunk goes on as it comes, but the last one only when the digest of all is right. Who reads to
 * the end has right bytes, and who forwards them forwards no whole wrong file.
 */
export function checkWhole(expected: Expected): BodyCheck {
  const digester = createDigester();
  let size = 0;
  let last: Buffer | undefined;
  return {
    accept: (chunk) => {
      size += chunk.length;
      if (size > expected.size) {
        throw new WrongBytesError(`There are more than the ${expected.size} bytes that the index names.`, {
          expected: expected.digest,
        });
      }
      digester.update(chunk);
      // The size tells which chunk is the last, so no other is delayed.
      if (size < expected.size) return chunk;
      if (chunk.length > 0) last = chunk;
      return undefined;
    },
    end: () => {
      if (size < expected.size) throw endedEarly(size, expected.size);
      const actual = digester.digest();
      if (expected.digest === undefined || actual === expected.digest) return last;
      throw new WrongBytesError(`The bytes are ${actual}, not ${expected.digest}.`, {
        expected: expected.digest,
        actual,
      });
    },
    isDone: () => false,
  };
}

export interface RangeInBody {
  /** Bytes before the range: none where the backend honoured it. */
  skip: number;
  length: number;
  /** Whether the body goes on behind the range. */
  goesOn: boolean;
}

/**
 * Of a range: the body's own bytes where the backend honoured it, cut from the whole where not. They are not checked
 * here: the client checks the assembled file.
 */
export function cutRange({ skip, length, goesOn }: RangeInBody): BodyCheck {
  const end = skip + length;
  let position = 0;
  return {
    accept: (chunk) => {
      const part = chunk.subarray(Math.max(0, skip - position), Math.max(0, end - position));
      position += chunk.length;
      if (part.length > 0) return part;
      giveBack(chunk);
      return undefined;
    },
    end: () => {
      if (position < end) throw endedEarly(position, end);
      return undefined;
    },
    // A body that is read to its end gives its connection back, any other one costs it.
    isDone: () => position > end || (goesOn && position === end),
  };
}

function endedEarly(size: number, expected: number): RegistryError {
  return new RegistryError('unreachable', `The body ended after ${size} of ${expected} bytes; try again.`);
}
