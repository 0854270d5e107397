import type { Item, SearchDocument } from '../model/documents.ts';
import { createFilter, type SearchFilters, type SearchQuery } from './search/query.ts';
import { formsOf, isOneTypo, splitWords, type Word } from './search/words.ts';

export { parseSearchText, type SearchFilters, type SearchQuery } from './search/query.ts';

/*
 * Search over the slim list: an index of words in memory, built in one pass, for the proxy, the client and the page
 * alike. PURE, and free of Node: a browser runs it. The order of answers is a ladder, each step above the next:
 *
 *   100      the name, whole
 *   80..99   the start of the name
 *   60..79   every word of the query, in the name, type, tags or description
 *   40..59   every word, some of them with one typo
 *   10..39   some of the words
 *   below 1  the same steps for what is deprecated, a hundredth each
 *   never    what is yanked, whatever is asked
 */

export interface SearchHit {
  /** Row of the search document: the place in the list, from 0. */
  row: number;
  /** Good for comparing within one answer only; at most 4 decimals, 0 without a text. */
  score: number;
}

export interface Search {
  /** Best first. An empty text answers every row that passes the filters, in the order of the list. Never throws. */
  query(query: SearchQuery): SearchHit[];
}

/** Longer texts are cut, in UTF-16 code units: what a person types fits, and the work is bounded. */
const MAX_TEXT = 256;
/** Words in all, the parts of joined ones counted. */
const MAX_WORDS = 8;
const MIN_TYPO_LETTERS = 4;
/** Left out of a query beside other words; every description has them. */
const STOP_WORDS = new Set(['a', 'an', 'and', 'by', 'for', 'from', 'in', 'of', 'on', 'or', 'the', 'to', 'with']);

/** Where a word stands, the better the higher; also the index into the weights. */
type Field = 0 | 1 | 2 | 3;
const [DESCRIPTION, TYPE, TAG, NAME] = [0, 1, 2, 3] as const;
const EXACT = [0.4, 0.5, 0.6, 1] as const;
const PREFIX = [0.3, 0.3, 0.5, 0.8] as const;
const TYPO = [0.05, 0.1, 0.15, 0.2] as const;
/** A weight up to this came by a typo. */
const MAX_TYPO = TYPO[NAME];

interface Name {
  joined: string;
  /** Lengths at which a part of the name ends. */
  ends: Set<number>;
}

interface Index {
  document: SearchDocument;
  names: Name[];
  /** All words of the catalogue in code unit order. */
  vocabulary: string[];
  /** Word -> row * 4 + field, each row once with its best field. */
  postings: Map<string, number[]>;
  deprecated: Set<number>;
}

/** @param items the list, in its order: row i is item i */
export function renderSearchDocument(items: readonly Item[]): SearchDocument {
  return {
    schema: 1,
    type: items.map((item) => item.type),
    name: items.map((item) => item.name),
    version: items.map((item) => item.version),
    description: items.map((item) => item.description),
    author: items.map((item) => item.author),
    source: items.map((item) => item.sources ?? [item.source]),
    tags: items.map((item) => item.tags ?? []),
    deprecated: rowsOf(items, (item) => item.deprecated !== undefined),
    yanked: rowsOf(items, (item) => item.yanked === true),
  };
}

function rowsOf(items: readonly Item[], isSo: (item: Item) => boolean): number[] {
  return items.flatMap((item, row) => (isSo(item) ? [row] : []));
}

export function createSearch(document: SearchDocument): Search {
  const index = buildIndex(document);
  return {
    query: (query) => {
      const rows = filterRows(document, query);
      if (query.text.trim() === '') return rows.map((row) => ({ row, score: 0 }));
      const score = createScorer(index, firstWords(query.text));
      return rows
        .map((row) => ({ row, score: score(row) }))
        .filter((hit) => hit.score > 0)
        .sort((a, b) => b.score - a.score || compareRows(document, a.row, b.row));
    },
  };
}

/** What an empty text answers, without an index: the rows that pass the filters, in the order of the list. */
export function filterRows(document: SearchDocument, query: SearchFilters): number[] {
  const passes = createFilter(query);
  const yanked = new Set(document.yanked);
  return document.name.flatMap((name, row) => {
    const of = {
      type: document.type[row] ?? '',
      name,
      description: document.description[row] ?? '',
      author: document.author[row] ?? '',
      sources: document.source[row] ?? [],
      tags: document.tags[row] ?? [],
    };
    return !yanked.has(row) && passes(of) ? [row] : [];
  });
}

function buildIndex(document: SearchDocument): Index {
  const postings = new Map<string, number[]>();
  for (const row of document.name.keys()) {
    for (const [word, field] of wordsOfRow(document, row)) {
      const posting = row * 4 + field;
      const known = postings.get(word);
      if (known === undefined) postings.set(word, [posting]);
      else known.push(posting);
    }
  }
  return {
    document,
    names: document.name.map(nameOf),
    // In code units, as `startOf` looks them up: never by the machine's language.
    vocabulary: [...postings.keys()].sort(),
    postings,
    deprecated: new Set(document.deprecated),
  };
}

