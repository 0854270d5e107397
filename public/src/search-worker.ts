import type { Item, SearchDocument } from '../../indexer/model/documents.ts';
import { createSearch, parseSearchText, renderSearchDocument } from '../../indexer/site/search.ts';
import { answer, type Answer, type Corpus, type Question } from './answer.ts';

/*
 * Holds the whole catalogue beside the page. A small one is read as the list itself, which knows the time of each
 * version, too; a larger one as the columns that search needs, and the list only when somebody asks for the newest.
 */

/** Where the catalogue is, said once. */
export interface Opening {
  base: string;
  /** Extensions in all. */
  count: number;
  /** The search document's file, by its digest: of the generation that the page shows. */
  search: string;
}

export type Request = { id: number; question: Question } | { opening: Opening };
export type Reply = { id: number; answer: Answer } | { id: number; fault: string };

/** Up to so many items the whole list is about 100 KB on the wire. */
const SMALL = 1_000;
const ONE_PAGE = 100;

let opening: Opening | undefined;
let corpus: Promise<Corpus> | undefined;
/** Of the newest question: what has been asked before it needs no answer. */
let newest = 0;

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('opening' in data) opening = data.opening;
  else void reply(data.id, data.question);
});

async function reply(id: number, question: Question): Promise<void> {
  newest = id;
  try {
    const loaded = await (corpus ??= open());
    const whole = question.sort === 'newest' ? await withItems(loaded) : loaded;
    if (id === newest) postMessage({ id, answer: answer(whole, question) } satisfies Reply);
  } catch (error) {
    // The next question tries again.
    corpus = undefined;
    postMessage({ id, fault: error instanceof Error ? error.message : String(error) } satisfies Reply);
  }
}

async function open(): Promise<Corpus> {
  if (opening === undefined) throw new Error('No catalogue was opened.');
  if (opening.count <= SMALL) {
    const items = await load<Item[]>(opening.count <= ONE_PAGE ? 'pages/1/index.json' : 'extensions/index.json');
    const document = renderSearchDocument(items);
    return corpusOf(document, items);
  }
  const document = await load<SearchDocument>(opening.search);
  return corpusOf(document);
}

function corpusOf(document: SearchDocument, items?: readonly Item[]): Corpus {
  const search = createSearch(document);
  // `type:provider "load balancer" aws`: filters may be typed, too.
  return { document, items, find: (text) => search.query(parseSearchText(text)).map(({ row }) => row) };
}

async function withItems(loaded: Corpus): Promise<Corpus> {
  if (loaded.items !== undefined) return loaded;
  const items = await load<Item[]>('extensions/index.json');
  // Of another generation its rows are others.
  const whole = corpusOf(renderSearchDocument(items), items);
  corpus = Promise.resolve(whole);
  return whole;
}

async function load<T>(path: string): Promise<T> {
  const response = await fetch(new URL(path, opening?.base));
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return (await response.json()) as T;
}
