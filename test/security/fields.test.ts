import { describe, expect, test } from 'vitest';
import { sendRaw } from '../proxy/http.ts';
import { sharedSite, sharedWorld } from '../proxy/world.ts';
import { keptOf, PATHS } from './kept-answer.ts';

const world = sharedWorld();
const site = sharedSite();

/** Fields and parameters that some server or cache somewhere acts upon. */
const UNKEYED_FIELDS = {
  'x-forwarded-for': '203.0.113.9, 10.0.0.1',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'gopher',
  'x-forwarded-port': '1',
  'x-forwarded-prefix': '/evil',
  'x-forwarded-server': 'evil.example',
  forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
  'x-real-ip': '203.0.113.9',
  'x-original-url': '/api/v1/health',
  'x-rewrite-url': '/api/v1/health',
  'x-original-host': 'evil.example',
  'x-host': 'evil.example',
  'x-http-method': 'DELETE',
  'x-http-method-override': 'DELETE',
  'x-method-override': 'DELETE',
  'x-wap-profile': 'http://evil.example/',
  'accept-language': 'evil',
  'user-agent': '<script>',
  referer: 'https://evil.example/',
  cookie: 'session=1',
  authorization: 'Bearer evil',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  te: 'trailers',
  via: '1.1 evil.example',
};

describe('CVE-2024-6915: what no cache keys on', () => {
  test.each(PATHS)('changes nothing of %s', async (path) => {
    const { url } = world();
    const plain = await keptOf(url + path);
    expect(await keptOf(url + path, UNKEYED_FIELDS)).toEqual(plain);
    expect(JSON.stringify(plain)).not.toContain('evil');
    expect(await keptOf(url + path)).toEqual(plain);
  });

  test.each(['utm_source=evil', '_method=DELETE', 'callback=evil', 'format=xml', 'version=9', '%00=evil', 'a[b]=evil'])(
    'as an unknown parameter (%s) changes no document',
    async (parameter) => {
      const { url } = world();
      for (const path of PATHS.filter((each) => !each.includes('?'))) {
        expect(await keptOf(`${url}${path}?${parameter}`)).toEqual(await keptOf(url + path));
      }
    },
  );
});

describe('CVE-2026-3635, CVE-2026-16732: a forwarded address', () => {
  test('is believed from nobody: the log has the one that is connected', async () => {
    const { get, logged } = await site();
    await get('/extensions', { headers: UNKEYED_FIELDS });
    expect(await logged('request')).toMatchObject({ remote: '127.0.0.1', path: '/api/v1/extensions' });
  });

  test.each([
    'Host: evil.example\r\n',
    'Host: a\r\nHost: evil.example\r\n',
    'Host: a\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n',
    'Host: evil.example:99999\r\n',
    'Host: evil.example/path\r\n',
    'Host: [::1]evil.example\r\n',
  ])('and a host (%j) are in no link and no redirect', async (host) => {
    const { url } = world();
    for (const path of [
      '/extensions/provider/aws/latest',
      '/extensions?limit=1',
      '/extensions/provider/aws',
      '/nope',
    ]) {
      const answer = await sendRaw(url, `GET /api/v1${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:200|302|404) /);
      expect(answer).not.toContain('evil.example');
    }
  });

  test('a target in absolute form is its path', async () => {
    const { url } = world();
    const answerTo = (target: string) => sendRaw(url, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(await answerTo('http://evil.example/api/v1')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answerTo('http://evil.example/api/v1/extensions/provider/aws/latest')).not.toContain('evil.example');
    expect(await answerTo('http://evil.example:1/../../etc/passwd')).toMatch(/^HTTP\/1\.1 40[04] /);
  });
});

describe('fastify-reply-from#449: fields of a request', () => {
  test.each([
    {},
    { authorization: 'Bearer client', cookie: 'a=b', 'x-api-key': 'c', 'x-forwarded-for': '1.2.3.4' },
    { connection: 'x-a', 'x-a': 'b' },
    { connection: 'close, authorization, accept-encoding, user-agent, host' },
    { connection: 'keep-alive, transfer-encoding, content-length' },
    { 'accept-encoding': 'gzip', accept: 'text/html', 'user-agent': 'evil', range: 'lines=0-1' },
    { 'if-none-match': '"a"', 'if-modified-since': 'Mon, 01 Jun 2099 12:00:00 GMT', 'if-range': '"b"' },
  ])('and those that Connection nominates reach no backend (%j)', async (headers) => {
    const { get, gitea } = world();
    expect((await get('/extensions/provider/aws/1.0.0?token=secret', { headers })).status).toBe(200);
    const [request] = gitea.requests;
    expect(request?.query.size).toBe(0);
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(['accept-encoding', 'connection', 'host', 'user-agent']);
    expect(request?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'extension-registry' });
  });
});

describe('CVE-2026-1527, CVE-2026-15157: CR, LF and what no field can hold', () => {
  test.each([
    '/extensions/provider/aws/latest%0d%0aX-Injected:%201',
    '/extensions/provider/aws/latest/a%0d%0aX-Injected:%201',
    '/extensions/provider/aws/%5E1%0aX-Injected:%201',
    '/extensions/provider/aws/latest/%F0%9F%98%80%0d%0aX-Injected:%201',
    '/extensions/provider%0d%0aX-Injected:%201/aws',
    '/extensions?limit=1&x=%0d%0aX-Injected:%201',
    '/extensions?limit=1&%0d%0aX-Injected:%201=x',
    '/extensions?type=provider%0d%0aX-Injected:%201',
    '/extensions?source=gitea%0d%0aX-Injected:%201',
    '/extensions/search?q=%0d%0aX-Injected:%201&limit=1',
    '/extensions/search?tag=%0d%0aX-Injected:%201',
    '/extensions/search?q=%F0%9F%98%80%00%7F&limit=1',
    '/%0d%0aX-Injected:%201',
  ])('in %s end no line of an answer and are never a 500', async (path) => {
    const { url } = world();
    const raw = await sendRaw(url, `GET /api/v1${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const header = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(header).toMatch(/^HTTP\/1\.1 (?:200|302|400|404) /);
    expect(header).not.toMatch(/^X-Injected/im);
  });

  test('from a name are encoded in Location and Content-Disposition', async () => {
    const { get } = world();
    const name = encodeURIComponent('notes für aws.txt');
    expect((await get(`/extensions/provider/aws/~1.0/${name}`)).headers.location).toBe(`../1.0.0/${name}`);
    expect((await get(`/extensions/provider/aws/1.0.0/${name}`)).headers['content-disposition']).toBe(
      `attachment; filename="notes f_r aws.txt"; filename*=UTF-8''notes%20f%C3%BCr%20aws.txt`,
    );
  });
});

describe('a token in a request', () => {
  test('leaves no trace in the log', async () => {
    const { get, log, logged } = await site();
    await get('/extensions/provider/aws/1.0.0?token=SECRET', {
      headers: { authorization: 'Bearer SECRET', cookie: 'session=SECRET', 'x-api-key': 'SECRET' },
    });
    expect(await logged('request')).toMatchObject({
      level: 30,
      reqId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      remote: '127.0.0.1',
      method: 'GET',
      path: '/api/v1/extensions/provider/aws/1.0.0',
      route: '/api/v1/extensions/:type/:name/:version',
      status: 200,
      bytes: expect.any(Number) as number,
      duration_ms: 0,
    });
    expect(JSON.stringify(log)).not.toContain('SECRET');
  });
});
