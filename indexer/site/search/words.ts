/*
 * How text becomes words, for the catalogue and for queries alike. No import: a browser runs this file as it is.
 */

/** What stands between spaces, taken apart where separators, camel case or a change of script divide it. */
export interface Word {
  /** What a query asks for: all of it. `cert-manager` and `certManager` are `cert`, `manager`; `日志收集` is `日志`, `志收`, `收集`. */
  parts: string[];
  /** Under what a word of the catalogue is found: also joined again (`postgresql` of `PostgreSQL`); the last letter of a run. */
  forms: string[];
}

/** No word of a text that stands for itself. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from in into is it of on or that the this to with'.split(' '),
);

/** A word of more parts is no name: it is not joined again, so that the work stays linear. */
const MAX_JOINED_PARTS = 8;
/**
 * Marks that NFKD sets apart from letters of several scripts (Latin, Greek, Cyrillic, Arabic), but not the voicing of kana;
 * the points of Hebrew; soft hyphens, and the stroke that stretches an Arabic word. Other scripts need theirs to be read.
 */
const MARKS = /[\xad\u0640[\p{sc=Zinh}--[\u3099\u309a]][\p{sc=Hebr}&&\p{M}]]/gv;
/** What people type for letters that no normal form takes apart. */
const TYPED_AS: Partial<Record<string, string>> = { ß: 'ss', ı: 'i', ς: 'σ', ł: 'l', ø: 'o', đ: 'd', æ: 'ae', œ: 'oe' };
/** Scripts that set no space between words or, as Korean, add to them; pictures and flags. */
const UNSPACED_LETTERS = '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Thai}\\p{ExtPict}\\p{RI}';
const UNSPACED = new RegExp(`[${UNSPACED_LETTERS}]`, 'u');
const RUNS = new RegExp(`[${UNSPACED_LETTERS}]+|[^${UNSPACED_LETTERS}._-]+`, 'gu');
/** What words are made of, as a class of characters. */
export const LETTERS = '\\p{L}\\p{N}\\p{M}\\p{ExtPict}\\p{RI}';
const SPACED = new RegExp(`[${LETTERS}][${LETTERS}._-]*`, 'gu');
const CAMEL = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const BEYOND_ASCII = /[^ -~]/g;
const PLAIN = /^[A-Z]?[a-z0-9]+$/;

/** Lower case without accents (Unicode normalization forms NFKD, then NFC, UAX 15). */
export function foldCase(text: string): string {
  return lowerCase(foldMarks(text));
}

/** The words of a text in their order. */
export function splitWords(text: string): Word[] {
  return (foldMarks(text).match(SPACED) ?? []).map(wordOf);
}

/**
 * Whether the optimal string alignment distance of two words is at most so many typos: letters more, less or another, or two
 * neighbours swapped.
 */
export function isNear(one: string, other: string, typos: number): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const [a, b] = [one.slice(same), other.slice(same)];
  if (typos === 0 || a === '' || b === '') return a.length + b.length <= typos;
  const [restOfA, restOfB] = [a.slice(1), b.slice(1)];
  const left = typos - 1;
  return (
    isNear(restOfA, b, left) ||
    isNear(a, restOfB, left) ||
    isNear(restOfA, restOfB, left) ||
    (a[0] === b[1] && a[1] === b[0] && isNear(a.slice(2), b.slice(2), left))
  );
}

/** Whether words of this letter's script begin and end without a space. */
export function isUnspaced(letter: string): boolean {
  return UNSPACED.test(letter);
}

function foldMarks(text: string): string {
  return text.search(BEYOND_ASCII) < 0 ? text : text.normalize('NFKD').replace(MARKS, '').normalize('NFC');
}

function lowerCase(text: string): string {
  return text.toLowerCase().replace(BEYOND_ASCII, (letter) => TYPED_AS[letter] ?? letter);
}

function wordOf(spaced: string): Word {
  if (PLAIN.test(spaced)) {
    const parts = [spaced.toLowerCase()];
    return { parts, forms: parts };
  }
  const [parts, extras]: [string[], string[]] = [[], []];
  for (const piece of spaced.match(RUNS) ?? []) {
    const letters = Array.from(piece);
    if (letters.length > 1 && isUnspaced(piece)) {
      // Two letters and two: any part of a run is found, whatever its words are.
      parts.push(...letters.slice(1).map((letter, at) => `${letters[at] ?? ''}${letter}`));
      extras.push(letters.at(-1) ?? '');
      continue;
    }
    const camel = piece.split(CAMEL).map(lowerCase);
    parts.push(...camel);
    if (camel.length > 1 && camel.length <= MAX_JOINED_PARTS) extras.push(camel.join(''));
  }
  return { parts, forms: [...parts, ...extras] };
}
