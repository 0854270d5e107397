import { RegistryError } from '../model/errors.ts';

export const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
export const MAX_REDIRECTS = 3;

export interface RedirectOptions {
  /** How many redirects this request has followed already. */
  hops: number;
  /** Whether another origin may be asked (without a credential): for bytes that a backend keeps in an object store. */
  foreign: boolean;
}

/**
 * Where a redirect leads, or why it is not followed.
 * @throws RegistryError `redirect`, or `auth` for a login page: Gitea answers so where a signed-in user is required
 */
export function decideRedirect(from: URL, location: string | undefined, options: RedirectOptions): URL {
  const to = location === undefined ? null : URL.parse(location, from);
  const refuse = (why: string): never => {
    throw new RegistryError('redirect', `${from.origin}${from.pathname} redirects ${why}; correct the configured URL.`);
  };
  if (to === null || !['http:', 'https:'].includes(to.protocol)) return refuse('to no address that can be asked');
  if (to.pathname.endsWith('/user/login')) {
    throw new RegistryError('auth', `${from.origin} wants a signed-in user for ${from.pathname}; configure a token.`);
  }
  if (options.hops >= MAX_REDIRECTS) return refuse(`more than ${MAX_REDIRECTS} times`);
  if (from.protocol === 'https:' && to.protocol === 'http:') return refuse('from https to http');
  if (to.origin !== from.origin && !options.foreign) return refuse('to another origin');
  to.username = '';
  to.password = '';
  to.hash = '';
  return to;
}
