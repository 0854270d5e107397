import { stripVTControlCharacters, styleText } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderTable, widthOf, type Column } from '../../cli/table.ts';

const COLUMNS = [
  { title: 'NAME' },
  { title: 'SIZE', align: 'right' },
  { title: 'TEXT', flexible: true },
] as const satisfies Omit<Column, 'cells'>[];
const ROWS = [
  ['provider/aws', '1 B', 'Amazon Web Services and all that one may want of them'],
  ['a/b', '12.0 KiB', ''],
];

/** Columns of rows, which are easier to read in a test. */
function withRows(titles: readonly Omit<Column, 'cells'>[], rows: readonly (readonly string[])[]): Column[] {
  return titles.map((each, at) => ({ ...each, cells: rows.map((cells) => cells[at]!) }));
}
const plain = { bold: (text: string) => text };

describe('renderTable', () => {
  test('aligns, and leaves nothing at the ends of lines', () => {
    expect(renderTable(withRows(COLUMNS, ROWS), { columns: 200, ...plain })).toBe(
      [
        'NAME              SIZE  TEXT',
        'provider/aws       1 B  Amazon Web Services and all that one may want of them',
        'a/b           12.0 KiB',
        '',
      ].join('\n'),
    );
  });

  test('cuts the flexible column where the terminal is narrow', () => {
    const text = renderTable(withRows(COLUMNS, ROWS), { columns: 40, ...plain });
    expect(text.split('\n')[1]).toBe('provider/aws       1 B  Amazon Web Serv…');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('leaves it out where nothing of it would be readable', () => {
    expect(
      renderTable(withRows(COLUMNS, ROWS), { columns: 30, ...plain })
        .split('\n')
        .slice(0, 2),
    ).toEqual(['NAME              SIZE', 'provider/aws       1 B']);
  });

  test('leaves optional columns out before it cuts another to nothing, the last first', () => {
    const columns = [
      { title: 'VERSION' },
      { title: 'PUBLISHED', optional: true },
      { title: 'SIZE', align: 'right', optional: true },
      { title: 'NOTE', flexible: true },
    ] as const;
    const rows = [['1.0.0', '6 months ago', '247 B', 'yanked: it loses data']];
    const at = (width: number) => renderTable(withRows(columns, rows), { columns: width, ...plain }).split('\n')[1];
    expect(at(80)).toBe('1.0.0    6 months ago  247 B  yanked: it loses data');
    expect(at(43)).toBe('1.0.0    6 months ago  247 B  yanked: it l…');
    expect(at(40)).toBe('1.0.0    6 months ago  yanked: it loses…');
    expect(at(24)).toBe('1.0.0    yanked: it los…');
  });

  test('cuts the last column where all that may go has gone, and leaves a word of it', () => {
    const columns = [{ title: 'EXTENSION' }, { title: 'VERSION' }, { title: 'PUBLISHED', optional: true }] as const;
    const rows = [['provider/openstack', '3.0.0-beta.1 (prerelease)', '8 months ago']];
    const at = (width: number) => renderTable(withRows(columns, rows), { columns: width, ...plain }).split('\n')[1];
    expect(at(40)).toBe('provider/openstack  3.0.0-beta.1 (prere…');
    expect(at(20)).toBe('provider/openstack  3.0.0-beta.…');
  });

  test('measures colours as nothing and wide characters as two', () => {
    const red = styleText('red', 'red', { validateStream: false });
    expect(widthOf(red)).toBe(3);
    expect([widthOf('日本'), widthOf('e\u0301'), widthOf('🙂'), widthOf('')]).toEqual([4, 1, 2, 0]);
    const rows = [
      [red, '', '日本語の説明がここにあります'],
      ['plain', '', 'x'],
    ];
    const text = renderTable(withRows(COLUMNS, rows), { columns: 27, ...plain });
    const lines = text.trimEnd().split('\n');
    expect(stripVTControlCharacters(lines[1]!)).toBe('red          日本語の説明…');
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(27);
  });
});
