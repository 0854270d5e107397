import { NAME, TAG } from './fields.ts';
import { isNear } from './words.ts';

/*
 * All words of the catalogue, and which of them somebody may mean.
 */

export interface Vocabulary {
  /** In the order of their code units. */
  readonly terms: readonly string[];
  /** Of each term: how common it is times 4, and TAGGED and NAMED. */
  readonly marks: Uint8Array;
  /** The number of a term; -1 where there is none. */
  find: (term: string) => number;
  /** The terms that begin so, the most telling where they are too many. */
  longer: (start: string) => number[];
  /** The terms that are so many typos away, if that is not too many for the word. */
  near: (word: string, typos: number) => number[];
}

/** There are extensions whose name has it. */
const NAMED = 1;
/** There are extensions whose tags have it. */
const TAGGED = 2;
/** How common a term is: the base 2 logarithm of how many extensions have it, rounded up, ends here. */
const MAX_COMMONNESS = 15;

/** Of one letter there are thousands; they are for the next letter to tell apart. */
const [MAX_LONGER, MAX_OF_LETTER] = [48, 12] as const;
const MAX_NEAR = 8;
/** One typo from four letters, two from seven, none in a word that nobody types. */
const LETTERS_BEFORE_TYPO = 3;
const MAX_LETTERS = 40;

/** @param postings row * 64 + place, of one term */
export function markOf(postings: readonly number[]): number {
  let mark = Math.min(MAX_COMMONNESS, 32 - Math.clz32(postings.length)) * 4;
  for (const posting of postings) {
    const place = posting & 63;
    mark |= place >= NAME ? NAMED : place === TAG ? TAGGED : 0;
  }
  return mark;
}

export function isNamed({ marks }: Vocabulary, term: number): boolean {
  return ((marks[term] ?? 0) & NAMED) !== 0;
}

/** Whether a name or a tag has it: not only a description. */
export function isTelling({ marks }: Vocabulary, term: number): boolean {
  return ((marks[term] ?? 0) & (NAMED | TAGGED)) !== 0;
}

export function createVocabulary(terms: readonly string[], marks: Uint8Array): Vocabulary {
  let letters: Int32Array | undefined;
  /** What names have, then what is common. */
  const worthOf = (term: number): number => (((marks[term] ?? 0) & NAMED) << 8) + (marks[term] ?? 0);
  const mostTelling = (found: number[], most: number): number[] =>
    found.sort((a, b) => worthOf(b) - worthOf(a) || a - b).slice(0, most);
  const startOf = (term: string): number => {
    let [low, high] = [0, terms.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((terms[middle] ?? '') < term) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    terms,
    marks,
    find: (term) => {
      const at = startOf(term);
      return terms[at] === term ? at : -1;
    },
    longer: (start) => {
      const [from, to] = [startOf(`${start}\0`), startOf(`${start}\uffff`)];
      const found = Array.from({ length: to - from }, (_, at) => from + at);
      return mostTelling(found, start.length > 1 ? MAX_LONGER : MAX_OF_LETTER);
    },
    near: (word, typos) => {
      if (word.length <= LETTERS_BEFORE_TYPO * typos || word.length > MAX_LETTERS) return [];
      letters ??= Int32Array.from(terms, lettersOf);
      const own = lettersOf(word);
      const found: number[] = [];
      for (const [term, theirs] of letters.entries()) {
        // Each typo takes away or brings at most one letter: most words are told apart so.
        if (countBits(own & ~theirs) > typos || countBits(theirs & ~own) > typos) continue;
        if (terms[term] !== word && isNear(word, terms[term] ?? '', typos)) found.push(term);
      }
      return mostTelling(found, MAX_NEAR);
    },
  };
}

/** Which letters a word has; some share a bit. */
function lettersOf(word: string): number {
  let bits = 0;
  for (const letter of word) bits |= 1 << letter.charCodeAt(0);
  return bits;
}

function countBits(bits: number): number {
  return bits === 0 ? 0 : 1 + countBits(bits & (bits - 1));
}
