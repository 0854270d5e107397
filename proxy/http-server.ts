import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HotPath } from './hot-path.ts';
import { HTTP_LIMITS, SERVER_LIMITS } from './server-limits.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The server below fastify: what the hot path does not answer is the router's. */
export function createHttpServer(routes: RequestHandler, hotPath: HotPath): Server {
  const server = createServer(HTTP_LIMITS, (request, response) => {
    if (!hotPath(request, response)) routes(request, response);
  });
  const { connectionTimeout, maxRequestsPerSocket, maxConnections } = SERVER_LIMITS;
  Object.assign(server, { maxRequestsPerSocket, maxConnections });
  server.setTimeout(connectionTimeout);
  return server;
}
