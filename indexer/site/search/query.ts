import { foldCase, isUnspaced, LETTERS } from './words.ts';

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

/** Filters that may be given several times, and all count. */
type Listed = 'tag' | 'phrases';

/** Longer texts are cut, in UTF-16 code units: what a person types fits, and the work is bounded. */
const MAX_TEXT = 1_024;
const MAX_PHRASES = 8;
const TOKEN = /(?=\S)(?:(type|source|tag|author):)?(?:"([^"]*)"?|(\S*))/gi;
const BETWEEN = new RegExp(`[^${LETTERS}]+`, 'gu');

/**
 * `type:provider tag:cloud "load balancer" aws`: filters, quoted phrases, words. Of several types, sources or authors the
 * last counts, of tags each; a filter without a value is one that is still being typed. Never throws.
 */
export function parseSearchText(text: string): SearchQuery {
  const query: Omit<SearchQuery, Listed> & Partial<Record<Listed, string[]>> = { text: '' };
  for (const [, key = '', quoted, word = ''] of text.slice(0, MAX_TEXT).matchAll(TOKEN)) {
    const value = (quoted ?? word).trim();
    const kind = key.toLowerCase() || (quoted === undefined ? 'text' : 'phrases');
    if (value === '') continue;
    if (kind === 'text') query.text += ` ${value}`;
    else if (kind === 'tag' || kind === 'phrases') query[kind] = [...(query[kind] ?? []), value].slice(0, MAX_PHRASES);
    else query[kind as 'type' | 'source' | 'author'] = value.toLowerCase();
  }
  return { ...query, text: query.text.trim() };
}

/** The filters as one question, made once for many extensions; undefined for none. */
export function createFilter({
  type,
  source,
  tag,
  author,
  phrases = [],
}: SearchFilters): ((of: Filterable) => boolean) | undefined {
  const tags = [tag ?? []].flat().map(fold);
  const writer = author && fold(author);
  // A run of a script that sets no spaces has none around it, so that any part of it is found.
  const spoken = phrases.map(spacedOut).filter((each) => each !== ' ');
  const said = spoken.map((each) => (isUnspaced(each) ? each.trim() : each));
  if (!type && !source && !writer && tags.length + said.length === 0) return undefined;
  return (of) =>
    (!type || of.type === type) &&
    (!source || of.sources.includes(source)) &&
    (!writer || fold(of.author) === writer) &&
    tags.every((wanted) => of.tags.some((each) => fold(each) === wanted)) &&
    said.every((phrase) => [of.name, of.description, ...of.tags].some((text) => spacedOut(text).includes(phrase)));
}

function fold(text: string): string {
  return foldCase(text.slice(0, MAX_TEXT));
}

/** Words with one space before and after each. */
function spacedOut(text: string): string {
  return ` ${fold(text)} `.replaceAll(BETWEEN, ' ');
}
