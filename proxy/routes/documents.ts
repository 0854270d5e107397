import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDigest } from '../../indexer/model/digest.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { OUTSIDE_GENERATIONS } from '../../indexer/site/layout.ts';
import { CACHE_CONTROL, sendDocument } from '../answer.ts';
import type { Document } from '../document.ts';
import { ApiError } from '../error-table.ts';
import type { Services } from '../services.ts';
import { idOf, knownTypes, missingExtension, notFound, requireGeneration } from './missing.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** What a segment of a document's path may be: nothing else is looked up anywhere. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,199}$/;
const BLOB = /^by-hash\/sha256\/([0-9a-f]{2})\/(\1[0-9a-f]{62})\.json$/;

export interface DocumentRoutes {
  pointer: Handler;
  /** A document below an extension. */
  ofExtension(pathOf: (id: ExtensionId) => string): Handler;
  /** Any other document, by its path. */
  anyDocument: Handler;
}

export function createDocumentRoutes({ config, view, documents }: Services): DocumentRoutes {
  const compress = config.server.enableCompression;

  const find = async (path: string): Promise<{ document: Document | undefined; cacheControl: string }> => {
    const generation = await requireGeneration(view);
    const hex = BLOB.exec(path)?.[2];
    if (hex !== undefined) {
      const digest = parseDigest(`sha256:${hex}`);
      return { document: await documents.readBlob(generation, digest), cacheControl: CACHE_CONTROL.forever };
    }
    return {
      document: await documents.read(generation, path),
      cacheControl: OUTSIDE_GENERATIONS.has(path) ? CACHE_CONTROL.pointer : CACHE_CONTROL.document,
    };
  };

  return {
    pointer: async (request, reply) => {
      const { pointerDocument } = await requireGeneration(view);
      return sendDocument({ request, reply }, pointerDocument, { cacheControl: CACHE_CONTROL.pointer, compress });
    },
    ofExtension: (pathOf) => async (request, reply) => {
      const id = idOf(request.params as { type: string; name: string });
      const generation = await requireGeneration(view);
      const document = await documents.read(generation, pathOf(id));
      if (document === undefined) throw missingExtension(id, knownTypes(generation, config.types.keys()));
      return sendDocument({ request, reply }, document, { cacheControl: CACHE_CONTROL.document, compress });
    },
    anyDocument: async (request, reply) => {
      const path = documentPath((request.params as { '*': string })['*']);
      const { document, cacheControl } = await find(path);
      if (document === undefined) throw notFound(path);
      return sendDocument({ request, reply }, document, { cacheControl, compress });
    },
  };
}

/** `extensions`, `extensions/` and `extensions/index.json` are one document. @throws ApiError */
function documentPath(text: string): string {
  const path = text.replace(/(?:^|\/)index\.json$|\/$/, '');
  if (!path.split('/').every((each) => SEGMENT.test(each))) {
    throw new ApiError('invalid_request', 'The path has a segment that no document has; see /api/v1/extensions.');
  }
  return path;
}
