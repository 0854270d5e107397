import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeMarkup, markup, markupText } from '../../indexer/site/markup.ts';
import { attributeOf, contentOf, elementsOf, parseHtml } from '../markup/html-rules.ts';
import { parseXml, textOf } from '../markup/xml.ts';
import { check } from '../security/fuzz/check.ts';

describe('escapeMarkup', () => {
  test.each([
    ['plain text', 'redis 7.2.0', 'redis 7.2.0'],
    ['tags', '<script>', '&lt;script&gt;'],
    ['quotes', `"a" 'b'`, '&quot;a&quot; &#39;b&#39;'],
    ['references', '&amp;', '&amp;amp;'],
    ['white space that attributes would fold', 'a\tb\r\nc', 'a&#9;b&#10;c'],
    ['the end of a CDATA section', ']]>', ']]&gt;'],
    ['letters of every script', 'Größe 大小 👩‍🚀', 'Größe 大小 👩‍🚀'],
    ['controls, which no XML may have', 'a\u0000b\u001Bc\u007Fd\u009Be', 'abcde'],
    ['half a character', 'a\uD800b\uDC00c', 'abc'],
    ['noncharacters', 'a\uFFFEb\uFFFFc\uFDD0d\u{1FFFE}e', 'abcde'],
  ])('writes %s', (_what, text, escaped) => expect(escapeMarkup(text)).toBe(escaped));
});

describe('markup', () => {
  test('escapes what it is given, and nothing twice', () => {
    const inner = markup`<b>${'<i>'}</b>`;
    expect(markup`<p title="${'"'}">${[inner, ' & ', 7, [inner]]}</p>`.markup).toBe(
      '<p title="&quot;"><b>&lt;i&gt;</b> &amp; 7<b>&lt;i&gt;</b></p>',
    );
  });

  /** Any text, with what matters to a parser more often than chance has it. */
  const texts = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        ']]>',
        '<!--',
        '-->',
        '&#0;',
        '&lt;',
        '</p>',
        '<script>',
        '\r\n',
        '\u0000',
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 12 },
  );
  const text = texts.map((each) => each.join(''));

  test('is read back from XML as it was, but for what no XML may have', async () => {
    await check(
      1_000,
      fc.property(text, (raw) => {
        const root = parseXml(markup`<a b="${raw}">${raw}</a>`.markup);
        expect([root.attributes['b'], textOf(root)]).toEqual([markupText(raw), markupText(raw)]);
      }),
    );
  });

  test('is read back from HTML as it was, without an error of the parser', async () => {
    await check(
      1_000,
      fc.property(text, (raw) => {
        const page = parseHtml(markup`<!doctype html><title>${raw}</title><p dir="${raw}">x${raw}</p>`.markup);
        const [paragraph] = elementsOf(page, 'p');
        expect(page.elements.map((each) => each.tagName)).toEqual(['html', 'head', 'title', 'body', 'p']);
        expect(page.errors).toEqual([]);
        expect([attributeOf(paragraph!, 'dir'), contentOf(paragraph!)]).toEqual([
          markupText(raw),
          `x${markupText(raw)}`,
        ]);
      }),
    );
  });
});
