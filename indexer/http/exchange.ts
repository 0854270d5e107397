import type { Readable } from 'node:stream';
import { request as undiciRequest } from 'undici';
import { RegistryError } from '../model/errors.ts';
import { createAgents, type Agents, type AgentsOptions } from './agents.ts';
import type { Authorize } from './credentials.ts';
import { networkError } from './network-error.ts';
import { decideRedirect, REDIRECT_STATUSES } from './redirect.ts';
import { statusError } from './status.ts';
import { fetchWhole, type WholeAnswer } from './whole-answer.ts';

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
  /** Whether the body may come compressed; then only `fetchBytes` reads it right. */
  compressed?: boolean;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Must be consumed or destroyed. */
  body: Readable;
}

/** The base ends in `/`; relative requests are made below it. */
export interface ExchangeOptions extends AgentsOptions {
  /** The source's name, the subject of messages. */
  name: string;
  /** Told of each request as it goes out, redirects and further tries included; what it gives back is told the end. */
  onSend?: OnSend;
}

/** The end is the header of an answer, or the error that the caller gets. */
export type OnSend = (method: 'GET' | 'HEAD', url: URL) => (end: { status: number } | { error: unknown }) => void;

/** The connections to one server and to wherever it redirects. */
export interface Exchange {
  name: string;
  base: URL;
  agents: Agents;
  /** Called for each request that goes out. */
  onRequest(): void;
  onSend: OnSend | undefined;
}

export function createExchange(options: ExchangeOptions, onRequest: () => void): Exchange {
  const { name, base, onSend } = options;
  return { name, base, agents: createAgents(options), onRequest, onSend };
}

/** One request and the redirects that it leads to. @throws RegistryError for any status that the caller did not name */
export function exchange(via: Exchange, request: HttpRequest): Promise<HttpResponse> {
  return follow(via, request, (to) => send(via, request, to));
}

/** The same with the body read whole. @throws RegistryError also `too_large` past `maxBytes`; the connection is closed then */
export function exchangeWhole(via: Exchange, request: HttpRequest, maxBytes: number): Promise<WholeAnswer> {
  return follow(via, request, (to) => sendWhole(via, request, { ...to, maxBytes }));
}

type Answer = Pick<HttpResponse, 'status' | 'headers'> & { body?: Readable };

async function follow<T extends Answer>(
  via: Exchange,
  request: HttpRequest,
  ask: (to: Target) => Promise<T>,
): Promise<T> {
  let url = requestUrl(via, request);
  let { authorize, headers } = request;
  for (let hops = 0; ; hops += 1) {
    request.signal.throwIfAborted();
    via.onRequest();
    const response = await ask({ url, headers, authorization: authorize?.(url) });
    if (!REDIRECT_STATUSES.has(response.status)) return checkResponse(response, request, subjectOf(via, url));
    response.body?.destroy();
    const location = single(response.headers['location']);
    const to = decideRedirect(url, location, { hops, foreign: request.foreignRedirects === true });
    if (to.origin !== url.origin) {
      // Once an answer has led away, nothing that it says afterwards brings a credential back, whatever its field.
      authorize = undefined;
      headers = onlyHarmless(headers);
    }
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

interface Target {
  url: URL;
  headers: Readonly<Record<string, string>> | undefined;
  authorization: string | undefined;
}

async function send(via: Exchange, request: HttpRequest, to: Target): Promise<HttpResponse> {
  const ended = via.onSend?.(request.method ?? 'GET', to.url);
  try {
    const { statusCode, headers, body } = await undiciRequest(to.url, {
      method: request.method ?? 'GET',
      dispatcher: via.agents.agentFor(to.url),
      signal: request.signal,
      headers: fieldsOf(request, to),
    });
    // A body that is destroyed before it is read emits an error; whoever reads it gets that error from the reading.
    body.on('error', () => undefined);
    ended?.({ status: statusCode });
    return { status: statusCode, headers, body };
  } catch (cause) {
    const error = sendError(cause, via, { request, to });
    ended?.({ error });
    throw error;
  }
}

async function sendWhole(
  via: Exchange,
  request: HttpRequest,
  { maxBytes, ...to }: Target & { maxBytes: number },
): Promise<WholeAnswer> {
  const ended = via.onSend?.(request.method ?? 'GET', to.url);
  const subject = subjectOf(via, to.url);
  let hasBegun = false;
  const wanted = {
    url: to.url,
    method: request.method ?? 'GET',
    headers: fieldsOf(request, to),
    signal: request.signal,
    statuses: request.statuses ?? OK,
    maxBytes,
    onBegin: (status: number): void => {
      hasBegun = true;
      ended?.({ status });
    },
    tooLarge: () =>
      new RegistryError('too_large', `${subject} answers more than the ${maxBytes} bytes that are read of it.`),
  };
  try {
    return await fetchWhole(via.agents.agentFor(to.url), wanted);
  } catch (cause) {
    if (hasBegun) throw networkError(cause, subject);
    const error = sendError(cause, via, { request, to });
    ended?.({ error });
    throw error;
  }
}

function fieldsOf({ compressed }: HttpRequest, { headers, authorization }: Target): Record<string, string> {
  return {
    'accept-encoding': compressed === true ? 'gzip' : 'identity',
    'user-agent': 'extension-registry',
    ...headers,
    ...(authorization !== undefined && { authorization }),
  };
}

function sendError(error: unknown, via: Exchange, { request, to }: { request: HttpRequest; to: Target }): unknown {
  if (request.signal.aborted) return request.signal.reason;
  return networkError(error, `${via.name} (${to.url.host}${via.agents.describeWay(to.url)})`);
}

/** What messages about an answer begin with. */
export function subjectOf({ name }: { name: string }, { pathname }: URL): string {
  return `${name}: ${pathname}`;
}

/** What may be said to another origin too; a list of what is secret would miss one (GHSA-wqq4-5wpv-mx2g). */
const HARMLESS_FIELDS: ReadonlySet<string> = new Set(['accept', 'range']);

function onlyHarmless(headers: Target['headers']): Target['headers'] {
  return (
    headers && Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS_FIELDS.has(name.toLowerCase())))
  );
}

const OK = [200];

function checkResponse<T extends Answer>(response: T, request: HttpRequest, subject: string): T {
  if (!(request.statuses ?? OK).includes(response.status)) {
    response.body?.destroy();
    throw statusError(response.status, subject, single(response.headers['retry-after']));
  }
  const field = response.headers['content-encoding'];
  const encoding = field === undefined ? 'identity' : [field].flat().join(', ').toLowerCase();
  if (encoding !== 'identity' && !(request.compressed === true && encoding === 'gzip')) {
    response.body?.destroy();
    throw new RegistryError(
      'bad_answer',
      `${subject} is encoded (${encoding}) though we asked for identity; switch compression off in front of it.`,
    );
  }
  return response;
}
