import { foldCase, isUnspaced } from './words.ts';

/*
 * What somebody asks, from one line of text, and whether an extension passes its filters.
 */

export interface SearchQuery {
  /** Words only; `parseSearchText` takes filters and phrases out of what somebody typed. */
  text: string;
  /** The exact type. */
  type?: string;
  /** The name of a source that has the extension. */
  source?: string;
  /** A whole tag, or several that must all be there; case and accents do not count. */
  tag?: string | readonly string[];
  /** The whole author; case and accents do not count. */
  author?: string;
  /** Whole words that follow one another in the name, the description or a tag; case, accents and separators do not count. */
  phrases?: readonly string[];
}

export type SearchFilters = Omit<SearchQuery, 'text'>;

/** What filters look at. */
export interface Filterable {
  type: string;
  name: string;
  description: string;
  author: string;
  sources: readonly string[];
  tags: readonly string[];
}

/** Longer texts are cut, in UTF-16 code units: what a person types fits, and the work is bounded. */
const MAX_TEXT = 1_024;
const MAX_PHRASES = 8;
const TOKEN = /(?:(type|source|tag|author):)?(?:"([^"]*)"?|(\S+))/gi;
const UNFINISHED = /^(?:type|source|tag|author):$/i;
const BETWEEN = /[\s._/-]+/g;
const LETTER = /[\p{L}\p{N}\p{M}]/u;

/**
 * `type:provider tag:cloud "load balancer" aws`: filters, quoted phrases, words. Of several types, sources or authors the
 * last counts, of tags each; a filter without a value is one that is still being typed. Never throws.
 */
export function parseSearchText(text: string): SearchQuery {
  const words: string[] = [];
  const phrases: string[] = [];
  const tags: string[] = [];
  const query: SearchQuery = { text: '' };
  for (const [, key, quoted, word = ''] of text.slice(0, MAX_TEXT).matchAll(TOKEN)) {
    const value = (quoted ?? word).trim();
    if (value === '' || UNFINISHED.test(value)) continue;
    const filter = key?.toLowerCase();
    if (filter === 'tag') tags.push(value);
    else if (filter === 'author') query.author = value;
    else if (filter === 'type' || filter === 'source') query[filter] = value.toLowerCase();
    else (quoted === undefined ? words : phrases).push(value);
  }
  return {
    ...query,
    text: words.join(' '),
    ...(tags.length > 0 && { tag: tags.slice(0, MAX_PHRASES) }),
    ...(phrases.length > 0 && { phrases: phrases.slice(0, MAX_PHRASES) }),
  };
}

/** Whether anything but words is asked. */
export function hasFilters({ type, source, tag, author, phrases }: SearchFilters): boolean {
  return [type, source, author].some((each) => each !== undefined) || [tag ?? [], phrases ?? []].flat().length > 0;
}

/** The filters as one question, made once for many extensions. */
export function createFilter({ type, source, tag, author, phrases }: SearchFilters): (of: Filterable) => boolean {
  const folded = [tag ?? []].flat().map((each) => foldCase(each.slice(0, MAX_TEXT)));
  const writer = author === undefined ? undefined : foldCase(author.slice(0, MAX_TEXT));
  const spoken = (phrases ?? []).map((each) => plain(each.slice(0, MAX_TEXT))).filter((each) => each !== '');
  return (of) =>
    (type === undefined || of.type === type) &&
    (source === undefined || of.sources.includes(source)) &&
    folded.every((wanted) => of.tags.some((each) => foldCase(each) === wanted)) &&
    (writer === undefined || foldCase(of.author) === writer) &&
    (spoken.length === 0 || saysAll([of.name, of.description, ...of.tags].map(plain), spoken));
}

function saysAll(texts: readonly string[], phrases: readonly string[]): boolean {
  return phrases.every((phrase) => texts.some((text) => says(text, phrase)));
}

function says(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    if (isEdge(text[at - 1], phrase[0]) && isEdge(text[at + phrase.length], phrase.at(-1))) return true;
  }
  return false;
}

/** Whether a phrase may begin or end between its own letter and the next one of the text. */
function isEdge(beyond = ' ', own = ' '): boolean {
  return !LETTER.test(beyond) || isUnspaced(own);
}

function plain(text: string): string {
  return foldCase(text).replaceAll(BETWEEN, ' ').trim();
}