/** Each word of a row with the best field that has it. */
function wordsOfRow(document: SearchDocument, row: number): Map<string, Field> {
  const found = new Map<string, Field>();
  const texts: [Field, string][] = [
    [DESCRIPTION, document.description[row] ?? ''],
    [TYPE, document.type[row] ?? ''],
    [TAG, (document.tags[row] ?? []).join(' ')],
    [NAME, document.name[row] ?? ''],
  ];
  for (const [field, text] of texts) {
    for (const form of splitWords(text).flatMap(formsOf)) found.set(form, field);
  }
  return found;
}

function nameOf(name: string): Name {
  const ends = new Set<number>();
  let joined = '';
  for (const part of splitWords(name).flatMap(({ parts }) => parts)) {
    joined += part;
    ends.add(joined.length);
  }
  return { joined, ends };
}

function firstWords(text: string): Word[] {
  let room = MAX_WORDS;
  return splitWords(text.trim().slice(0, MAX_TEXT)).flatMap(({ joined, parts }) => {
    const kept = parts.slice(0, room);
    room -= kept.length;
    return kept.length === 0 ? [] : [{ joined, parts: kept }];
  });
}

/** The score of one row for a query; 0 for a row that has none of its words. */
function createScorer(index: Index, words: readonly Word[]): (row: number) => number {
  const meaning = words.filter(({ joined }) => !STOP_WORDS.has(joined));
  const counted = meaning.length === 0 ? words : meaning;
  const weights = counted.map((word) => weighWord(index, word));
  const whole = joinWords(words);
  // `provider/harbor` and `harbor provider` name an extension, too: without the type's word, for each type.
  const wholeByType = new Map(
    [...new Set(index.document.type)].map((type) => [type, joinWords(words.filter(({ joined }) => joined !== type))]),
  );
  return (row) => {
    const name = index.names[row] ?? nameOf('');
    const step =
      Math.max(scoreName(name, whole), scoreName(name, wholeByType.get(index.document.type[row] ?? '') ?? '')) ||
      scoreWords(
        counted.map(({ joined }, at) => ({ length: joined.length, weight: weights[at]?.[row] ?? 0 })),
        name,
      );
    return Math.round((index.deprecated.has(row) ? step / 100 : step) * 10_000) / 10_000;
  };
}

function joinWords(words: readonly Word[]): string {
  return words.map(({ joined }) => joined).join('');
}

function scoreName(name: Name, whole: string): number {
  if (whole === '' || !name.joined.startsWith(whole)) return 0;
  if (name.joined === whole) return 100;
  return 80 + 9.5 * Number(name.ends.has(whole.length)) + 9.5 * (whole.length / name.joined.length);
}

function scoreWords(words: readonly { length: number; weight: number }[], name: Name): number {
  let [matched, typos, sum, covered] = [0, 0, 0, 0];
  // In the order of the query, so that floating-point sums are the same everywhere.
  for (const { length, weight } of words) {
    sum += weight;
    matched += Number(weight > 0);
    typos += Number(weight > 0 && weight <= MAX_TYPO);
    covered += weight === EXACT[NAME] ? length : 0;
  }
  if (matched === 0) return 0;
  const detail = 0.8 * (sum / words.length) + 0.2 * Math.min(1, covered / name.joined.length);
  if (matched === words.length) return (typos === 0 ? 60 : 40) + 19 * detail;
  return 10 + 30 * ((matched - 1 + 0.99 * detail) / words.length);
}

/** What each row has of one word: joined, or all of its parts, of which the worst counts. */
function weighWord(index: Index, word: Word): Float64Array {
  const joined = weighForm(index, word.joined);
  if (word.parts.length < 2) return joined;
  const parts = word.parts.map((part) => weighForm(index, part));
  return joined.map((weight, row) => Math.max(weight, Math.min(...parts.map((each) => each[row] ?? 0))));
}

function weighForm({ vocabulary, postings, names }: Index, form: string): Float64Array {
  const weights = new Float64Array(names.length);
  let best: number = DESCRIPTION;
  const weigh = (word: string, byField: readonly number[]): void => {
    for (const posting of postings.get(word) ?? []) {
      const [row, field] = [posting >> 2, posting & 3];
      weights[row] = Math.max(weights[row] ?? 0, byField[field] ?? 0);
      best = Math.max(best, field);
    }
  };
  for (let at = startOf(vocabulary, form); at < vocabulary.length; at += 1) {
    const word = vocabulary[at] ?? '';
    if (!word.startsWith(form)) break;
    weigh(word, word === form ? EXACT : PREFIX);
  }
  // A word that names or tags something is no typo of another; one that only a description has may be.
  if (best === DESCRIPTION && Array.from(form).length >= MIN_TYPO_LETTERS) {
    for (const word of vocabulary) if (isOneTypo(form, word)) weigh(word, TYPO);
  }
  return weights;
}

/** The first word that is not before the form. */
function startOf(vocabulary: readonly string[], form: string): number {
  let [low, high] = [0, vocabulary.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((vocabulary[middle] ?? '') < form) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By name, then type, in code units. */
function compareRows({ name, type }: SearchDocument, a: number, b: number): number {
  return compare(name[a] ?? '', name[b] ?? '') || compare(type[a] ?? '', type[b] ?? '') || a - b;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
