import { describe, expect, test } from 'vitest';
import { clipLine, clipMarkdown, formatTime, utcTime, webAddress } from '../../indexer/model/text.ts';

describe('clipLine', () => {
  test.each([
    ['white space is folded', '  a \t\n\r\n b  ', 'a b'],
    ['an old line end divides words', 'a\rb', 'a b'],
    ['control characters go', 'a\u0000b\u001B[31mc\u007F\u0085', 'ab[31mc'],
    ['what stood around one is folded', 'a \u0000 b', 'a b'],
    ['bidirectional controls go', 'invoice\u202Efdp.exe\u2066\u200F', 'invoicefdp.exe'],
    ['a lone surrogate becomes a replacement', 'a\uD800', 'a\uFFFD'],
    ['letters of every script stay', 'Größe 大小 👩‍🚀', 'Größe 大小 👩‍🚀'],
    ['nothing stays nothing', ' \u202E ', ''],
  ])('%s', (_rule, raw, text) => expect(clipLine(raw, 100)).toEqual({ text, truncated: false }));

  test('counts characters, not code units, and never halves one', () => {
    expect(clipLine('😀'.repeat(5), 5)).toEqual({ text: '😀'.repeat(5), truncated: false });
    expect(clipLine('😀'.repeat(6), 5)).toEqual({ text: '😀'.repeat(5), truncated: true });
  });

  test('leaves no space where it cuts', () => {
    expect(clipLine('aaaa bbbb', 5)).toEqual({ text: 'aaaa', truncated: true });
  });

  test('cuts a text of megabytes at once', () => {
    expect(clipLine('\u0000'.repeat(5_000_000), 5)).toEqual({ text: '', truncated: true });
    expect(clipLine('a'.repeat(5_000_000), 5)).toEqual({ text: 'aaaaa', truncated: true });
  });
});

describe('clipMarkdown', () => {
  test('keeps lines and tabs, and drops control characters', () => {
    const raw = '\n# Title\r\n\r\n\tcode\u0000\u202E\n';
    expect(clipMarkdown(raw, 100)).toEqual({ text: '# Title\n\n\tcode', truncated: false });
  });

  test.each([
    { raw: 'äää', maxBytes: 6, text: 'äää', truncated: false },
    { raw: 'ääää', maxBytes: 7, text: 'äää', truncated: true },
    { raw: 'a😀', maxBytes: 4, text: 'a', truncated: true },
    { raw: 'a😀', maxBytes: 5, text: 'a😀', truncated: false },
    { raw: 'abc', maxBytes: 0, text: '', truncated: true },
  ])('cuts $raw at $maxBytes bytes', ({ raw, maxBytes, ...clipped }) => {
    expect(clipMarkdown(raw, maxBytes)).toEqual(clipped);
  });

  test('cuts a text of megabytes at once', () => {
    const { text, truncated } = clipMarkdown('語'.repeat(3_000_000), 16 * 1024);
    expect([Buffer.byteLength(text), truncated]).toEqual([16_383, true]);
  });
});

describe('webAddress', () => {
  test.each([
    ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
    [' HTTP://Example.org ', 'http://example.org/'],
  ])('takes %j as %s', (raw, address) => expect(webAddress(raw)).toBe(address));

  test.each([
    undefined,
    '',
    'example.org',
    '//example.org',
    '/page',
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://example.org/',
    'https://user@example.org/',
    'https://:secret@example.org/',
    'https://',
    `https://example.org/${'a'.repeat(2_000)}`,
  ])('refuses %j', (raw) => expect(webAddress(raw)).toBeUndefined());
});

describe('utcTime', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.999999999Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05+01:00', '2026-01-02T02:04:05Z'],
    ['2026-01-01T00:30:00+02:00', '2025-12-31T22:30:00Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05Z'],
  ])('takes %s as %s', (raw, time) => expect(utcTime(raw)).toBe(time));

  test.each([
    undefined,
    null,
    '',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-13-02T03:04:05Z',
    '2026-01-02T25:04:05Z',
    'Fri, 02 Jan 2026 03:04:05 GMT',
    '1767322245',
    '+002026-01-02T03:04:05Z',
    `2026-01-02T03:04:05.${'9'.repeat(100)}Z`,
  ])('refuses %j', (raw) => expect(utcTime(raw)).toBeUndefined());
});

describe('formatTime', () => {
  test('has whole seconds', () => {
    expect(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 999))).toBe('2026-01-02T03:04:05Z');
  });
});
