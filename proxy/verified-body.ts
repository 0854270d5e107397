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

/**
 * The chunks of a whole body as they come, but the last one only when the digest of all is right: who reads to the end
 * has right bytes, and who forwards them forwards no whole wrong file.
 * @throws WrongBytesError, or RegistryError `unreachable` for a body that ends early without saying so
 */
export async function* verifyBody(body: AsyncIterable<Buffer>, expected: Expected): AsyncGenerator<Buffer, void, void> {
  const digester = createDigester();
  let size = 0;
  let last: Buffer | undefined;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > expected.size) {
      throw new WrongBytesError(`There are more than the ${expected.size} bytes that the index names.`, {
        expected: expected.digest,
      });
    }
    digester.update(chunk);
    // The size tells which chunk is the last, so no other is delayed.
    if (size < expected.size) yield chunk;
    else if (chunk.length > 0) last = chunk;
  }
  if (size < expected.size) {
    throw new RegistryError('unreachable', `The body ended after ${size} of ${expected.size} bytes; try again.`);
  }
  const actual = digester.digest();
  if (expected.digest !== undefined && actual !== expected.digest) {
    throw new WrongBytesError(`The bytes are ${actual}, not ${expected.digest}.`, {
      expected: expected.digest,
      actual,
    });
  }
  if (last !== undefined) yield last;
}

/**
 * The bytes of a range: the body's own where the backend honoured it, cut from the whole where not. They are not checked
 * here: the client checks the assembled file.
 * @throws RegistryError `unreachable` for a body that ends early
 */
export async function* cutBody(
  body: AsyncIterable<Buffer>,
  { skip, length }: { skip: number; length: number },
): AsyncGenerator<Buffer, void, void> {
  let position = 0;
  const end = skip + length;
  for await (const chunk of body) {
    const part = chunk.subarray(Math.max(0, skip - position), Math.max(0, end - position));
    position += chunk.length;
    if (part.length > 0) yield part;
    if (position >= end) return;
  }
  throw new RegistryError('unreachable', `The body ended after ${position} of ${end} bytes; try again.`);
}
