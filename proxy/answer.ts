import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseCoding } from './accept-encoding.ts';
import { etagOf, type Document } from './document.ts';
import { isNoneMatch } from './entity-tag.ts';

/** How long each class of document may be kept by others (security-and-operations, section 4.2). */
export const CACHE_CONTROL = {
  /** Named by its own bytes. */
  forever: 'public, max-age=31536000, immutable',
  /** Which generation is current, and what changes with every crawl: it proves freshness, so it is never served stale. */
  pointer: 'public, max-age=10, must-revalidate',
  document: 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400',
  notFound: 'public, max-age=10',
  never: 'no-store',
} as const;

/** What of a request decides how a document is answered. */
export interface DocumentRequest {
  acceptEncoding: string | undefined;
  ifNoneMatch: string | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface AnswerOptions {
  cacheControl: string;
  compress: boolean;
  headers?: Readonly<Record<string, string>>;
}

/** A document in the coding that the client prefers, or 304. */
export async function answerDocument(
  request: DocumentRequest,
  document: Document,
  options: AnswerOptions,
): Promise<Answer> {
  const coding = options.compress && document.isCompressible ? chooseCoding(request.acceptEncoding) : 'identity';
  const headers: Record<string, string> = {
    ...options.headers,
    etag: etagOf(document, coding),
    'cache-control': options.cacheControl,
    // Also on identity: a cache that keeps it must not give it to a client that asks otherwise, nor the other way.
    vary: 'Accept-Encoding',
  };
  if (isNoneMatch(request.ifNoneMatch, headers['etag'])) return { status: 304, headers };
  const body = coding === 'identity' ? document.bytes : await document.encoded(coding);
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      ...(coding !== 'identity' && { 'content-encoding': coding }),
    },
    body,
  };
}

/** The same for a request of fastify's. */
export async function sendDocument(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  document: Document,
  options: AnswerOptions,
): Promise<FastifyReply> {
  const asked = {
    acceptEncoding: firstOf(request.headers['accept-encoding']),
    ifNoneMatch: request.headers['if-none-match'],
  };
  return sendAnswer(reply, await answerDocument(asked, document, options));
}

export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'vary') addVary(reply, value);
    else reply.header(name, value);
  }
  return reply.code(status).send(body);
}

/** Vary also names Origin where only some origins may read. */
export function addVary(reply: FastifyReply, field: string): void {
  reply.header('vary', [reply.getHeader('vary'), field].flat().filter(Boolean).join(', '));
}

function firstOf(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field.join(', ') : field;
}
