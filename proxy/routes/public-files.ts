import { join } from 'node:path';
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Long enough for a visit; the page is small and changes with a deployment. */
const CACHE_CONTROL = 'public, max-age=300';
/**
 * What a page may load and do; the pages say the same themselves, for hosts that send no header. Whose page frames ours only
 * a header can say.
 */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types search-worker";
const HEADERS = {
  'cache-control': CACHE_CONTROL,
  'content-security-policy': `${PAGE_POLICY}; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
};
const GENERATED = /^\/api\/v1(?:\/|$)/;

/**
 * What no indexer makes: the pages and the schemas. The generated tree lies in the same folder but is never
 * served from here: the plugin lists every ancestor folder of a file at each request, and knows no generations.
 */
export function registerPublicFiles(app: FastifyInstance, publicFolder: string): void {
  const options = {
    dotfiles: 'ignore',
    decorateReply: false,
    cacheControl: false,
    // A few kilobytes; nobody resumes them.
    acceptRanges: false,
    setHeaders: (reply) => void reply.headers(HEADERS),
  } satisfies Partial<FastifyStaticOptions>;
  void app.register(fastifyStatic, {
    ...options,
    root: publicFolder,
    prefix: '/',
    index: 'index.html',
    // Not what keeps anybody out (the plugin's advisories are about relying on it): all that is here is public.
    allowedPath: (path) => !GENERATED.test(path),
  });
  // Scripts and styles, which `npm run build` has compressed beside themselves.
  void app.register(fastifyStatic, {
    ...options,
    root: join(publicFolder, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
  });
}
