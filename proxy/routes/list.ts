import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Item } from '../../indexer/model/documents.ts';
import { LIST } from '../../indexer/site/layout.ts';
import { parseSearchText } from '../../indexer/site/search/query.ts';
import { sendDocument } from '../answer.ts';
import { createDocument, type Document } from '../document.ts';
import { ApiError } from '../error-table.ts';
import type { Services } from '../services.ts';
import type { Generation } from '../site-view.ts';
import type { Handler } from './documents.ts';
import { checkType, knownTypes, requireGeneration } from './missing.ts';
import { linkToNext, parsePaging, singleValue } from './paging.ts';
import { createSearchByGeneration } from './search.ts';

const SEARCH_LIMIT = 20;
const MAX_TEXT_LENGTH = 256;

export interface ListRoutes {
  list: Handler;
  search: Handler;
}

/** The list and its parts: all of them made from the list document of one generation. */
export function createListRoutes(services: Services): ListRoutes {
  const { config, view, documents, representations } = services;
  const searchIn = createSearchByGeneration(documents);

  const listOf = async (generation: Generation): Promise<Document> => required(await documents.read(generation, LIST));

  const sendPage = (
    exchange: { request: FastifyRequest; reply: FastifyReply },
    page: readonly unknown[],
    { total, next }: { total: number; next: number },
  ): Promise<FastifyReply> => {
    const link = next < total && page.length > 0 ? { link: linkToNext(exchange.request.query, next) } : {};
    exchange.reply.headers({ 'x-total-count': String(total), ...link });
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
      const { limit = found.length, offset } = paging;
      const next = offset + limit;
      return sendPage({ request, reply }, found.slice(offset, next), { total: found.length, next });
    },
    search: async (request, reply) => {
      const generation = await requireGeneration(view);
      const filter = parseFilter(request.query, generation, config.types.keys());
      const text = parseText(request.query, 'q') ?? '';
      const tag = parseText(request.query, 'tag');
      const { limit = SEARCH_LIMIT, offset } = parsePaging(request.query);
      // A parameter counts before what is within the text.
      const asked = { ...parseSearchText(text), ...filter, ...(tag !== undefined && { tag }), limit, offset };
      const { items, total, complete } = await searchIn(generation, asked);
      if (!complete) reply.header('x-search-complete', 'false');
      return sendPage({ request, reply }, items, { total, next: offset + limit });
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

/** @throws ApiError `invalid_request` */
function parseText(query: unknown, name: 'q' | 'tag'): string | undefined {
  const text = singleValue(query, name);
  // In code points, as the contract's `maxLength` counts (JSON Schema Validation 2020-12, section 6.3.1).
  if (text === undefined || Array.from(text).length <= MAX_TEXT_LENGTH) return text;
  throw new ApiError('invalid_request', `${name} is longer than ${MAX_TEXT_LENGTH} characters; search for less.`);
}

/** An extension is at its own source, and at all others that have it too. */
function isWithin(item: Item, { type, source }: Filter): boolean {
  if (type !== undefined && item.type !== type) return false;
  return source === undefined || item.source === source || item.sources?.includes(source) === true;
}

function required(document: Document | undefined): Document {
  if (document !== undefined) return document;
  throw new ApiError('unavailable', 'The published site has no list; run the indexer again.');
}
