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
const BETWEEN = /[^\p{L}\p{N}\p{M}]+/gu;

/**
 * `type:provider tag:cloud "load balancer" aws`: filters, quoted phrases, words. Of several types, sources or authors the
 * last counts, of tags each; a filter without a value is one that is still being typed. Never throws.
 */
export function parseSearchText(text: string): SearchQuery {
  const said: Partial<Record<string, string[]>> = {};
  for (const [, key, quoted, word = ''] of text.slice(0, MAX_TEXT).matchAll(TOKEN)) {
    const value = (quoted ?? word).trim();
    if (value === '' || UNFINISHED.test(value)) continue;
    const kind = key?.toLowerCase() ?? (quoted === undefined ? 'text' : 'phrases');
    (said[kind] ??= []).push(value);
  }
  const { text: words = [], type, source, author, tag, phrases } = said;
  const last = (values: readonly string[]): string => values.at(-1) ?? '';
  return {
    text: words.join(' '),
    ...(type && { type: last(type).toLowerCase() }),
    ...(source && { source: last(source).toLowerCase() }),
    ...(author && { author: last(author) }),
    ...(tag && { tag: tag.slice(0, MAX_PHRASES) }),
    ...(phrases && { phrases: phrases.slice(0, MAX_PHRASES) }),
  };
}

/** The filters as one question, made once for many extensions; undefined for none. */
export function createFilter({
  type,
  source,
  tag,
  author,
  phrases = [],
}: SearchFilters): ((of: Filterable) => boolean) | undefined {
  const fold = (text: string): string => foldCase(text.slice(0, MAX_TEXT));
  const tags = [tag ?? []].flat().map(fold);
  const writer = author && fold(author);
  // A run of a script that sets no spaces has none around it, so that any part of it is found.
  const spoken = phrases.map((each) => spacedOut(each.slice(0, MAX_TEXT))).filter((each) => each !== '  ');
  const said = spoken.map((each) => (isUnspaced(each) ? each.trim() : each));
  if (!type && !source && !writer && tags.length + said.length === 0) return undefined;
  return (of) =>
    (!type || of.type === type) &&
    (!source || of.sources.includes(source)) &&
    (!writer || foldCase(of.author) === writer) &&
    tags.every((wanted) => of.tags.some((each) => foldCase(each) === wanted)) &&
    said.every((phrase) => [of.name, of.description, ...of.tags].some((text) => spacedOut(text).includes(phrase)));
}

/** Words with one space before and after each. */
function spacedOut(text: string): string {
  return ` ${foldCase(text).replaceAll(BETWEEN, ' ').trim()} `;
}
