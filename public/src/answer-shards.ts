import type { Item, SearchHead } from '../../indexer/model/documents.ts';
import { parseSearchText } from '../../indexer/site/search.ts';
import type { FoundExtension } from '../../indexer/site/search/answer.ts';
import { createShardSearch } from '../../indexer/site/search/shard-search.ts';
import { compare, rowOfItem, type Answer, type Facets, type Question, type Row } from './answer.ts';

/*
 * Answers from shards, where a catalogue is too large to be read whole: what a question needs is read for it. So filters are
 * counted for nothing but types, and tags are those of what was found.
 */

export interface ShardsOptions {
  /** One file below `api/v1/`. */
  read: (path: string) => Promise<unknown>;
  /** Extensions in all, and by type. */
  count: number;
  types: Readonly<Record<string, number>>;
  sources: readonly string[];
}

/** Shards that one answer may be filtered from. */
const MAX_SHARDS = 24;
const PAGE = 100;
const MAX_TAGS = 20;

export function createShardAnswers(
  head: SearchHead,
  { read, count, types, sources }: ShardsOptions,
): (question: Question) => Promise<Answer> {
  const search = createShardSearch(head, { read, maxShards: MAX_SHARDS });

  const find = async (question: Question): Promise<Pick<Answer, 'rows' | 'total' | 'complete'>> => {
    const typed = parseSearchText(question.text);
    const tag = [typed.tag ?? [], question.tag].flat();
    // Any of the types and any of the sources: one search each, since a search takes one of them.
    const wishes = product(question.type, question.source).map(([type, source]) => ({
      ...typed,
      tag,
      ...(type !== undefined && { type }),
      ...(source !== undefined && { source }),
    }));
    const answers = await Promise.all(wishes.map((each) => search(each, { limit: question.shown, offset: 0 })));
    const hits = new Map(answers.flatMap((each) => each.hits).map((hit) => [`${hit.type}/${hit.name}`, hit]));
    return {
      rows: [...hits.values()].sort(bestFirst).slice(0, question.shown).map(rowOfHit),
      total: answers.reduce((sum, { total }) => sum + total, 0),
      complete: answers.every((each) => each.complete) && question.source.length < 2,
    };
  };

  /** The list as it is published: its pages know times. */
  const list = async (shown: number): Promise<Pick<Answer, 'rows' | 'total' | 'complete'>> => {
    const pages = Array.from({ length: Math.ceil(Math.min(shown, count) / PAGE) }, (_, at) => at + 1);
    const items = await Promise.all(pages.map(async (page) => (await read(`pages/${page}/index.json`)) as Item[]));
    return { rows: items.flat().slice(0, shown).map(rowOfItem), total: count, complete: true };
  };

  return async (question) => {
    const { text, type, source, tag, shown } = question;
    const isBlank = text.trim() === '' && type.length + source.length + tag.length === 0;
    const found = await (isBlank ? list(shown) : find(question));
    const facets: Facets = {
      type: Object.entries(types).map(([name, size]) => [name, text.trim() === '' ? size : -1]),
      source: sources.length > 1 ? sources.map((name) => [name, -1]) : [],
      tag: tagsOf(found.rows, tag),
    };
    return { ...found, facets };
  };
}

/** Equals by name, then type, as each search has them. */
function bestFirst(a: FoundExtension, b: FoundExtension): number {
  return b.score - a.score || compare(a.name, b.name) || compare(a.type, b.type);
}

function rowOfHit({ type, name, version, description, sources, tags, deprecated }: FoundExtension): Row {
  return { type, name, version, description, sources, tags, deprecated, yanked: false };
}

/** What is chosen, then what the rows have most often. */
function tagsOf(rows: readonly Row[], chosen: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const tag of rows.flatMap((each) => each.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).map(([tag]) => tag);
  return [...new Set([...chosen, ...frequent])].slice(0, chosen.length + MAX_TAGS).map((tag) => [tag, -1]);
}

/** Each with each; nothing chosen is one choice. */
function product(types: readonly string[], sources: readonly string[]): [string | undefined, string | undefined][] {
  const some = (values: readonly string[]): readonly (string | undefined)[] =>
    values.length === 0 ? [undefined] : values;
  return some(types).flatMap((type) =>
    some(sources).map((source): [string | undefined, string | undefined] => [type, source]),
  );
}
