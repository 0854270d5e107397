import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../indexer/model/digest.ts';
import { cutBody, verifyBody } from '../../proxy/verified-body.ts';

const digestOf = (text: string) => parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);

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

describe('verifyBody', () => {
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

describe('cutBody', () => {
  test.each([
    [0, 6, ['ab', 'cd', 'ef']],
    [0, 1, ['a']],
    [1, 2, ['b', 'c']],
    [2, 2, ['cd']],
    [3, 3, ['d', 'ef']],
    [5, 1, ['f']],
  ])('skips %i bytes and passes %i', async (skip, length, out) => {
    expect(await drain(cutBody(body(['ab', 'cd', 'ef']), { skip, length }))).toEqual({ out });
  });

  test('tells of a body that ends early', async () => {
    const { out, error } = await drain(cutBody(body(['ab']), { skip: 1, length: 4 }));
    expect({ out, error }).toEqual({ out: ['b'], error: 'The body ended after 2 of 5 bytes; try again.' });
  });
});
