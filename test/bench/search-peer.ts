import MiniSearch, { type SearchOptions } from 'minisearch';
import type { Item } from '../../indexer/model/documents.ts';

/*
 * MiniSearch as well as it does for names: one more field for the whole name, no word counted twice, descriptions less,
 * short names more, all words before some. As it comes it finds a third of what was meant.
 */

interface PeerDocument {
  id: number;
  exact: string;
  name: string;
  tags: string;
  description: string;
  /** Parts of the name. */
  parts: number;
}

const WORDS = /[a-z0-9]+/g;

const OPTIONS: SearchOptions = {
  boost: { exact: 8, name: 4, tags: 1.5, description: 0.6 },
  prefix: true,
  fuzzy: (term) => (term.length >= 7 ? 2 : term.length >= 4 ? 1 : false),
  boostDocument: (_id, _term, stored) => 1 / Number(stored?.['parts'] ?? 1),
};

/** @returns the ids of the first ones, best first */
export function createPeer(items: readonly Item[]): (text: string, limit: number) => string[] {
  const engine = new MiniSearch<PeerDocument>({
    fields: ['exact', 'name', 'tags', 'description'],
    storeFields: ['parts'],
    tokenize: (text, field) => (field === 'exact' ? [text] : [...new Set(text.toLowerCase().match(WORDS) ?? [])]),
    searchOptions: {
      tokenize: (text) => [...new Set([text.toLowerCase(), ...(text.toLowerCase().match(WORDS) ?? [])])],
    },
  });
  engine.addAll(
    items.map(({ name, tags = [], description }, id) => {
      const words = name.split('-');
      return { id, exact: name, name: words.join(' '), tags: tags.join(' '), description, parts: words.length };
    }),
  );
  const find = (text: string, combineWith: 'AND' | 'OR') => {
    const words = text.toLowerCase().match(WORDS) ?? [];
    // The whole text is a word of its own field, and one of several ways to ask.
    const query =
      words.length > 1 ? { combineWith: 'OR' as const, queries: [text, { combineWith, queries: words }] } : text;
    return engine.search(query, OPTIONS);
  };
  return (text, limit) => {
    const all = find(text, 'AND');
    const found = all.length > 0 ? all : find(text, 'OR');
    return found.slice(0, limit).map(({ id }) => {
      const item = items[Number(id)];
      return `${item?.type}/${item?.name}`;
    });
  };
}
