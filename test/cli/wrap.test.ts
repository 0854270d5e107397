import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../cli/command-table.ts';
import { renderHelp } from '../../cli/help.ts';
import { renderFields, wrap } from '../../cli/wrap.ts';

const dim = (text: string): string => `<${text}>`;

describe('wrap', () => {
  test.each([
    ['one two three', 7, ['one two', 'three']],
    ['one two three', Infinity, ['one two three']],
    ['sha256:0123456789 is long', 10, ['sha256:0123456789', 'is long']],
    ['', 10, ['']],
  ])('%j at %d', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });
});

describe('renderFields', () => {
  test('goes on below the value where the line is full', () => {
    const fields = [
      ['site', 'here and there'],
      ['proxy', 'none'],
    ] as const;
    expect(renderFields(fields, { columns: 16, dim })).toBe('<site   >here and\n       there\n<proxy  >none\n');
  });
});

describe('renderHelp', () => {
  test.each([40, 80])('keeps to %i columns, but for examples, which are there to be copied', (columns) => {
    for (const command of [undefined, ...COMMANDS]) {
      const [text = ''] = renderHelp(command, columns).split('Examples:');
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});
