import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Document } from './document.ts';
import { conditional, OF_BODIES, type Representations } from './representation.ts';

/** A document in the coding that the client prefers, or 304. */
export async function sendDocument(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  document: Document,
  representations: Representations,
): Promise<FastifyReply> {
  const coding = representations.codingFor(document, request.headers['accept-encoding']);
  const representation = representations.held(document, coding) ?? (await representations.make(document, coding));
  const { status, headers, body } = conditional(representation, request.headers['if-none-match']);
  if (status === 304) for (const name of OF_BODIES) reply.removeHeader(name);
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
