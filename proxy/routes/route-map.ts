import type { FastifyInstance } from 'fastify';
import { extensionPath, notesPath, versionsPath } from '../../indexer/site/layout.ts';
import { methodNotAllowed } from '../check-request.ts';
import { PREFLIGHT_HEADERS } from '../cors.ts';
import { OPERATIONS_TIMEOUT_MS } from '../server-limits.ts';
import type { Services } from '../services.ts';
import { createDocumentRoutes, type Handler } from './documents.ts';
import { createDownloadRoute, noDocumentOfVersion } from './downloads.ts';
import { createListRoutes } from './list.ts';
import { createOperationRoutes } from './operations.ts';
import { registerPublicFiles } from './public-files.ts';

/** Every route there is. The router prefers a literal segment to a parameter, and both to `*`, in whatever order. */
export function registerRoutes(app: FastifyInstance, services: Services, publicFolder: string): void {
  const documents = createDocumentRoutes(services);
  const lists = createListRoutes(services);
  const operations = createOperationRoutes(services);
  const download = createDownloadRoute(services);

  const read = (url: string, handler: Handler): void => void app.route({ method: ['GET', 'HEAD'], url, handler });
  /** A document has three spellings: pretty, with a slash, and its literal file. */
  const readDocument = (url: string, handler: Handler): void => {
    for (const each of [url, `${url}/`, `${url}/index.json`]) read(each, handler);
  };
  const operate = (url: string, handler: Handler): void =>
    void app.route({ method: ['GET', 'HEAD'], url, handler, handlerTimeout: OPERATIONS_TIMEOUT_MS });

  readDocument('/api/v1', documents.pointer);
  readDocument('/api/v1/extensions', lists.list);
  read('/api/v1/extensions/search', lists.search);
  readDocument('/api/v1/extensions/:type/:name', documents.ofExtension(extensionPath));
  readDocument('/api/v1/extensions/:type/:name/versions', documents.ofExtension(versionsPath));
  readDocument('/api/v1/extensions/:type/:name/notes', documents.ofExtension(notesPath));
  read('/api/v1/extensions/:type/:name/:version', download);
  for (const end of ['/', '/index.json']) read(`/api/v1/extensions/:type/:name/:version${end}`, noDocumentOfVersion);
  read('/api/v1/extensions/:type/:name/:version/:asset', download);
  operate('/api/v1/health', operations.health);
  operate('/api/v1/health/live', operations.live);
  operate('/api/v1/health/ready', operations.ready);
  operate('/api/v1/metrics', operations.metrics);
  operate('/api/v1/cache/stats', operations.cacheStatistics);
  read('/api/v1/*', documents.anyDocument);
  registerPublicFiles(app, publicFolder);

  app.options('/*', async (request, reply) => {
    if (services.config.server.corsOrigins.length === 0) throw methodNotAllowed(request.method);
    return reply.code(204).headers(PREFLIGHT_HEADERS).send();
  });
}
