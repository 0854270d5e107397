/*
 * How text becomes words, for the catalogue and for queries alike. No import: a browser runs this file as it is.
 */

/** What stands between spaces, taken apart where separators, camel case or a change of script divide it. */
export interface Word {
  /** What a query asks for: all of it. `cert-manager` and `certManager` are `cert`, `manager`; `日志收集` is `日志`, `志收`, `收集`. */
  parts: string[];
  /** Under what else a word of the catalogue is found: joined again (`postgresql` of `PostgreSQL`); the last letter of a run. */
  extras: string[];
}

/** No word of a text that stands for itself. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from in into is it of on or that the this to with'.split(' '),
);

/** A word of more parts is no name: it is not joined again, so that the work stays linear. */
const MAX_JOINED_PARTS = 8;
/** Marks that NFKD sets apart from Latin, Greek and Cyrillic letters; other scripts need theirs to be read. */
const ACCENTS = /[\u0300-\u036f]/g;
const SPACED = /[\p{L}\p{N}\p{M}._-]+/gu;
const CAMEL = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Scripts that set no space between words or, as Korean, add to them. */
const UNSPACED_LETTERS = '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Thai}';
const UNSPACED = new RegExp(`[${UNSPACED_LETTERS}]`, 'u');
const RUNS = new RegExp(`[${UNSPACED_LETTERS}]+|[^${UNSPACED_LETTERS}]+`, 'gu');
const SEPARATORS = /[._-]+/;
const BEYOND_ASCII = /[^ -~]/;
const PLAIN = /^[A-Z]?[a-z0-9]+$/;

/** Lower case without accents (Unicode normalization forms NFKD, then NFC, UAX 15). */
export function foldCase(text: string): string {
  return foldAccents(text).toLowerCase();
}

/** The words of a text in their order. */
export function splitWords(text: string): Word[] {
  return (foldAccents(text).match(SPACED) ?? []).map(wordOf).filter(({ parts }) => parts.length > 0);
}

/**
 * The optimal string alignment distance of two short words: letters more, less or another, or two neighbours swapped.
 * @returns anything above `most` for whatever is above it
 */
export function distanceWithin(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const [x, y] = [a[i - 1], b[j - 1]];
      const isSwap = i > 1 && j > 1 && x === b[j - 2] && a[i - 2] === y;
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + Number(x !== y),
        isSwap ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

function foldAccents(text: string): string {
  return BEYOND_ASCII.test(text) ? text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC') : text;
}

/** Whether words of this letter's script begin and end without a space. */
export function isUnspaced(letter: string): boolean {
  return UNSPACED.test(letter);
}

function wordOf(spaced: string): Word {
  if (PLAIN.test(spaced)) return { parts: [spaced.toLowerCase()], extras: [] };
  const [parts, extras]: [string[], string[]] = [[], []];
  for (const piece of spaced.split(SEPARATORS).flatMap((each) => each.match(RUNS) ?? [])) {
    const letters = Array.from(piece);
    if (letters.length > 1 && isUnspaced(piece)) {
      // Two letters and two: any part of a run is found, whatever its words are.
      parts.push(...letters.slice(1).map((letter, at) => `${letters[at] ?? ''}${letter}`));
      extras.push(letters.at(-1) ?? '');
      continue;
    }
    const camel = piece.split(CAMEL).map((each) => each.toLowerCase());
    parts.push(...camel);
    if (camel.length > 1 && camel.length <= MAX_JOINED_PARTS) extras.push(camel.join(''));
  }
  return { parts, extras };
}
