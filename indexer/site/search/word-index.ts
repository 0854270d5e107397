import { BEGINNING, DESCRIPTION, placeInName, TAG, TYPE, typeTerm } from './fields.ts';
import type { Postings } from './rank.ts';
import { createVocabulary, markOf, type Vocabulary } from './vocabulary.ts';
import { splitWords, STOP_WORDS } from './words.ts';

/*
 * The words of a catalogue and who has them, built in one pass, for a list and for shards alike.
 */

/** What of an extension is searched. */
export interface Indexed {
  type: string;
  name: string;
  description: string;
  tags: readonly string[];
}

export interface WordIndex {
  vocabulary: Vocabulary;
  postingsOf: (term: number) => Postings;
}

/** Words of a description that count as its beginning, where it says what the thing is. */
const BEGINNING_WORDS = 6;

/** @param rows row -> extension; undefined for a row that is never found */
export function buildWordIndex(rows: readonly (Indexed | undefined)[]): WordIndex {
  const postings = new Map<string, number[]>();
  for (const [row, each] of rows.entries()) {
    if (each === undefined) continue;
    for (const [term, place] of placesOf(each)) {
      const known = postings.get(term);
      if (known === undefined) postings.set(term, [row * 64 + place]);
      else known.push(row * 64 + place);
    }
  }
  // In code units, as they are looked up: never by the machine's language.
  const terms = [...postings.keys()].sort();
  const postingsOf = (term: number): Postings => postings.get(terms[term] ?? '') ?? [];
  return {
    vocabulary: createVocabulary(
      terms,
      Uint8Array.from(terms, (_, term) => markOf(postingsOf(term))),
    ),
    postingsOf,
  };
}

/** Each term of an extension, and the best place where it stands. */
function placesOf({ type, name, description, tags }: Indexed): Map<string, number> {
  const places = new Map<string, number>([[typeTerm(type), TYPE]]);
  for (const [at, word] of splitWords(description).entries()) {
    for (const form of word.forms)
      if (!STOP_WORDS.has(form) && !places.has(form)) places.set(form, at < BEGINNING_WORDS ? BEGINNING : DESCRIPTION);
  }
  // Each is better than those before.
  for (const form of tags.flatMap(splitWords).flatMap((word) => word.forms)) places.set(form, TAG);
  const parts = splitWords(name).flatMap((word) => word.parts);
  for (const [at, part] of parts.entries()) places.set(part, placeInName(at, parts.length));
  return places;
}
