import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Long enough for a visit; the page is small and changes with a deployment. */
const CACHE_CONTROL = 'public, max-age=300';
const GENERATED = /^\/api\/v1(?:\/|$)/;

/**
 * The hand-written part of the site: the page and the schemas. The generated tree lies in the same folder but is never
 * served from here: the plugin lists every ancestor folder of a file at each request, and knows no generations.
 */
export function registerPublicFiles(app: FastifyInstance, publicFolder: string): void {
  void app.register(fastifyStatic, {
    root: publicFolder,
    prefix: '/',
    index: 'index.html',
    dotfiles: 'ignore',
    decorateReply: false,
    cacheControl: false,
    // A few kilobytes; nobody resumes them.
    acceptRanges: false,
    // Not what keeps anybody out (the plugin's advisories are about relying on it): all that is here is public.
    allowedPath: (path) => !GENERATED.test(path),
    setHeaders: (reply) => void reply.header('cache-control', CACHE_CONTROL),
  });
}
