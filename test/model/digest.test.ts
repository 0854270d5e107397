import { describe, expect, test } from 'vitest';
import { createDigester, digestOf, hexOf, isDigest, parseDigest } from '../../indexer/model/digest.ts';

/** FIPS 180-2, appendix B.1 */
const OF_ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('digestOf', () => {
  test('is SHA-256 of bytes and of a text in UTF-8', () => {
    expect(digestOf('abc')).toBe(OF_ABC);
    expect(digestOf(Buffer.from('abc'))).toBe(OF_ABC);
    expect(digestOf('ä')).toBe(digestOf(Buffer.from([0xc3, 0xa4])));
  });
});

describe('createDigester', () => {
  test('gives the digest of all its chunks', () => {
    const digester = createDigester();
    for (const chunk of ['a', '', 'bc']) digester.update(Buffer.from(chunk));
    expect(digester.digest()).toBe(OF_ABC);
  });
});

describe('parseDigest', () => {
  test('takes the one form that there is', () => {
    expect(hexOf(parseDigest(OF_ABC))).toBe(OF_ABC.slice(7));
  });

  test.each([
    '',
    OF_ABC.slice(7),
    OF_ABC.toUpperCase(),
    `${OF_ABC}0`,
    `${OF_ABC}\n`,
    ` ${OF_ABC}`,
    OF_ABC.slice(0, -1),
    OF_ABC.replace('sha256:', 'sha256-'),
    `sha512:${'a'.repeat(128)}`,
    `md5:${'a'.repeat(32)}`,
  ])('refuses %j', (text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'invalid_digest' }));
  });
});
