import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFaults, replyInstead, spoilReply, type Fault, type FaultRule, type Misbehaviour } from './faults.ts';
import { textReply, type LoggedRequest, type Origin, type Reply } from './replies.ts';

export interface FakeServer {
  /** `http://127.0.0.1:PORT` (or https), without a trailing slash. */
  readonly url: Origin;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Everything that came in, oldest first. */
  readonly requests: LoggedRequest[];
  /** What no client of ours should have asked (an unknown route or method: 501), and what the fake failed at (500). */
  readonly unexpected: LoggedRequest[];
  /** The first fitting rule with turns left decides. */
  misbehave(misbehaviour: Misbehaviour): FaultRule;
  /** Takes all faults away; what hangs goes on hanging. */
  heal(): void;
  /** Empties both logs. */
  forget(): void;
  /** Stops listening and breaks every connection, idle or not. */
  close(): Promise<void>;
}

/** Undefined: no such route. */
export type Handler = (request: LoggedRequest) => Reply | undefined;

export interface FakeServerOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  /** Speaks TLS, and with this certificate. */
  readonly tls?: TlsIdentity | undefined;
  /** Whether requests have bodies, which are read whole before the handler is asked; one that is broken off never is. */
  readonly readBodies?: boolean;
}

/** PEM */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export async function startFakeServer(handle: Handler, options: FakeServerOptions = {}): Promise<FakeServer> {
  const { port = 0, tls, readBodies = false } = options;
  const requests: LoggedRequest[] = [];
  const unexpected: LoggedRequest[] = [];
  const faults = createFaults();
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    const request = logRequest(incoming, response);
    requests.push(request);
    const fault = faults.take(request);
    const exchange: Exchange = {
      request,
      response,
      fault,
      answer: () => answerStrictly(handle, { request, fault, unexpected }),
    };
    if (!readBodies) void serve(exchange);
    else buffer(incoming).then((body) => serve({ ...exchange, request: Object.assign(request, { body }) }), ignore);
  };
  const server = tls === undefined ? createHttpServer(listener) : createTlsServer(tls, listener);
  // An idle connection that the server drops while the client writes is a fault that no test asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    host,
    requests,
    unexpected,
    misbehave: (misbehaviour) => faults.add(misbehaviour),
    heal: () => faults.heal(),
    forget() {
      requests.length = 0;
      unexpected.length = 0;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A client that left has said all that it will. */
function ignore(): void {}

function logRequest(incoming: IncomingMessage, response: ServerResponse): LoggedRequest {
  const target = incoming.url ?? '/';
  const [path = '/', query = ''] = target.split('?', 2);
  const request: LoggedRequest = {
    method: incoming.method ?? 'GET',
    target,
    path,
    query: new URLSearchParams(query),
    headers: incoming.headers,
    authorization: incoming.headers.authorization,
    status: undefined,
    outcome: 'open',
  };
  response.once('close', () => {
    request.outcome = response.writableFinished ? 'complete' : 'broken';
  });
  return request;
}

interface Question {
  readonly request: LoggedRequest;
  readonly fault: Fault | undefined;
  readonly unexpected: LoggedRequest[];
}

function answerStrictly(handle: Handler, { request, fault, unexpected }: Question): Reply {
  try {
    const reply = handle(request);
    if (reply === undefined || reply.unexpected) unexpected.push(request);
    if (reply === undefined) return textReply(501, `This fake has no route ${request.method} ${request.path}.\n`);
    return fault ? spoilReply(fault, reply) : reply;
  } catch (error) {
    unexpected.push(request);
    return textReply(500, `This fake failed at ${request.method} ${request.path}: ${String(error)}\n`);
  }
}

interface Exchange {
  readonly request: LoggedRequest;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
  readonly answer: () => Reply;
}

async function serve({ request, response, fault, answer }: Exchange): Promise<void> {
  if (!fault) return send(request, response, answer());
  const instead = replyInstead(fault);
  if (instead) return send(request, response, instead);
  switch (fault.kind) {
    case 'hang':
      return;
    case 'unanswered':
      answer();
      breakConnection(response);
      return;
    case 'reset':
      breakConnection(response);
      return;
    case 'endless':
      return sendEndlessly(request, response, fault.contentType ?? 'application/octet-stream');
    case 'delay':
      await ('until' in fault ? Promise.allSettled([fault.until]) : sleep(fault.delayMs, undefined, { ref: false }));
      return send(request, response, answer());
    case 'truncate':
    case 'pause':
      return sendPart(request, response, { reply: answer(), fault });
    case 'status':
    case 'garbage':
    case 'redirect':
    case 'wrongBytes':
    case 'gzip':
    case 'replaceJson':
      return send(request, response, answer());
  }
}

function writeHead(request: LoggedRequest, response: ServerResponse, reply: Reply): void {
  request.status = reply.status;
  const length = (reply.body ?? Buffer.alloc(0)).length;
  const isBodiless = reply.status === 304 || reply.status === 204;
  const lengthHeader = reply.chunked || isBodiless ? {} : { 'Content-Length': String(length) };
  const headers = Object.entries({ ...lengthHeader, ...reply.headers });
  response.writeHead(reply.status, Object.fromEntries(headers.map(([name, value]) => [name, asNodeHeader(value)])));
}

function asNodeHeader(value: string | readonly string[]): string | string[] {
  return typeof value === 'string' ? value : [...value];
}

function send(request: LoggedRequest, response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  writeHead(request, response, reply);
  if (request.method === 'HEAD') response.end();
  else response.end(reply.body);
}

/** A TLS connection has no reset of its own. */
function breakConnection({ socket }: ServerResponse): void {
  if (socket !== null && 'encrypted' in socket) socket.destroy();
  else socket?.resetAndDestroy();
}

interface Part {
  readonly reply: Reply;
  readonly fault: Extract<Fault, { kind: 'truncate' | 'pause' }>;
}

async function sendPart(request: LoggedRequest, response: ServerResponse, { reply, fault }: Part): Promise<void> {
  const body = reply.body ?? Buffer.alloc(0);
  writeHead(request, response, { ...reply, chunked: false });
  // The first part must have reached the kernel before the connection is broken, or the client sees no status at all.
  await new Promise<void>((resolve) => {
    response.write(body.subarray(0, fault.afterBytes), () => resolve());
  });
  if (fault.kind === 'truncate') {
    response.destroy();
    return;
  }
  if (fault.until === undefined) return;
  await Promise.allSettled([fault.until]);
  if (!response.destroyed) response.end(body.subarray(fault.afterBytes));
}

async function sendEndlessly(request: LoggedRequest, response: ServerResponse, contentType: string): Promise<void> {
  request.status = 200;
  response.writeHead(200, { 'Content-Type': contentType });
  const filler = Buffer.alloc(16 * 1024, ' ');
  while (!response.destroyed) {
    if (!response.write(filler)) await nextDrainOrClose(response);
  }
}

async function nextDrainOrClose(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve).once('close', resolve);
  await promise;
  response.off('drain', resolve).off('close', resolve);
}
