import { stripVTControlCharacters } from 'node:util';

export interface Column {
  title: string;
  /** The one that gives way where the terminal is too narrow. */
  flexible?: true;
  /** Left out, the last such first, where it would push another out of the line. */
  optional?: true;
  align?: 'right';
}

export interface TableOptions {
  /** Characters in a line. */
  columns: number;
  /** Of the titles. */
  bold: (text: string) => string;
}

const GAP = 2;
const MIN_FLEXIBLE = 12;

/**
 * Rows as lines that fit the terminal: the flexible column is cut, and left out where less than a word of it would
 * remain. Cells may hold colours; they are measured without.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const titles = columns.map(({ title }) => title);
  const widths = widthsOf(columns, [titles, ...rows], options.columns);
  const shown = columns.flatMap(({ align }, at) => {
    const width = widths[at] ?? 0;
    return width > 0 ? [{ at, width, align }] : [];
  });
  const pieces: string[] = [];
  for (const cells of [titles.map(options.bold), ...rows]) addLine(pieces, shown, cells);
  return pieces.join('');
}

function widthsOf(columns: readonly Column[], lines: readonly (readonly string[])[], available: number): number[] {
  const natural = columns.map(({ flexible }, at) =>
    // What ends where it wants to, in a file, need not be measured.
    flexible && available === Infinity && at === columns.length - 1
      ? Infinity
      : lines.reduce((most, cells) => Math.max(most, widthOf(cells[at] ?? '')), 0),
  );
  const isFlexible = (at: number): boolean => columns[at]?.flexible === true;
  /** What must have room beside the others. */
  const needed = natural.map((width, at) => (isFlexible(at) ? Math.min(width, MIN_FLEXIBLE) : width));
  while (roomFor(needed) > available) {
    const at = columns.findLastIndex(({ optional }, place) => optional && needed[place] !== 0);
    if (at < 0) break;
    needed[at] = 0;
  }
  const left = available - roomFor(needed.map((width, at) => (isFlexible(at) ? 0 : width))) - GAP;
  return natural.map((width, at) => {
    if (!isFlexible(at)) return needed[at] ?? 0;
    return left < Math.min(width, MIN_FLEXIBLE) ? 0 : Math.min(width, left);
  });
}

/** Of the columns that have a width, with the gaps between them. */
function roomFor(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((total, each) => total + each, 0) + GAP * Math.max(0, shown.length - 1);
}

interface ShownColumn {
  at: number;
  width: number;
  align: 'right' | undefined;
}

/** Up to its last cell that says something. */
function addLine(pieces: string[], shown: readonly ShownColumn[], cells: readonly string[]): void {
  const last = shown.findLastIndex(({ at }) => (cells[at] ?? '') !== '');
  for (let place = 0; place <= last; place += 1) {
    const { at, width, align } = shown[place] ?? { at: 0, width: 0, align: undefined };
    const cell = cells[at] ?? '';
    const own = width === Infinity ? 0 : widthOf(cell);
    if (own > width) pieces.push(place === last ? cut(cell, width).trimEnd() : cut(cell, width));
    else if (align === 'right') pieces.push(spaces(width - own), cell);
    else if (place === last) pieces.push(cell);
    else pieces.push(cell, spaces(width - own));
    if (place < last) pieces.push(spaces(GAP));
  }
  pieces.push('\n');
}

const SPACES = Array.from({ length: 100 }, (_, count) => ' '.repeat(count));

function spaces(count: number): string {
  return SPACES[count] ?? ' '.repeat(count);
}

/** Characters that a text takes on a terminal: colours none, East Asian wide ones and emoji two. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  const plain = stripVTControlCharacters(text);
  if (PLAIN.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of segmentsOf(plain)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** A text of characters that each take one place, as nearly all are. */
const PLAIN = /^[ -~]*$/;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}])/u;

let segmenter: Intl.Segmenter | undefined;

/** What people take for one character each; set up when first needed, for that takes a while. */
function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** A text that is too long loses its colours with its end. */
function cut(cell: string, width: number): string {
  if (width === 0) return '';
  const plain = stripVTControlCharacters(cell);
  if (PLAIN.test(plain)) return `${plain.slice(0, width - 1)}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of segmentsOf(plain)) {
    const next = WIDE.test(segment) ? 2 : 1;
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…${' '.repeat(Math.max(0, width - used - 1))}`;
}
