import type { Readable } from 'node:stream';
import { Agent, request as undiciRequest, type Dispatcher } from 'undici';
import { RegistryError } from '../model/errors.ts';
import type { Authorize } from './credentials.ts';
import { networkError } from './network-error.ts';
import { decideRedirect, REDIRECT_STATUSES } from './redirect.ts';
import { statusError } from './status.ts';

export interface HttpRequest {
  /** A path relative to the base, or an absolute URL. */
  url: string | URL;
  method?: 'GET' | 'HEAD';
  headers?: Readonly<Record<string, string>>;
  authorize?: Authorize;
  signal: AbortSignal;
  /** Statuses that the caller understands, 200 without it; any other is thrown as an error. */
  statuses?: readonly number[];
  /** Whether a redirect may lead to another origin. */
  foreignRedirects?: boolean;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Must be consumed or destroyed. */
  body: Readable;
}

export interface ExchangeOptions {
  /** The source's name, the subject of messages. */
  name: string;
  /** Ends in `/`; relative requests are made below it. */
  base: URL;
  /** The longest wait for a response's header, and for the next bytes of its body. */
  timeoutMs: number;
  verifyTls: boolean;
  /** Connections at once. */
  connections: number;
}

/** The connections to one server and to wherever it redirects. */
export interface Exchange extends ExchangeOptions {
  agentFor(url: URL): Dispatcher;
  /** Called for each request that goes out. */
  onRequest(): void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

export function createExchange(options: ExchangeOptions, onRequest: () => void): Exchange {
  const own = createAgent(options, options.verifyTls);
  // `verify_ssl = false` is said of the configured server; wherever it redirects to is verified all the same.
  const foreign = options.verifyTls ? own : createAgent(options, true);
  return {
    ...options,
    agentFor: (url) => (url.origin === options.base.origin ? own : foreign),
    onRequest,
    close: async () => {
      await Promise.all([...new Set([own, foreign])].map((agent) => agent.destroy()));
    },
  };
}

/** One request and the redirects that it leads to. @throws RegistryError for any status that the caller did not name */
export async function exchange(via: Exchange, request: HttpRequest): Promise<HttpResponse> {
  let url = requestUrl(via, request);
  let authorize = request.authorize;
  for (let hops = 0; ; hops += 1) {
    const response = await send(via, request, { url, authorization: authorize?.(url) });
    if (!REDIRECT_STATUSES.has(response.status))
      return checkResponse(response, request, `${via.name}: ${url.pathname}`);
    response.body.destroy();
    const location = single(response.headers['location']);
    const to = decideRedirect(url, location, { hops, foreign: request.foreignRedirects === true });
    // Once an answer has led away, nothing that it says afterwards brings the credential back.
    if (to.origin !== url.origin) authorize = undefined;
    url = to;
  }
}

export function requestUrl(via: { base: URL }, request: HttpRequest): URL {
  return typeof request.url === 'string' ? new URL(request.url, via.base) : request.url;
}

/** The first of a field's values. */
export function single(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field[0] : field;
}

async function send(
  via: Exchange,
  request: HttpRequest,
  to: { url: URL; authorization: string | undefined },
): Promise<HttpResponse> {
  request.signal.throwIfAborted();
  via.onRequest();
  try {
    const { statusCode, headers, body } = await undiciRequest(to.url, {
      method: request.method ?? 'GET',
      dispatcher: via.agentFor(to.url),
      signal: request.signal,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'extension-registry',
        ...request.headers,
        ...(to.authorization !== undefined && { authorization: to.authorization }),
      },
    });
    // A body that is destroyed before it is read emits an error; whoever reads it gets that error from the reading.
    body.on('error', () => undefined);
    return { status: statusCode, headers, body };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    throw networkError(error, `${via.name} (${to.url.host})`);
  }
}

function checkResponse(response: HttpResponse, request: HttpRequest, subject: string): HttpResponse {
  if (!(request.statuses ?? [200]).includes(response.status)) {
    response.body.destroy();
    throw statusError(response.status, subject, single(response.headers['retry-after']));
  }
  const encoding = single(response.headers['content-encoding'])?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    response.body.destroy();
    throw new RegistryError(
      'bad_answer',
      `${subject} is encoded (${encoding}) though we asked for identity; switch compression off in front of it.`,
    );
  }
  return response;
}

function createAgent(options: ExchangeOptions, verify: boolean): Agent {
  return new Agent({
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs), rejectUnauthorized: verify },
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    keepAliveMaxTimeout: 60_000,
  });
}
