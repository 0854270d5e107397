import { BlockList, isIP } from 'node:net';
import { RegistryError } from '../model/errors.ts';
import { addressScope } from './address-scope.ts';
import { basicAuthorization } from './credentials.ts';

/** A forward proxy between us and a backend. */
export interface ForwardProxy {
  /** Without a user and a password, so that it can be shown. */
  url: URL;
  /** The Proxy-Authorization field. */
  authorization?: string;
}

/** The forward proxy for a URL; undefined where it is asked directly. */
export type ProxyFor = (url: URL) => ForwardProxy | undefined;

export const NO_PROXIES: ProxyFor = () => undefined;

/**
 * The forward proxies that an environment names, by curl's conventions (curl(1), "ENVIRONMENT"): `https_proxy`,
 * `http_proxy` and `all_proxy`, and `no_proxy` with `*`, names that stand for what is below them too, addresses and
 * networks; a name in lower case goes before the same in upper case. Unlike curl we take HTTP_PROXY in upper case too,
 * for we are no CGI program, and never ask a proxy for loopback, where it would find another machine than we mean.
 * @throws RegistryError `config`; the message never holds the value, in which there may be a password
 */
export function proxiesFromEnvironment(environment: Readonly<Record<string, string | undefined>>): ProxyFor {
  const read = (name: string): string => (environment[name] ?? environment[name.toUpperCase()] ?? '').trim();
  const proxyOf = (name: string): ForwardProxy | undefined => {
    const [used, text] = read(name) === '' ? ['all_proxy', read('all_proxy')] : [name, read(name)];
    return text === '' ? undefined : parseProxy(used, text);
  };
  const byScheme = new Map([
    ['http:', proxyOf('http_proxy')],
    ['https:', proxyOf('https_proxy')],
  ]);
  const isDirect = createExceptions(read('no_proxy'));
  return (url) => (isDirect(url) ? undefined : byScheme.get(url.protocol));
}

function parseProxy(name: string, text: string): ForwardProxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new RegistryError(
      'config',
      `The environment variable ${name.toUpperCase()} is not the http or https URL of a proxy; correct it or unset it.`,
    );
  }
  const [username, password] = [url.username, url.password].map(decode);
  const authorization = username === '' ? undefined : basicAuthorization(username ?? '', password ?? '');
  return { url: new URL(url.origin), ...(authorization !== undefined && { authorization }) };
}

/** What is no percent-encoding stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function createExceptions(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((each) => each !== '');
  const networks = new BlockList();
  const names: { name: string; port: string }[] = [];
  for (const entry of entries) {
    if (!addNetwork(networks, entry)) names.push(parseName(entry));
  }
  return (url) => {
    const host = bareHost(url);
    const family = isIP(host);
    if (isLoopbackHost(host, family) || entries.includes('*')) return true;
    if (family !== 0 && networks.check(host, family === 6 ? 'ipv6' : 'ipv4')) return true;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return names.some((each) => matches(each, host) && (each.port === '' || each.port === port));
  };
}

/** An address or a network (RFC 4632). */
function addNetwork(networks: BlockList, entry: string): boolean {
  const [address = '', prefix] = entry.replace(/^\[(.*)\]$/, '$1').split('/', 2);
  const family = isIP(address);
  if (family === 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false;
  const bits = family === 6 ? 128 : 32;
  networks.addSubnet(address, Math.min(Number(prefix ?? bits), bits), family === 6 ? 'ipv6' : 'ipv4');
  return true;
}

function parseName(entry: string): { name: string; port: string } {
  const [, name = entry, port = ''] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
  return { name: name.replace(/^\*?\./, '').replace(/\.$/, ''), port };
}

function matches({ name }: { name: string }, host: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isLoopbackHost(host: string, family: number): boolean {
  return family === 0 ? host === 'localhost' || host.endsWith('.localhost') : addressScope(host) === 'loopback';
}
