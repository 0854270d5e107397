import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HotPath } from './hot-path.ts';
import { HTTP_LIMITS, SERVER_LIMITS } from './server-limits.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The server below fastify: what the hot path does not answer is the router's. */
export function createHttpServer(routes: RequestHandler, hotPath: HotPath): Server {
  const answer: RequestHandler = (request, response) => {
    if (!hotPath(request, response)) routes(request, response);
  };
  const server = createServer(HTTP_LIMITS, answer);
  // An expectation that is unknown may be ignored (RFC 9110, section 10.1.1); node's own 417 is none of our errors.
  server.on('checkExpectation', answer);
  const { connectionTimeout, maxRequestsPerSocket, maxConnections } = SERVER_LIMITS;
  Object.assign(server, { maxRequestsPerSocket, maxConnections });
  server.setTimeout(connectionTimeout);
  return server;
}
