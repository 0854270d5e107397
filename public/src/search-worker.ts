import type { Item, SearchDocument, SearchHead } from '../../indexer/model/documents.ts';
import { createSearch, parseSearchText, renderSearchDocument } from '../../indexer/site/search.ts';
import { answer, type Answer, type Corpus, type Question } from './answer.ts';
import { LoadError, loadFile, type LoadFailure } from './load.ts';

/*
 * Holds the whole catalogue beside the page. A small one is read as the list itself, which knows the time of each
 * version, too; a larger one as the columns that search needs, and the list only when somebody asks for the newest; the
 * largest not at all, but by its shards.
 */

/** Where the catalogue is, said once. */
export interface Opening {
  base: string;
  /** Extensions in all, and of each type. */
  count: number;
  types: Readonly<Record<string, number>>;
  sources: readonly string[];
  /** The search document's file, by its digest: of the generation that the page shows. */
  search: string;
}

export type Request = { id: number; question: Question } | { opening: Opening };
export type Reply = { id: number; answer: Answer } | { id: number; failure: LoadFailure };

type Answers = (question: Question) => Answer | Promise<Answer>;

/** Up to so many items the whole list is about 100 KB on the wire. */
const SMALL = 1_000;
const ONE_PAGE = 100;

let opening: Opening | undefined;
let answers: Promise<Answers> | undefined;
/** Of the newest question: what has been asked before it needs no answer. */
let newest = 0;

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('opening' in data) opening = data.opening;
  else void reply(data.id, data.question);
});

async function reply(id: number, question: Question): Promise<void> {
  newest = id;
  try {
    const answerTo = await (answers ??= open());
    if (id !== newest) return;
    const found = await answerTo(question);
    if (id === newest) postMessage({ id, answer: found } satisfies Reply);
  } catch (error) {
    // The next question tries again.
    answers = undefined;
    postMessage({ id, failure: failureOf(error) } satisfies Reply);
  }
}

async function open(): Promise<Answers> {
  if (opening === undefined) throw new Error('No catalogue was opened.');
  if (opening.count <= SMALL) {
    const items = await load<Item[]>(opening.count <= ONE_PAGE ? 'pages/1/index.json' : 'extensions/index.json');
    return answersOf(corpusOf(renderSearchDocument(items), items));
  }
  const document = await load<SearchDocument | SearchHead>(opening.search);
  if (document.form === 'list') return answersOf(corpusOf(document));
  const { createShardAnswers } = await import('./answer-shards.ts');
  return createShardAnswers(document, { ...opening, read: load });
}

function answersOf(corpus: Corpus): Answers {
  let whole: Promise<Corpus> | undefined = corpus.items && Promise.resolve(corpus);
  return async (question) => answer(question.sort === 'newest' ? await (whole ??= withItems()) : corpus, question);
}

/** Of another generation its rows may be others, so everything is made of the list. */
async function withItems(): Promise<Corpus> {
  const items = await load<Item[]>('extensions/index.json');
  return corpusOf(renderSearchDocument(items), items);
}

function corpusOf(document: SearchDocument, items?: readonly Item[]): Corpus {
  const search = createSearch(document);
  // `type:provider "load balancer" aws`: filters may be typed, too.
  return { document, items, find: (text) => search.query(parseSearchText(text)).map(({ row }) => row) };
}

function load<T>(path: string): Promise<T> {
  return loadFile<T>(path, opening?.base ?? '');
}

/** A message carries no class. What nobody foresaw is a document that is none of ours. */
function failureOf(error: unknown): LoadFailure {
  return error instanceof LoadError ? error.failure : { fault: 'unreadable', path: String(error) };
}
