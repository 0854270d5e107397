import { describe, expect, test } from 'vitest';
import { oneLine } from '../../cli/foreign-text.ts';

describe('oneLine', () => {
  test.each([
    ['Amazon Web Services: a, b', 'Amazon Web Services: a, b'],
    ['Grüße, 日本', 'Grüße, 日本'],
    ['a\u001B[31mred\u001B[0m', 'ared'],
    ['\u001B]0;title\u0007a', 'a'],
    ['a\u009B2Jb\u0008c', 'abc'],
    ['\u202Egpj.exe', 'gpj.exe'],
    [' a \r\n\t b ', 'a b'],
    ['', ''],
  ])('%j is %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  test('cuts what no line of a registry is as long as', () => {
    expect(oneLine('a'.repeat(1_000_000)).length).toBeLessThanOrEqual(4_000);
  });
});
