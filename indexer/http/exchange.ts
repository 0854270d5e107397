import type { Readable } from 'node:stream';
import { request as undiciRequest } from 'undici';
import { RegistryError } from '../model/errors.ts';
import { createAgents, type Agents, type AgentsOptions } from './agents.ts';
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

/** The base ends in `/`; relative requests are made below it. */
export interface ExchangeOptions extends AgentsOptions {
  /** The source's name, the subject of messages. */
  name: string;
}

/** The connections to one server and to wherever it redirects. */
export interface Exchange {
  name: string;
  base: URL;
  agents: Agents;
  /** Called for each request that goes out. */
  onRequest(): void;
}

export function createExchange(options: ExchangeOptions, onRequest: () => void): Exchange {
  return { name: options.name, base: options.base, agents: createAgents(options), onRequest };
}

/** One request and the redirects that it leads to. @throws RegistryError for any status that the caller did not name */
export async function exchange(via: Exchange, request: HttpRequest): Promise<HttpResponse> {
  let url = requestUrl(via, request);
  let { authorize, headers } = request;
  for (let hops = 0; ; hops += 1) {
    const response = await send(via, request, { url, headers, authorization: authorize?.(url) });
    if (!REDIRECT_STATUSES.has(response.status))
      return checkResponse(response, request, `${via.name}: ${url.pathname}`);
    response.body.destroy();
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
  request.signal.throwIfAborted();
  via.onRequest();
  try {
    const { statusCode, headers, body } = await undiciRequest(to.url, {
      method: request.method ?? 'GET',
      dispatcher: via.agents.agentFor(to.url),
      signal: request.signal,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'extension-registry',
        ...to.headers,
        ...(to.authorization !== undefined && { authorization: to.authorization }),
      },
    });
    // A body that is destroyed before it is read emits an error; whoever reads it gets that error from the reading.
    body.on('error', () => undefined);
    return { status: statusCode, headers, body };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    throw networkError(error, `${via.name} (${to.url.host}${via.agents.describeWay(to.url)})`);
  }
}

/** What may be said to another origin too; a list of what is secret would miss one (GHSA-wqq4-5wpv-mx2g). */
const HARMLESS_FIELDS: ReadonlySet<string> = new Set(['accept', 'range']);

function onlyHarmless(headers: Target['headers']): Target['headers'] {
  return (
    headers && Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS_FIELDS.has(name.toLowerCase())))
  );
}

function checkResponse(response: HttpResponse, request: HttpRequest, subject: string): HttpResponse {
  if (!(request.statuses ?? [200]).includes(response.status)) {
    response.body.destroy();
    throw statusError(response.status, subject, single(response.headers['retry-after']));
  }
  const encoding = [response.headers['content-encoding'] ?? 'identity'].flat().join(', ').toLowerCase();
  if (encoding !== 'identity') {
    response.body.destroy();
    throw new RegistryError(
      'bad_answer',
      `${subject} is encoded (${encoding}) though we asked for identity; switch compression off in front of it.`,
    );
  }
  return response;
}
