import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addVary } from './answer.ts';
import { CACHE_CONTROL } from '../indexer/site/cache-control.ts';
import { ApiError, errorAnswer, type ErrorAnswer } from './error-table.ts';

/** Answers any error: ours, fastify's and its plugins'. What is inside stays in the log. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = errorAnswer(error);
  // Where we throw an error of the API ourselves, its reason has been logged already.
  if (status >= 500 && !(error instanceof ApiError)) {
    request.log.error({ event: 'error', status, err: error }, body.message);
  }
  return reply
    .code(status)
    .headers({
      ...headers,
      'cache-control': status === 404 ? CACHE_CONTROL.notFound : CACHE_CONTROL.never,
      'content-type': 'application/json; charset=utf-8',
    })
    .send(JSON.stringify(body));
}

export function registerErrors(app: FastifyInstance, publicFolder: string): void {
  let page: Buffer | undefined;
  app.addHook('onReady', async () => {
    page = await readFile(join(publicFolder, '404.html')).catch((error: unknown) => {
      app.log.warn({ event: 'no_page', err: error }, 'there is no 404.html; JSON is answered instead');
      return undefined;
    });
  });
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    // Which of the two it is hangs on Accept, which a cache must know of.
    if (!isApi(request)) addVary(reply, 'Accept');
    if (page === undefined || !wantsPage(request)) {
      return sendError(
        new ApiError('not_found', 'There is nothing at this path; see /api/v1/extensions.'),
        request,
        reply,
      );
    }
    return reply
      .code(404)
      .headers({ 'cache-control': CACHE_CONTROL.notFound, 'content-type': 'text/html; charset=utf-8' })
      .send(page);
  });
}

/** People get a page, programs JSON; below `/api` everybody is a program. */
function wantsPage(request: FastifyRequest): boolean {
  return !isApi(request) && (request.headers.accept ?? '').includes('text/html');
}

function isApi({ raw }: FastifyRequest): boolean {
  return /^\/api(?:[/?]|$)/.test(raw.url ?? '');
}

const PARSER_STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no HTTP request at all, below fastify: on the bare socket. */
export function answerClientError(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  // An answer that is on its way must not get this one in its middle; node's own handler looks at the same field.
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: { headersSent: boolean } | null };
  if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent === true) {
    socket.destroy();
    return;
  }
  const status = PARSER_STATUSES[error.code ?? ''] ?? 400;
  const body: ErrorAnswer['body'] = {
    error: 'invalid_request',
    message: `The request is refused (${STATUS_CODES[status] ?? 'Bad Request'}); send valid HTTP/1.1.`,
  };
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Bad Request'}`,
      'Connection: close',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      // Its answer has no body (RFC 9110, section 9.3.2), also where the request is not valid.
      isHead(error.rawPacket) ? '' : text,
    ].join('\r\n'),
  );
}

/** @param packet the bytes in which the parser gave up */
function isHead(packet: unknown): boolean {
  return Buffer.isBuffer(packet) && packet.toString('latin1', 0, 5) === 'HEAD ';
}
