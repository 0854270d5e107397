import { typeTerm } from './fields.ts';
import { isNamed, isTelling, type Vocabulary } from './vocabulary.ts';
import { splitWords, STOP_WORDS } from './words.ts';

/*
 * What a text may mean: as it was typed, with neighbours joined (`mongo db`), with a word cut in two (`certmanager`).
 */

/** How a term was come by, the better the lower. */
export const [EXACT, PREFIX, TYPO, TYPOS] = [0, 1, 2, 3] as const;

export interface Match {
  term: number;
  kind: 0 | 1 | 2 | 3;
  /** Of a beginning, how much of the term it is, of 255; else 0. */
  share: number;
}

/** One word of a reading, and the terms that satisfy it. */
export interface Slot {
  /** Words that were typed as one: only all of them together count. */
  group: number;
  /** Counts in a name, and is not missed elsewhere. */
  optional: boolean;
  /** The higher the fewer extensions have it; at least 1. */
  rarity: number;
  matches: Match[];
}

export type Reading = Slot[];

interface Token {
  text: string;
  group: number;
}

/** Longer texts are cut, in UTF-16 code units: what a person types fits, and the work is bounded. */
export const MAX_TEXT = 256;
/** Words in all, the parts of joined ones counted. */
const MAX_WORDS = 8;
const RAREST = 16;
/** Searches for typos within a word that is cut in two. */
const MAX_CUT_TYPOS = 3;
/** Letters of a word that may be cut. */
const [MIN_CUT, MAX_CUT] = [4, 40] as const;

/** The readings of a text; the first is the one as it was typed. Empty for a text without words. */
export function readText(vocabulary: Vocabulary, text: string): Reading[] {
  const words = splitWords(text.trim().slice(0, MAX_TEXT));
  const typed = words.flatMap(({ parts }, group) => parts.map((part) => ({ text: part, group }))).slice(0, MAX_WORDS);
  if (typed.length === 0) return [];
  const known = new Map<string, Match[]>();
  const matchesOf = (word: string): Match[] => {
    const matches = known.get(word) ?? findMatches(vocabulary, word);
    known.set(word, matches);
    return matches;
  };
  const others = [joinNeighbours(typed, matchesOf), typed.flatMap((each) => cutInTwo(vocabulary, each, matchesOf))];
  const readings = [typed, ...others.filter((each) => each.length !== typed.length)];
  return readings.map((tokens) => {
    const isAllStop = tokens.every((each) => STOP_WORDS.has(each.text));
    return tokens.map(({ text: word, group }, at) => {
      const optional = !isAllStop && STOP_WORDS.has(word);
      const matches = matchesOf(word);
      const rarity = RAREST - ((vocabulary.marks[matches[0]?.term ?? -1] ?? 0) >> 2);
      // What may be missing belongs to nothing.
      return { group: optional ? -at - 1 : group, optional, rarity, matches };
    });
  });
}

function findMatches(vocabulary: Vocabulary, word: string): Match[] {
  const { terms } = vocabulary;
  const exact = [vocabulary.find(typeTerm(word)), vocabulary.find(word)].filter((term) => term >= 0);
  const longer = vocabulary.longer(word);
  const matches: Match[] = [
    ...exact.map((term) => ({ term, kind: EXACT, share: 0 })),
    ...longer.map((term) => ({
      term,
      kind: PREFIX,
      share: (255 * word.length) / (terms[term]?.length ?? 1),
    })),
  ];
  // A word that names or tags something is no typo of another; one that only a description has may be.
  for (const kind of matches.some(({ term }) => isTelling(vocabulary, term)) ? [] : [TYPO, TYPOS]) {
    const near = vocabulary.near(word, kind - TYPO + 1);
    if (near.length > 0) return [...matches, ...near.map((term) => ({ term, kind, share: 0 }))];
  }
  return matches;
}

type MatchesOf = (word: string) => Match[];

function isExact(matches: readonly Match[]): boolean {
  return matches[0]?.kind === EXACT;
}

/** Each two neighbours that are one word of the catalogue, perhaps its beginning, become one. */
function joinNeighbours(tokens: readonly Token[], matchesOf: MatchesOf): Token[] {
  const joined: Token[] = [];
  let isTaken = false;
  for (const [at, one] of tokens.entries()) {
    const two = tokens[at + 1];
    const text = one.text + (two?.text ?? '');
    const areKnown = two !== undefined && isExact(matchesOf(one.text)) && isExact(matchesOf(two.text));
    const most = areKnown ? (at + 2 === tokens.length ? PREFIX : EXACT) : TYPOS;
    const isWord: boolean = !isTaken && two !== undefined && (matchesOf(text)[0]?.kind ?? TYPOS + 1) <= most;
    if (!isTaken) joined.push(isWord ? { ...one, text } : one);
    isTaken = isWord;
  }
  return joined;
}

/** A word that is in no name becomes two, or three, that are: the last may be a beginning, or have a typo. */
function cutInTwo(vocabulary: Vocabulary, { text, group }: Token, matchesOf: MatchesOf): Token[] {
  const isKnown = isNamed(vocabulary, vocabulary.find(text));
  const isWhole = isKnown || text.length < MIN_CUT || text.length > MAX_CUT;
  const hasTerm = (word: string): boolean => isTelling(vocabulary, vocabulary.find(word));
  let tries = matchesOf(text).length === 0 ? MAX_CUT_TYPOS : 0;
  const mayMean = (word: string): boolean => word.length > 1 && (tries -= 1) >= 0 && matchesOf(word).length > 0;
  // The longest first part that goes; each part but the last has a name or tag of its own.
  const cut = (word: string, cuts: number, isGood: (rest: string) => boolean): string[] | undefined => {
    for (let at = word.length - 1; at > 0; at -= 1) {
      const [first, rest] = [word.slice(0, at), word.slice(at)];
      if (!hasTerm(first)) continue;
      const parts = isGood(rest) ? [rest] : cuts > 1 ? cut(rest, cuts - 1, isGood) : undefined;
      if (parts !== undefined) return [first, ...parts];
    }
    return undefined;
  };
  const parts = isWhole ? [text] : (cut(text, 2, hasTerm) ?? cut(text, 1, mayMean) ?? [text]);
  return parts.map((part) => ({ text: part, group }));
}
