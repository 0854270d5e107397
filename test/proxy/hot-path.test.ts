import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Manifest, Pointer } from '../../indexer/model/documents.ts';
import { runIndexer } from '../builders.ts';
import type { Answer, Ask } from './http.ts';
import { sendRaw } from './http.ts';
import { sharedSite, startProxy, startWorld, type Proxy } from './world.ts';

const site = sharedSite();

/** Counts the requests that reach a route. */
function watchRoutes(): () => number {
  let routed = 0;
  const channel = tracingChannel('fastify.request.handler');
  const start = (): void => void (routed += 1);
  channel.start.subscribe(start);
  onTestFinished(() => {
    channel.start.unsubscribe(start);
  });
  return () => routed;
}

/** The same request until its answer comes from memory, and once more. */
async function askTwice({ get }: Pick<Proxy, 'get'>, path: string, options: Ask = {}) {
  const routed = watchRoutes();
  const first = await get(path, options);
  const before = routed();
  const second = await get(path, options);
  return { first, second, isHot: before === 1 && routed() === 1 };
}

function comparable({ status, headers, body }: Answer) {
  const { date: _date, 'x-request-id': id, ...fields } = headers;
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  return { status, fields, body: body.toString('latin1') };
}

const PATHS = [
  '',
  '/',
  '/index.json',
  '/extensions',
  '/extensions/index.json',
  '/extensions/provider/aws',
  '/extensions/provider/aws/',
  '/extensions/provider/aws/versions/index.json',
  '/extensions/provider/aws/notes',
  '/by-type/provider',
  '/search',
  '/manifest',
  '/feeds/index.xml',
  '/html/by-type/provider/a.html',
  '/badges/provider/aws.json',
];

