import { describe, expect, test } from 'vitest';
import { isMissed, renderCell, renderRatio, renderResult, renderTable } from './table.ts';

describe('renderTable', () => {
  test('lines up its columns, numbers to the right', () => {
    const rows = [
      ['2 KB, plain', 81_234.6],
      ['304', 9],
    ];
    expect(renderTable(['document', 'requests/s'], rows)).toEqual([
      '| document    | requests/s |',
      '| ----------- | ---------: |',
      '| 2 KB, plain |      81235 |',
      '| 304         |          9 |',
    ]);
  });

  test('knows a column of numbers also where some have nothing to say', () => {
    expect(renderTable(['ms'], [[5], ['']])).toEqual(['|  ms |', '| --: |', '|   5 |', '|     |']);
  });

  test('has a head also without rows', () => {
    expect(renderTable(['a', 'ms'], [])).toEqual(['| a   | ms  |', '| --- | --- |']);
  });
});

describe('renderCell', () => {
  test.each([
    [1_234.5, '1235'],
    [99.96, '100.0'],
    [12.34, '12.3'],
    [7, '7'],
    [0.123, '0.12'],
    [NaN, 'none'],
    ['', ''],
  ])('writes %j as %j', (value, expected) => {
    expect(renderCell(value)).toBe(expected);
  });
});

describe('isMissed', () => {
  test.each([
    [{ value: 0.55, bound: 0.55 }, false],
    [{ value: 0.549, bound: 0.55 }, true],
    [{ value: NaN, bound: 0.55 }, true],
    [{ value: 0.1 }, false],
    [{ value: 0.1, aim: 0.65 }, false],
  ])('of %j is %j', (ratio, expected) => {
    expect(isMissed({ name: 'x', ...ratio })).toBe(expected);
  });
});

describe('renderRatio', () => {
  test.each([
    [{ value: 0.6, bound: 0.55, aim: 0.65 }, true, '  0.60  x  (bound 0.55, aim 0.65)  ok'],
    [{ value: 0.7, bound: 0.55, aim: 0.65 }, true, '  0.70  x  (bound 0.55, aim 0.65 reached)  ok'],
    [{ value: 0.5, bound: 0.55 }, true, '  0.50  x  (bound 0.55)  MISSED'],
    [{ value: 0.5, bound: 0.55 }, false, '  0.50  x  (bound 0.55)  not judged'],
    [{ value: 0.5, aim: 0.8 }, true, '  0.50  x  (aim 0.80)'],
    [{ value: 1.1, note: 'no verdict' }, true, '  1.10  x  - no verdict'],
  ])('says of %j, enforced %j, what it means', (ratio, enforced, expected) => {
    expect(renderRatio({ name: 'x', ...ratio }, enforced)).toBe(expected);
  });
});

describe('renderResult', () => {
  test('is a title, a table and the ratios', () => {
    const result = {
      title: 'Reads',
      columns: ['n'],
      rows: [[1]],
      ratios: [{ name: 'ours / peer', value: 1, bound: 0.9 }],
    };
    expect(renderResult(result, true)).toBe(`## Reads

|   n |
| --: |
|   1 |

Ratios:
  1.00  ours / peer  (bound 0.90)  ok
`);
  });
});
