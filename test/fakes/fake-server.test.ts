import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeServer, type FakeServer } from './fake-server.ts';
import type { Fault } from './faults.ts';
import { jsonReply } from './replies.ts';

const BODY = { name: 'kubernetes', versions: ['1.0.0', '1.1.0'] };
const TEXT = `${JSON.stringify(BODY)}\n`;

let server: FakeServer;

beforeEach(async () => {
  server = await startFakeServer((request) => {
    if (request.path === '/broken') throw new Error('no such state');
    return request.method === 'GET' && request.path === '/document' ? jsonReply(200, BODY) : undefined;
  });
});

afterEach(() => server.close());

const get = (path = '/document', init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { redirect: 'manual', ...init });

function misbehave(fault: Fault, times?: number) {
  return server.misbehave({ match: /^GET \/document$/, fault, ...(times === undefined ? {} : { times }) });
}

describe('the log', () => {
  test('has every request with its query, authorization, status and outcome', async () => {
    await (await get('/document?page=2', { headers: { authorization: 'token secret' } })).text();
    expect(server.requests).toMatchObject([
      {
        method: 'GET',
        path: '/document',
        target: '/document?page=2',
        authorization: 'token secret',
        status: 200,
        outcome: 'complete',
      },
    ]);
    expect(server.requests[0]!.query.get('page')).toBe('2');
    expect(server.unexpected).toEqual([]);
  });

  test.each([
    ['GET', '/other', 501],
    ['POST', '/document', 501],
    ['GET', '/broken', 500],
  ])('takes %s %s for unexpected and answers %i', async (method, path, status) => {
    expect((await get(path, { method })).status).toBe(status);
    expect(server.unexpected).toMatchObject([{ method, path }]);
    server.forget();
    expect([...server.requests, ...server.unexpected]).toEqual([]);
  });

  test('says of a request whose client left that it is broken', async () => {
    misbehave({ kind: 'hang' });
    const controller = new AbortController();
    const answer = get('/document', { signal: controller.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    expect(server.requests[0]!.outcome).toBe('open');
    controller.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expect.poll(() => server.requests[0]!.outcome).toBe('broken');
  });
});

describe('misbehave', () => {
  test('answers a status with its headers and body, as often as told', async () => {
    const busy: Fault = { kind: 'status', status: 503, headers: { 'Retry-After': '1' }, body: 'busy' };
    const rule = misbehave(busy, 2);
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await get();
      expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '1', 'busy']);
    }
    expect(await (await get()).text()).toBe(TEXT);
    expect(rule.hits).toBe(2);
  });

  test('takes the oldest rule that fits and has turns left, and heals', async () => {
    server.misbehave({ match: (request) => request.query.has('page'), fault: { kind: 'status', status: 500 } });
    misbehave({ kind: 'status', status: 502 });
    expect((await get('/document?page=1')).status).toBe(500);
    expect((await get()).status).toBe(502);
    server.heal();
    expect((await get()).status).toBe(200);
  });

  test('delays the right answer until the test says so', async () => {
    const gate = Promise.withResolvers<void>();
    misbehave({ kind: 'delay', until: gate.promise });
    const answer = get();
    await expect.poll(() => server.requests.length).toBe(1);
    expect(server.requests[0]!.status).toBeUndefined();
    gate.resolve();
    expect(await (await answer).text()).toBe(TEXT);
  });

  test('delays by milliseconds', async () => {
    misbehave({ kind: 'delay', delayMs: 5 });
    expect(await (await get()).text()).toBe(TEXT);
  });

  test('breaks the connection before the status', async () => {
    misbehave({ kind: 'reset' });
    await expect(get()).rejects.toThrow('fetch failed');
    expect(server.requests[0]!.status).toBeUndefined();
  });

  test.each([0, 10])('announces the whole length and breaks off after %i bytes', async (afterBytes) => {
    misbehave({ kind: 'truncate', afterBytes });
    const response = await get();
    expect(response.headers.get('content-length')).toBe(String(TEXT.length));
    const reader = response.body!.getReader();
    let readBytes = 0;
    const readAll = async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) readBytes += part.value.length;
    };
    await expect(readAll()).rejects.toThrow('terminated');
    expect(readBytes).toBe(afterBytes);
    expect(server.requests[0]!.outcome).toBe('broken');
  });

  test('pauses inside the body', async () => {
    const gate = Promise.withResolvers<void>();
    misbehave({ kind: 'pause', afterBytes: 4, until: gate.promise });
    const reader = (await get()).body!.getReader();
    expect((await reader.read()).value).toEqual(new Uint8Array(Buffer.from(TEXT.slice(0, 4))));
    gate.resolve();
    expect((await reader.read()).value).toEqual(new Uint8Array(Buffer.from(TEXT.slice(4))));
  });

  test('flips one byte', async () => {
    misbehave({ kind: 'wrongBytes', at: 2 });
    const bytes = Buffer.from(await (await get()).arrayBuffer());
    const different = [...bytes.keys()].filter((at) => bytes[at] !== Buffer.from(TEXT)[at]);
    expect([bytes.length, different]).toEqual([TEXT.length, [2]]);
  });

  test('answers HTML with 200', async () => {
    misbehave({ kind: 'garbage' });
    const response = await get();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toMatch(/^<!doctype html>/);
  });

  test('redirects', async () => {
    misbehave({ kind: 'redirect', status: 307, location: 'http://elsewhere.example.test/x' });
    const response = await get();
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://elsewhere.example.test/x']);
  });

  test('sends a body without end until the client leaves', async () => {
    misbehave({ kind: 'endless' });
    const reader = (await get()).body!.getReader();
    let readBytes = 0;
    while (readBytes < 10_000_000) readBytes += (await reader.read()).value?.length ?? 0;
    await reader.cancel();
    await expect.poll(() => server.requests[0]!.outcome).toBe('broken');
  });

  test('compresses the body though identity was asked for', async () => {
    misbehave({ kind: 'gzip' });
    const response = await get('/document', { headers: { 'accept-encoding': 'identity' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toEqual(BODY);
  });

  test('replaces JSON', async () => {
    misbehave({ kind: 'replaceJson', replace: (body) => ({ ...(body as object), name: 42 }) });
    expect(await (await get()).json()).toEqual({ ...BODY, name: 42 });
  });
});

describe('close', () => {
  test('breaks what hangs, and frees the port', async () => {
    misbehave({ kind: 'hang' });
    const answer = get();
    await expect.poll(() => server.requests.length).toBe(1);
    await server.close();
    await expect(answer).rejects.toThrow('fetch failed');
    server = await startFakeServer(() => jsonReply(200, BODY), { port: Number(new URL(server.url).port) });
    expect((await get()).status).toBe(200);
  });
});