describe('a document that is in memory is answered as the route does', () => {
  test.each(PATHS)('at %j', async (path) => {
    const { first, second, isHot } = await askTwice(await site(), path);
    expect(isHot).toBe(true);
    expect(first.status).toBe(200);
    expect(comparable(second)).toEqual(comparable(first));
  });

  test.each([
    ['GET', { 'accept-encoding': 'gzip' }],
    ['GET', { 'accept-encoding': 'br;q=0.5, gzip' }],
    ['GET', { 'accept-encoding': 'identity' }],
    ['GET', { 'if-none-match': '*' }],
    ['GET', { 'if-none-match': '"other"' }],
    ['GET', { 'accept-encoding': 'br', 'if-none-match': 'W/"other", "more"' }],
    ['GET', { origin: 'https://example.com' }],
    ['GET', { range: 'bytes=0-1', 'if-match': '"other"' }],
    ['HEAD', {}],
    ['HEAD', { 'accept-encoding': 'br' }],
    ['HEAD', { 'if-none-match': '*' }],
  ])('to %s with %j', async (method, headers) => {
    const { first, second, isHot } = await askTwice(await site(), '/extensions', { method, headers });
    expect(isHot).toBe(true);
    expect(comparable(second)).toEqual(comparable(first));
  });

  test('by its bytes', async () => {
    const world = await site();
    const { documents } = (await world.get('/manifest')).json as Manifest;
    const hex = documents['extensions/provider/aws']!.digest.slice('sha256:'.length);
    const path = `/by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`;
    const { first, second, isHot } = await askTwice(world, path);
    expect(isHot).toBe(true);
    expect(comparable(second)).toEqual(comparable(first));
    expect(second.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const friendly = await world.get('/extensions/provider/aws');
    expect(friendly.headers).toMatchObject({ 'cache-control': /max-age=60/ as unknown as string });
    expect(friendly.headers.etag).toBe(second.headers.etag);
  });

  test('where only some origins may read, to those that name none', async () => {
    const { config } = await site();
    const server = { ...config.server, corsOrigins: ['https://portal.example'] };
    const world = await startProxy({ ...config, server });
    const { first, second, isHot } = await askTwice(world, '/extensions');
    expect(isHot).toBe(true);
    expect(comparable(second)).toEqual(comparable(first));
    expect(second.headers.vary).toBe('Origin, Accept-Encoding');
    for (const origin of ['https://portal.example', 'https://other.example']) {
      const named = await askTwice(world, '/extensions', { headers: { origin } });
      expect(named.isHot).toBe(false);
      expect(comparable(named.second)).toEqual(comparable(named.first));
    }
  });

  test('in metrics, statistics and the log as well', async () => {
    const { get, log } = await site();
    for (let times = 0; times < 3; times += 1) await get('/extensions/provider/aws/index.json');
    expect((await get('/cache/stats')).json).toMatchObject({ metadata: { hits: 2, misses: 1 } });
    expect((await get('/metrics')).text).toContain(
      'http_requests_total{route="/api/v1/extensions/:type/:name",method="GET",status="200"} 3\n',
    );
    const lines = log.filter((line) => line['route'] === '/api/v1/extensions/:type/:name');
    expect(lines).toHaveLength(3);
    const [{ reqId, time: _time, ...first }, ...others] = lines as [Record<string, unknown>];
    expect(reqId).toMatch(/^[0-9a-f]{16}$/);
    for (const { reqId: id, time: _, ...line } of others as Record<string, unknown>[]) {
      expect(id).not.toBe(reqId);
      expect(line).toEqual(first);
    }
  });
});

describe('left to the routes is', () => {
  test.each([
    { what: 'a query', path: '/extensions?limit=1', status: 200 },
    { what: 'another method', path: '/extensions', options: { method: 'POST' }, status: 405 },
    { what: 'a body', path: '/extensions', options: { headers: { 'content-length': 2 }, body: '{}' }, status: 400 },
    { what: 'what is outside of generations', path: '/status', status: 200 },
    { what: 'a path of no document', path: '/extensions/provider/none', status: 404 },
    { what: 'a path with two slashes', path: '/extensions/provider/aws//', status: 404 },
    { what: 'a path that begins like the base', path: 'x', status: 404 },
    { what: 'the base with two slashes', path: '//', status: 400 },
    { what: 'a download', path: '/extensions/provider/aws/1.0.0', status: 200 },
  ])('$what', async ({ path, options, status }) => {
    const world = await site();
    for (const each of ['', '/extensions', '/extensions/provider/aws']) await world.get(each);
    // Whatever the routes make of it, they make it again.
    for (let times = 0; times < 2; times += 1) expect(await world.get(path, options)).toMatchObject({ status });
    const hits = { list: { hits: path.startsWith('/extensions?') ? 2 : 0 }, metadata: { hits: 0 } };
    expect((await world.get('/cache/stats')).json).toMatchObject(hits);
  });

  test('a request without a host', async () => {
    const { get, url } = await site();
    await get('/extensions');
    expect(await sendRaw(url, 'GET /api/v1/extensions HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  test('everything where the caches are off', async () => {
    const { config } = await site();
    const world = await startProxy({ ...config, cache: { ...config.cache, enableListCache: false } });
    expect(await askTwice(world, '/extensions')).toMatchObject({ isHot: false });
    expect(await askTwice(world, '/extensions/provider/aws')).toMatchObject({ isHot: true });
  });

  test('one request each second, which looks for a new generation', async () => {
    const { get, config, gitea, clock } = await startWorld();
    await get('/extensions/provider/aws');
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await runIndexer(config);
    const routed = watchRoutes();
    clock.nowMs += 999;
    expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '1.1.0+build.5' });
    expect(routed()).toBe(0);
    clock.nowMs += 1;
    expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '5.0.0' });
    expect(routed()).toBe(1);
    expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '5.0.0' });
    expect(((await get('')).json as Pointer).generation).toBe(2);
    // A clock that jumps back is a reason to look, too.
    clock.nowMs -= 60_000;
    await get('/extensions/provider/aws');
    expect(routed()).toBe(3);
  });
});
