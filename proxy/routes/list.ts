import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Item, SearchDocument } from '../../indexer/model/documents.ts';
import { LIST, SEARCH } from '../../indexer/site/layout.ts';
import { createSearch, type Search } from '../../indexer/site/search.ts';
import { sendDocument } from '../answer.ts';
import { createDocument, type Document } from '../document.ts';
import { ApiError } from '../error-table.ts';
import type { Services } from '../services.ts';
import type { Generation } from '../site-view.ts';
import type { Handler } from './documents.ts';
import { checkType, knownTypes, requireGeneration } from './missing.ts';
import { linkToNext, parsePaging, singleValue, type Paging } from './paging.ts';

const SEARCH_LIMIT = 20;
const MAX_TEXT_LENGTH = 256;

export interface ListRoutes {
  list: Handler;
  search: Handler;
}

/** The list and its parts: all of them made from the list document of one generation. */
export function createListRoutes(services: Services): ListRoutes {
  const { config, view, documents, representations } = services;
  const searchOf = createSearchByGeneration(services);

  const listOf = async (generation: Generation): Promise<Document> => required(await documents.read(generation, LIST));

  const sendPage = (
    exchange: { request: FastifyRequest; reply: FastifyReply },
    all: readonly unknown[],
    { limit = all.length, offset }: Paging,
  ): Promise<FastifyReply> => {
    const page = all.slice(offset, offset + limit);
    const next =
      offset + limit < all.length && limit > 0 ? linkToNext(exchange.request.query, offset + limit) : undefined;
    exchange.reply.headers({ 'x-total-count': String(all.length), ...(next !== undefined && { link: next }) });
    return sendDocument(exchange, createDocument(Buffer.from(JSON.stringify(page))), representations.document);
  };

  return {
    list: async (request, reply) => {
      const generation = await requireGeneration(view);
      const filter = parseFilter(request.query, generation, config.types.keys());
      const paging = parsePaging(request.query);
      const list = await listOf(generation);
      if (
        filter.type === undefined &&
        filter.source === undefined &&
        paging.limit === undefined &&
        paging.offset === 0
      ) {
        return sendDocument({ request, reply }, list, representations.document);
      }
      const found = list.json<Item[]>().filter((item) => isWithin(item, filter));
      return sendPage({ request, reply }, found, paging);
    },
    search: async (request, reply) => {
      const generation = await requireGeneration(view);
      const filter = parseFilter(request.query, generation, config.types.keys());
      const text = parseText(request.query);
      const tag = singleValue(request.query, 'tag');
      const { limit = SEARCH_LIMIT, offset } = parsePaging(request.query);
      const [search, list] = await Promise.all([searchOf(generation), listOf(generation)]);
      const items = list.json<Item[]>();
      const found = search.query({ text, ...filter, ...(tag !== undefined && { tag }) });
      const scored = found.map(({ row, score }) => ({ ...items[row], score }));
      return sendPage({ request, reply }, scored, { limit, offset });
    },
  };
}

interface Filter {
  type?: string;
  source?: string;
}

/** @throws ApiError `invalid_type`, `invalid_request` */
function parseFilter(query: unknown, generation: Generation, types: Iterable<string>): Filter {
  const type = singleValue(query, 'type');
  const source = singleValue(query, 'source');
  if (type !== undefined) checkType(type, knownTypes(generation, types));
  const names = generation.pointer.sources.map((each) => each.name);
  if (source !== undefined && !names.includes(source)) {
    throw new ApiError(
      'invalid_request',
      `${JSON.stringify(source.slice(0, 100))} is no source of this registry; use ${names.join(', ')}.`,
    );
  }
  return { ...(type !== undefined && { type }), ...(source !== undefined && { source }) };
}

function parseText(query: unknown): string {
  const text = singleValue(query, 'q') ?? '';
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new ApiError('invalid_request', `q is longer than ${MAX_TEXT_LENGTH} characters; search for fewer words.`);
}

/** An extension is at its own source, and at all others that have it too. */
function isWithin(item: Item, { type, source }: Filter): boolean {
  if (type !== undefined && item.type !== type) return false;
  return source === undefined || item.source === source || item.sources?.includes(source) === true;
}

/** The search of a generation, built when it is first asked something. */
function createSearchByGeneration({ documents }: Services): (generation: Generation) => Promise<Search> {
  const searches = new WeakMap<object, Promise<Search>>();
  return (generation) => {
    const known = searches.get(generation.site);
    if (known !== undefined) return known;
    const built = documents
      .read(generation, SEARCH)
      .then((document) => createSearch(required(document).json<SearchDocument>()))
      .catch((error: unknown) => {
        searches.delete(generation.site);
        throw error;
      });
    searches.set(generation.site, built);
    return built;
  };
}

function required(document: Document | undefined): Document {
  if (document !== undefined) return document;
  throw new ApiError('unavailable', 'The published site has no list; run the indexer again.');
}
