import { stripVTControlCharacters } from 'node:util';

export interface Column {
  title: string;
  /** One for each line; as many as in every other column. */
  cells: readonly string[];
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
 * Columns as lines that fit the terminal: the flexible one is cut, and left out where less than a word of it would
 * remain; where that is not enough, the last one is cut. Cells may hold colours; they are measured without.
 */
export function renderTable(columns: readonly Column[], options: TableOptions): string {
  const measures = columns.map(({ cells }) => measureOf(cells));
  const natural = columns.map(({ title, cells, flexible }, at) =>
    // What ends where it wants to, in a file, need not be measured.
    flexible && options.columns === Infinity && at === columns.length - 1
      ? Infinity
      : Math.max(title.length, widest(cells, measures[at])),
  );
  const widths = widthsOf(columns, natural, options.columns);
  const shown = columns.flatMap(({ cells, align }, at): ShownColumn[] => {
    const width = widths[at] ?? 0;
    return width > 0 ? [{ cells, width, align, measure: measures[at] ?? widthOf }] : [];
  });
  const titles = columns.flatMap(({ title, align }, at): ShownColumn[] => {
    const width = widths[at] ?? 0;
    return width > 0 ? [{ cells: [options.bold(title)], width, align, measure: widthOf }] : [];
  });
  const lines = (columns[0]?.cells ?? []).map((_, row) => lineOf(shown, row));
  return `${[lineOf(titles, 0), ...lines].join('\n')}\n`;
}

type Measure = (cell: string) => number;

/** Most columns are plain from end to end, which is seen at once; then a cell is as wide as it is long. */
function measureOf(cells: readonly string[]): Measure {
  return PLAIN.test(cells.join('')) ? (cell) => cell.length : widthOf;
}

/** In a loop, for `Math.max` takes no ten thousand arguments. */
function widest(cells: readonly string[], measure: Measure = widthOf): number {
  let most = 0;
  for (const cell of cells) most = Math.max(most, measure(cell));
  return most;
}

/** @param natural what each column takes where there is room */
function widthsOf(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const isFlexible = (at: number): boolean => columns[at]?.flexible === true;
  /** What must have room beside the others. */
  const needed = natural.map((width, at) => (isFlexible(at) ? Math.min(width, MIN_FLEXIBLE) : width));
  while (roomFor(needed) > available) {
    const at = columns.findLastIndex(({ optional }, place) => optional && needed[place] !== 0);
    if (at < 0) break;
    needed[at] = 0;
  }
  const left = available - roomFor(needed.map((width, at) => (isFlexible(at) ? 0 : width))) - GAP;
  const widths = natural.map((width, at) => {
    if (!isFlexible(at)) return needed[at] ?? 0;
    return left < Math.min(width, MIN_FLEXIBLE) ? 0 : Math.min(width, left);
  });
  const last = widths.findLastIndex((width) => width > 0);
  return widths.map((width, at) => (at === last ? lastWidth(width, available - roomFor(widths)) : width));
}

/** Where all that may go has gone, the end of each line gives way as far as a word of it remains. */
function lastWidth(width: number, free: number): number {
  return free < 0 ? Math.max(Math.min(width, MIN_FLEXIBLE), width + free) : width;
}

/** Of the columns that have a width, with the gaps between them. */
function roomFor(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((total, each) => total + each, 0) + GAP * Math.max(0, shown.length - 1);
}

interface ShownColumn {
  cells: readonly string[];
  width: number;
  align: 'right' | undefined;
  measure: Measure;
}

/** Up to its last cell that says something. */
function lineOf(shown: readonly ShownColumn[], row: number): string {
  let line = '';
  let owed = 0;
  for (const { cells, width, align, measure } of shown) {
    let text = cells[row] ?? '';
    let free = width === Infinity ? 0 : width - measure(text);
    if (free < 0) ({ text, free } = cut(text, width));
    if (text === '') owed += width + GAP;
    else if (align === 'right') {
      line += spaces(owed + free) + text;
      owed = GAP;
    } else {
      line += spaces(owed) + text;
      owed = free + GAP;
    }
  }
  return line;
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

/** A text that is too long loses its colours with its end; before a wide character a place may remain free. */
function cut(cell: string, width: number): { text: string; free: number } {
  const plain = stripVTControlCharacters(cell);
  if (PLAIN.test(plain)) return { text: `${plain.slice(0, width - 1)}…`, free: 0 };
  let kept = '';
  let used = 0;
  for (const { segment } of segmentsOf(plain)) {
    const next = WIDE.test(segment) ? 2 : 1;
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return { text: `${kept}…`, free: width - used - 1 };
}
