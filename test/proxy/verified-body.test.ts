import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../indexer/model/digest.ts';
import { readChecked } from '../../proxy/read-body.ts';
import { checkWhole, cutRange, type Expected, type RangeInBody } from '../../proxy/verified-body.ts';

const digestOf = (text: string) => parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);

const source = 'gitea';
const verifyBody = (chunks: AsyncIterable<Buffer>, expected: Expected) =>
  readChecked({ body: chunks, check: checkWhole(expected), source });
const cutBody = (chunks: AsyncIterable<Buffer>, range: RangeInBody) =>
  readChecked({ body: chunks, check: cutRange(range), source });

async function* body(chunks: readonly string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** What came out, and the error that ended it. */
async function drain(chunks: AsyncIterable<Buffer>) {
  const out: string[] = [];
  try {
    for await (const chunk of chunks) out.push(chunk.toString());
    return { out };
  } catch (error) {
    return { out, error: (error as Error).message };
  }
}

describe('checkWhole', () => {
  test('passes right bytes as they come', async () => {
    const expected = { size: 6, digest: digestOf('abcdef') };
    expect(await drain(verifyBody(body(['ab', 'cd', 'ef']), expected))).toEqual({ out: ['ab', 'cd', 'ef'] });
  });

  test('holds the last chunk back from wrong bytes', async () => {
    const expected = { size: 6, digest: digestOf('abcdef') };
    const { out, error } = await drain(verifyBody(body(['ab', 'cd', 'eX']), expected));
    expect(out).toEqual(['ab', 'cd']);
    expect(error).toBe(`The bytes are ${digestOf('abcdeX')}, not ${expected.digest}.`);
  });

  test('passes nothing of a wrong body in one chunk', async () => {
    expect((await drain(verifyBody(body(['abcdeX']), { size: 6, digest: digestOf('abcdef') }))).out).toEqual([]);
  });

  test('breaks off at the byte that is too many', async () => {
    const { out, error } = await drain(verifyBody(body(['ab', 'cd', 'e']), { size: 4, digest: digestOf('abcd') }));
    expect({ out, error }).toEqual({ out: ['ab'], error: 'There are more than the 4 bytes that the index names.' });
  });

  test('does not take a short body for wrong bytes', async () => {
    const { out, error } = await drain(verifyBody(body(['ab']), { size: 4, digest: digestOf('abcd') }));
    expect({ out, error }).toEqual({ out: ['ab'], error: 'The body ended after 2 of 4 bytes; try again.' });
  });

  test('checks the size alone without a digest', async () => {
    expect(await drain(verifyBody(body(['ab', 'cd']), { size: 4 }))).toEqual({ out: ['ab', 'cd'] });
    expect((await drain(verifyBody(body(['ab', 'cde']), { size: 4 }))).error).toContain('more than the 4 bytes');
  });

  test('checks the digest of nothing', async () => {
    expect(await drain(verifyBody(body([]), { size: 0, digest: digestOf('') }))).toEqual({ out: [] });
    expect((await drain(verifyBody(body([]), { size: 0, digest: digestOf('x') }))).error).toContain('The bytes are');
  });
});

describe('cutRange', () => {
  test.each([
    [0, 6, ['ab', 'cd', 'ef']],
    [0, 1, ['a']],
    [1, 2, ['b', 'c']],
    [2, 2, ['cd']],
    [3, 3, ['d', 'ef']],
    [5, 1, ['f']],
  ])('skips %i bytes and passes %i', async (skip, length, out) => {
    const range = { skip, length, goesOn: skip + length < 6 };
    expect(await drain(cutBody(body(['ab', 'cd', 'ef']), range))).toEqual({ out });
  });

  test('tells of a body that ends early', async () => {
    const { out, error } = await drain(cutBody(body(['ab']), { skip: 1, length: 4, goesOn: true }));
    expect({ out, error }).toEqual({ out: ['b'], error: 'The body ended after 2 of 5 bytes; try again.' });
  });

  test.each([
    ['no further than the range', { skip: 0, length: 4, goesOn: true }, 2],
    ['to the end of what should be the range alone', { skip: 0, length: 6, goesOn: false }, 3],
    ['one chunk too many of what goes on against expectation', { skip: 0, length: 4, goesOn: false }, 3],
  ])('reads %s', async (_name, range, read) => {
    const chunks = ['ab', 'cd', 'ef', 'gh'].slice(0, range.length === 6 ? 3 : 4);
    let taken = 0;
    const counted = async function* () {
      for (const chunk of chunks) {
        taken += 1;
        yield Buffer.from(chunk);
      }
    };
    const { out } = await drain(cutBody(counted(), range));
    expect({ out: out.join(''), taken }).toEqual({ out: 'abcdef'.slice(0, range.length), taken: read });
  });
});

describe('a body of any chunks', () => {
  const whole = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
  const digest = parseDigest(`sha256:${createHash('sha256').update(whole).digest('hex')}`);
  const inPieces = async function* (bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };

  test.each([1, 64 * 1024, 1024 * 1024])(
    'of %i bytes is whole when right, and short when its last byte is wrong',
    async (size) => {
      const right = size === 1 ? whole.subarray(0, 1_000) : whole;
      const expected = {
        size: right.length,
        digest: size === 1 ? parseDigest(`sha256:${createHash('sha256').update(right).digest('hex')}`) : digest,
      };
      const wrong = Buffer.from(right);
      wrong[wrong.length - 1]! ^= 1;
      const passed = async (bytes: Buffer) => {
        let length = 0;
        const count = async () => {
          for await (const chunk of verifyBody(inPieces(bytes, size), expected)) length += chunk.length;
        };
        return {
          error: await count().then(
            () => undefined,
            (error: Error) => error.name,
          ),
          length,
        };
      };
      expect(await passed(right)).toEqual({ error: undefined, length: right.length });
      expect(await passed(wrong)).toMatchObject({
        error: 'RegistryError',
        length: right.length - (right.length % size || size),
      });
    },
  );
});
