import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { OUTSIDE_GENERATIONS } from '../../indexer/site/layout.ts';
import { sendDocument } from '../answer.ts';
import { blobDigestOf, parseDocumentPath } from '../document-path.ts';
import type { Document } from '../document.ts';
import type { Representations } from '../representation.ts';
import type { Services } from '../services.ts';
import { idOf, knownTypes, missingExtension, notFound, requireGeneration } from './missing.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export interface DocumentRoutes {
  pointer: Handler;
  /** A document below an extension. */
  ofExtension(pathOf: (id: ExtensionId) => string): Handler;
  /** Any other document, by its path. */
  anyDocument: Handler;
}

export function createDocumentRoutes({ config, view, documents, representations }: Services): DocumentRoutes {
  const find = async (path: string): Promise<{ document: Document | undefined; as: Representations }> => {
    const generation = await requireGeneration(view);
    const digest = blobDigestOf(path);
    if (digest !== undefined) {
      return { document: await documents.readBlob(generation, digest), as: representations.forever };
    }
    return {
      document: await documents.read(generation, path),
      as: OUTSIDE_GENERATIONS.has(path) ? representations.pointer : representations.document,
    };
  };

  return {
    pointer: async (request, reply) => {
      const { pointerDocument } = await requireGeneration(view);
      return sendDocument({ request, reply }, pointerDocument, representations.pointer);
    },
    ofExtension: (pathOf) => async (request, reply) => {
      const id = idOf(request.params as { type: string; name: string });
      const generation = await requireGeneration(view);
      const document = await documents.read(generation, pathOf(id));
      if (document === undefined) throw missingExtension(id, knownTypes(generation, config.types.keys()));
      return sendDocument({ request, reply }, document, representations.document);
    },
    anyDocument: async (request, reply) => {
      const path = parseDocumentPath((request.params as { '*': string })['*']);
      const { document, as } = await find(path);
      if (document === undefined) throw notFound(path);
      return sendDocument({ request, reply }, document, as);
    },
  };
}
