import { RegistryError } from '../model/errors.ts';

/**
 * An http(s) URL without user, query and fragment.
 * @throws RegistryError `config`, whose message does not hold the text: there may be a password in it
 */
export function parseHttpUrl(text: string): URL {
  // URL.parse itself would trim white space, cut out tabs and take an empty query or user for none.
  const url = /^https?:\/\/[^\s?#\\]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.username !== '' || url.password !== '') {
    throw new RegistryError('config', 'The value is not an http or https URL without user, query and fragment.');
  }
  return url;
}

/** The same, and it may have a query. @throws RegistryError `config`, whose message does not hold the text */
export function parseWebhook(text: string): URL {
  const [address = '', ...query] = text.split('?');
  const url = parseHttpUrl(address);
  if (/[\s#\\]/.test(query.join('')))
    throw new RegistryError('config', 'The query of the value has a fragment or a space.');
  url.search = query.join('?');
  return url;
}

/** The first, with a path that ends in `/`. */
export function parseBase(text: string): URL {
  const url = parseHttpUrl(text);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** `host`, `host:port` or a URL: a plain host means https, a plain loopback host http. */
export function parseRegistry(text: string): URL {
  if (text.includes('://')) return parseBase(text);
  if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(text)) {
    throw new RegistryError('config', 'The value is neither a host with or without a port nor a URL.');
  }
  const url = parseBase(`http://${text}`);
  return isLoopback(url) ? url : parseBase(`https://${text}`);
}

/** Scheme, host and port of an http(s) URL without a path. */
export function parseOrigin(text: string): string {
  const url = parseHttpUrl(text);
  if (url.pathname !== '/') throw new RegistryError('config', 'The value has a path, which is no part of an origin.');
  return url.origin;
}

/** Whether what is sent there stays on this machine. */
export function isLoopback(url: URL): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

/** Whether a place is meant as a URL, and not as a folder. */
export function isUrl(place: string): boolean {
  return /^(?:https?|file|s3):/i.test(place);
}
