import type { Item, SearchDocument } from '../../indexer/model/documents.ts';
import { FACETS, type FacetName, type Filters, type Sort } from './list-state.ts';

/*
 * Answers what the list asks, from the whole catalogue. PURE, and run by a worker: what takes long there holds up no typing.
 */

export interface Question extends Filters {
  text: string;
  sort: Sort;
  /** Rows at most. */
  shown: number;
}

/** What one line of the list shows. */
export interface Row {
  type: string;
  name: string;
  version: string;
  description: string;
  sources: readonly string[];
  tags: readonly string[];
  deprecated: boolean;
  yanked: boolean;
  /** Known from items only. */
  item?: Pick<Item, 'published_at' | 'license' | 'prerelease' | 'version_count'> & { problems: number };
}

/** Values with how many rows they would leave, the most first. */
export type Facets = Record<FacetName, [value: string, count: number][]>;

export interface Answer {
  total: number;
  rows: Row[];
  facets: Facets;
  /** False where more may pass the filters than were looked at; `total` then counts those that were. */
  complete: boolean;
}

export interface Corpus {
  document: SearchDocument;
  /** Rows with these words, best first. */
  find: (text: string) => readonly number[];
  /** Row i is item i; without them the list is not known by time. */
  items?: readonly Item[] | undefined;
}

/** Values of one facet that are worth a line; what is chosen is always among them. */
const MAX_VALUES = 60;

export function answer(corpus: Corpus, question: Question): Answer {
  const { document } = corpus;
  const [candidates, ranked] = candidatesOf(corpus, question.text);
  const passes = createPredicates(document, question);
  const kept = candidates.filter((row) => FACETS.every((name) => passes[name](row)));
  const sorted = sortRows(kept, ranked && question.sort === 'best' ? 'rank' : question.sort, corpus);
  return {
    complete: true,
    total: kept.length,
    rows: sorted.slice(0, question.shown).map((row) => rowOf(corpus, row)),
    facets: countFacets(document, { candidates, kept, passes, question }),
  };
}

/** Without a text every row, also what search never finds: a list is no search. */
function candidatesOf({ document, find }: Corpus, text: string): [rows: readonly number[], ranked: boolean] {
  if (text.trim() === '') return [[...document.name.keys()], false];
  return [find(text), true];
}

type Predicates = Record<FacetName, (row: number) => boolean>;

/** Any of the types, any of the sources, all of the tags. */
function createPredicates(document: SearchDocument, { type, source, tag }: Filters): Predicates {
  return {
    type: (row) => type.length === 0 || type.includes(document.type[row] ?? ''),
    source: (row) => source.length === 0 || source.some((each) => document.source[row]?.includes(each)),
    tag: (row) => tag.every((each) => document.tags[row]?.includes(each)),
  };
}

function sortRows(rows: readonly number[], order: Sort | 'rank', { document, items }: Corpus): readonly number[] {
  if (order === 'name')
    return rows.toSorted((a, b) => compare(document.name[a] ?? '', document.name[b] ?? '') || a - b);
  if (order === 'newest' && items !== undefined) {
    return rows.toSorted((a, b) => compare(items[b]?.published_at ?? '', items[a]?.published_at ?? '') || a - b);
  }
  return order === 'rank' ? rows : rows.toSorted((a, b) => a - b);
}

interface Counting {
  candidates: readonly number[];
  kept: readonly number[];
  passes: Predicates;
  question: Question;
}

/** A value of a facet of which any is enough counts what it would add; a tag, what it would leave. */
function countFacets(document: SearchDocument, { candidates, kept, passes, question }: Counting): Facets {
  const beside = (name: FacetName, other: FacetName): readonly number[] =>
    question[name].length === 0 ? kept : candidates.filter((row) => passes[other](row) && passes.tag(row));
  return {
    type: countValues(beside('type', 'source'), (row) => [document.type[row] ?? ''], question.type),
    source: countValues(beside('source', 'type'), (row) => document.source[row] ?? [], question.source),
    tag: countValues(kept, (row) => document.tags[row] ?? [], question.tag),
  };
}

function countValues(
  rows: readonly number[],
  valuesOf: (row: number) => readonly string[],
  chosen: readonly string[],
): [string, number][] {
  const counts = new Map(chosen.map((value) => [value, 0]));
  for (const row of rows) for (const value of valuesOf(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([a, ofA], [b, ofB]) => ofB - ofA || compare(a, b));
  return sorted.filter(([value], at) => at < MAX_VALUES || chosen.includes(value));
}

function rowOf({ document, items }: Corpus, row: number): Row {
  const item = items?.[row];
  return {
    type: document.type[row] ?? '',
    name: document.name[row] ?? '',
    version: document.version[row] ?? '',
    description: document.description[row] ?? '',
    sources: document.source[row] ?? [],
    tags: document.tags[row] ?? [],
    deprecated: document.deprecated.includes(row),
    yanked: document.yanked.includes(row),
    ...(item && { item: detailsOf(item) }),
  };
}

/** The same of an item as it comes with a page of the list. */
export function rowOfItem(item: Item): Row {
  const { type, name, version, description } = item;
  const sources = item.sources ?? [item.source];
  const marks = { deprecated: item.deprecated !== undefined, yanked: item.yanked === true };
  return { type, name, version, description, sources, tags: item.tags ?? [], ...marks, item: detailsOf(item) };
}

function detailsOf({
  published_at,
  license,
  prerelease,
  version_count,
  problems = [],
}: Item): NonNullable<Row['item']> {
  return {
    published_at,
    problems: problems.length,
    ...(license !== undefined && { license }),
    ...(prerelease && { prerelease }),
    ...(version_count !== undefined && { version_count }),
  };
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
