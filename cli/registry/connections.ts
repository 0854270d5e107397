import type { HttpBytes, HttpClient } from '../../indexer/http/client.ts';
import { bearerAuthorization, forOrigin } from '../../indexer/http/credentials.ts';
import type { HttpRequest, OnSend } from '../../indexer/http/exchange.ts';
import type { RetryPolicy } from '../../indexer/http/retry.ts';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import type { Credential, RegistryOptions } from './registry.ts';

/** The HTTP clients of one registry: one for each base. */
export interface Connections {
  /** @param base without user and password */
  to(base: URL): Promise<HttpClient>;
  /**
   * Asks once, without the HTTP client; undefined where that one is to ask instead.
   * @throws RegistryError `unreachable` when all was closed meanwhile
   */
  askLightly(url: URL, fields: RequestFields, maxBytes: number): Promise<HttpBytes | undefined>;
  readonly timeoutMs: number;
  close(): Promise<void>;
}

/** Somebody waits: less patience than an indexer has. */
export const CLIENT_RETRY: RetryPolicy = { tries: 3, baseDelayMs: 200, maxDelayMs: 30_000 };
const TIMEOUT_MS = 30_000;
/** At once to one server; further requests wait. */
const CONNECTIONS = 8;

/** As long as a connection may take; who answers later is left to the HTTP client's patience. */
const LIGHT_PATIENCE_MS = 5_000;

export type RequestFields = Pick<HttpRequest, 'authorize' | 'headers'>;

export type ConnectionOptions = Pick<
  RegistryOptions,
  'now' | 'random' | 'network' | 'timeoutMs' | 'retry' | 'onRequest'
>;

export function createConnections(options: ConnectionOptions): Connections {
  const { timeoutMs = TIMEOUT_MS, random, retry = CLIENT_RETRY, network } = options;
  const clients = new Map<string, Promise<HttpClient>>();
  const onSend = observe(options);
  const closed = new AbortController();

  const open = async (base: URL): Promise<HttpClient> => {
    // The HTTP client takes longer to load than most commands take: only who asks a server loads it.
    const { createHttpClient } = await import('../../indexer/http/client.ts');
    return createHttpClient({
      name: base.href,
      base,
      timeoutMs,
      verifyTls: true,
      connections: CONNECTIONS,
      random,
      retry,
      ...(network && { network }),
      ...(onSend && { onSend }),
    });
  };

  return {
    timeoutMs,
    to: (base) => {
      const client = clients.get(base.href) ?? open(base);
      clients.set(base.href, client);
      return client;
    },
    askLightly: (url, fields, maxBytes) => askWith(options, { url, fields, maxBytes, onSend, closed: closed.signal }),
    close: async () => {
      closed.abort();
      await Promise.all([...clients.values()].map(async (each) => (await each).close()));
    },
  };
}

interface LightQuestion {
  url: URL;
  fields: RequestFields;
  maxBytes: number;
  onSend: OnSend | undefined;
  closed: AbortSignal;
}

async function askWith(
  { network, timeoutMs = TIMEOUT_MS }: ConnectionOptions,
  question: LightQuestion,
): Promise<HttpBytes | undefined> {
  const { url, fields, maxBytes, onSend, closed } = question;
  // A forward proxy is spoken to in ways of its own.
  if (network?.proxyFor?.(url) !== undefined) return undefined;
  const { askLightly } = await import('./light-request.ts');
  const authorization = fields.authorize?.(url);
  const ended = onSend?.('GET', url);
  try {
    const { bytes, ...answer } = await askLightly(url, {
      headers: { ...fields.headers, ...(authorization !== undefined && { authorization }) },
      lookup: network?.lookup,
      signal: AbortSignal.any([closed, AbortSignal.timeout(Math.min(LIGHT_PATIENCE_MS, timeoutMs))]),
      maxBytes,
    });
    ended?.({ status: answer.status });
    return bytes && { ...answer, bytes };
  } catch (cause) {
    ended?.({ error: cause });
    if (!closed.aborted) return undefined;
    throw new RegistryError('unreachable', `${url.href} was not waited for.`, { cause });
  }
}

/** What a request carries to the credential's origin; the HTTP client takes both away where a redirect leaves it. */
export function credentialFields(credential: Credential | undefined, origin: string): RequestFields {
  if (credential === undefined) return {};
  if (credential.kind === 'api-key') return { headers: { 'x-api-key': credential.value } };
  return { authorize: forOrigin(origin, bearerAuthorization(credential.value)) };
}

/**
 * The http(s) URL of a site or a proxy; its path ends in `/`.
 * @param subject what the message calls it
 * @throws RegistryError `config`
 */
export function parseBase(text: string, subject: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new RegistryError(
      'config',
      `${subject} at ${url.host} has a user or a password in its URL; give a credential by a file or the environment.`,
    );
  }
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    // A query may be a secret.
    const shown = JSON.stringify(text.replace(/[?#].*$/s, '').slice(0, 200));
    throw new RegistryError('config', `${subject} ${shown} is no http(s) URL without a query; correct it.`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function observe({ onRequest, now }: ConnectionOptions): OnSend | undefined {
  if (onRequest === undefined) return undefined;
  return (method, url) => {
    const startedMs = now();
    // Without its query, in which storages that are redirected to have their signatures.
    const shown = `${url.origin}${url.pathname}`;
    return (end) =>
      onRequest({
        method,
        url: shown,
        durationMs: now() - startedMs,
        fromCache: false,
        ...('status' in end ? { status: end.status } : { error: messageOf(end.error) }),
      });
  };
}
