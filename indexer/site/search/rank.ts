import { NAME, partOf, sizeOf, TYPE } from './fields.ts';
import { EXACT, PREFIX, TYPO, type Reading, type Slot } from './readings.ts';

/*
 * The order of answers is a ladder, each step above the next:
 *
 *   100      the name, whole
 *   80..99   the start of the name
 *   60..79   every word of the query, in the name, type, tags or description
 *   40..59   every word, some of them with typos
 *   10..39   some of the words
 *   below 1  the same steps for what is deprecated, a hundredth each
 */

/** The extensions that have a term, and where: row * 64 + place. */
export type Postings = readonly number[];

export interface Catalogue {
  /** All rows are below. */
  size: number;
  postingsOf: (term: number) => Postings;
  deprecated: ReadonlySet<number>;
}

export interface Ranked {
  /** Of a score above 0, in no order. */
  rows: number[];
  /** Row -> score, with at most 4 decimals. */
  scores: Float64Array;
}

/** Kind of match -> field -> worth in thousandths, to which a name's belongs from NAME on. */
const WORTH: readonly (readonly number[])[] = [
  [400, 450, 500, 600, 1_000],
  [270, 310, 300, 390, 800],
  [50, 60, 100, 150, 200],
  [25, 30, 50, 75, 100],
];
/** A reading that is not what was typed gives way to one that is. */
const REREAD = 0.999;

export function rank(readings: readonly Reading[], catalogue: Catalogue): Ranked {
  const ranked: Ranked = { rows: [], scores: new Float64Array(catalogue.size) };
  for (const [at, slots] of readings.entries()) {
    const { rows, cells } = collect(slots, catalogue);
    for (const row of rows) {
      const step = scoreCells(slots, cells, row * slots.length) * (at === 0 ? 1 : REREAD);
      const score = Math.round((catalogue.deprecated.has(row) ? step / 100 : step) * 10_000) / 10_000;
      const known = ranked.scores[row] ?? 0;
      if (known === 0 && score > 0) ranked.rows.push(row);
      ranked.scores[row] = Math.max(known, score);
    }
  }
  return ranked;
}

/** The first ones of an order. */
export function firstOf(rows: readonly number[], count: number, compare: (a: number, b: number) => number): number[] {
  let first: number[] = [];
  let last: number | undefined;
  const best = (): number[] => (first = first.sort(compare).slice(0, count));
  for (const row of rows) {
    if (last !== undefined && compare(row, last) > 0) continue;
    first.push(row);
    if (first.length > 2 * count + 64) last = best().at(-1);
  }
  return best();
}

interface Collected {
  rows: number[];
  /**
   * Of each row one cell a slot. It is one number, so that the best of several is the highest:
   * worth << 16 | share of the word that was typed << 8 | kind << 6 | place.
   */
  cells: Uint32Array;
}

/** What each row that has anything of a reading has of each of its slots. */
function collect(slots: readonly Slot[], { size, postingsOf }: Catalogue): Collected {
  const rows: number[] = [];
  const known = new Uint32Array(size);
  const cells = new Uint32Array(size * slots.length);
  for (const [slot, { matches }] of slots.entries()) {
    for (const { term, kind, share } of matches) {
      const worths = WORTH[kind] ?? [];
      for (const posting of postingsOf(term)) {
        const row = posting >> 6;
        const place = posting & 63;
        known[row] ||= rows.push(row);
        const cell = row * slots.length + slot;
        const had = ((worths[Math.min(place, NAME)] ?? 0) << 16) | (share << 8) | (kind << 6) | place;
        cells[cell] = Math.max(cells[cell] ?? 0, had);
      }
    }
  }
  return { rows, cells };
}

function scoreCells(slots: readonly Slot[], cells: Uint32Array, from: number): number {
  // Of the name: its parts, those that are had one after the other from the first, those that are had, a part's beginning.
  let [size, next, covered, share] = [0, 0, 0, 0];
  let [isName, missed] = [true, 0];
  // Of the words: all, those that are had; what they are worth, and could be.
  let [words, matched, worth, rarities] = [0, 0, 0, 0];
  let [least, isTypo, hasTypos] = [1_000, false, false];
  for (let slot = 0; slot < slots.length; slot += 1) {
    const { group, optional, rarity } = slots[slot] as Slot;
    const cell = cells[from + slot] ?? 0;
    const kind = (cell >> 6) & 3;
    const place = cell & 63;
    const isNamed = place >= NAME;
    if (isNamed) {
      size = sizeOf(place);
      covered += Number(kind !== PREFIX);
    }
    const isNext = isNamed && kind <= PREFIX && partOf(place) === next && share === 0;
    if (isNext && kind === EXACT) next += 1;
    missed += Number(optional && !isNext);
    if (optional) continue;
    if (isNext && kind === PREFIX) share = ((cell >> 8) & 255) / 255;
    // The type's own word says nothing against the name.
    if (!isNext && !(place === TYPE && kind === EXACT)) isName = false;
    least = Math.min(least, cell >>> 16);
    isTypo ||= kind >= TYPO;
    if (slots[slot + 1]?.group === group) continue;
    words += 1;
    rarities += rarity;
    matched += Number(least > 0);
    hasTypos ||= least > 0 && isTypo;
    worth += rarity * least;
    [least, isTypo] = [1_000, false];
  }
  if (matched === 0) return 0;
  if (isName && size > 0) {
    if (next === size) return 100 - missed / 100;
    return 80 + 9.5 * (Number(share === 0) + (next + share) / size);
  }
  const detail = (0.8 * worth) / (1_000 * rarities) + (0.2 * Math.min(covered, size)) / (size || 1);
  if (matched < words) return 10 + (30 * (matched - 1 + 0.99 * detail)) / words;
  return (hasTypos ? 40 : 60) + 19 * detail;
}
