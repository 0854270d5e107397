import { describe, expect, test } from 'vitest';
import { parseSidecar } from '../../indexer/crawl/sidecar.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const claim = (hex: string) => `sha256:${hex}`;

describe('parseSidecar of <asset>.sha256', () => {
  test.each([
    ['a bare digest', A],
    ['a digest with a line end', `${A}\r\n`],
    ['capitals', A.toUpperCase()],
    ['sha256sum’s text form', `${A}  plugin.tar.gz\n`],
    ['sha256sum’s binary form', `${A} *plugin.tar.gz\n`],
    ['sha256sum --tag', `SHA256 (plugin.tar.gz) = ${A}\n`],
    ['the name that the file had where it was built', `${A}  dist/linux/build-output.tgz\n`],
    ['blank lines around', `\n\n${A}  plugin.tar.gz\n\n`],
  ])('takes %s', (_form, text) => {
    expect(parseSidecar('plugin.tar.gz.sha256', text)).toEqual({ 'plugin.tar.gz': claim(A) });
  });

  test('goes by the names inside where it has several lines', () => {
    expect(parseSidecar('all.sha256', `${A}  a.zip\n${B}  ./dist/b.zip\n`)).toEqual({
      'a.zip': claim(A),
      'b.zip': claim(B),
    });
  });

  test.each([
    ['nothing', ''],
    ['a shorter digest', A.slice(1)],
    ['a longer one', `${A}0`],
    ['another algorithm', `SHA512 (plugin.tar.gz) = ${'a'.repeat(128)}`],
    ['prose', 'see the website'],
    ['HTML', `<html>${A}</html>`],
    ['a name alone', 'plugin.tar.gz'],
  ])('claims nothing for %s', (_form, text) => expect(parseSidecar('plugin.tar.gz.sha256', text)).toEqual({}));
});

describe('parseSidecar of SHA256SUMS', () => {
  test('reads each line of either form and passes over the rest', () => {
    const text = [
      '# made by ci',
      `${A}  a.zip`,
      `${B} *dist\\b.zip`,
      `SHA256 (./c (1).zip) = ${A}`,
      `\\${B}  with\\nnewline`,
      B,
      'deadbeef  short.zip',
      '',
    ].join('\n');
    expect(parseSidecar('SHA256SUMS', text)).toEqual({
      'a.zip': claim(A),
      'b.zip': claim(B),
      'c (1).zip': claim(A),
      nnewline: claim(B),
    });
  });

  test('is not about itself where it has one line', () => {
    expect(parseSidecar('SHA256SUMS', `${A}  plugin.tar.gz`)).toEqual({ 'plugin.tar.gz': claim(A) });
    expect(parseSidecar('SHA256SUMS', A)).toEqual({});
  });

  test('gives the same order whatever the order of its lines', () => {
    const [one, other] = [`${A}  a\n${B}  b`, `${B}  b\n${A}  a`].map((each) => parseSidecar('SHA256SUMS', each));
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });

  test('cannot change an object that it does not own', () => {
    const claims = parseSidecar('SHA256SUMS', `${A}  __proto__\n${B}  constructor`);
    expect(Object.keys(claims).sort()).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
  });
});
