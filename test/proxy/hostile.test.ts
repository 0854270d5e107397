import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, sendRaw } from './http.ts';
import { BIG, sharedWorld, startWorld } from './world.ts';

const world = sharedWorld();

/** Segments as security-and-operations 2.2 has them, and what else has fooled a router. */
const SEGMENTS = [
  '..',
  '.',
  '%2e%2e',
  '%2E%2E',
  '..%2f..',
  '..%2Fetc%2Fpasswd',
  '..%5c..',
  '..%5Cwindows',
  'a%2Fb',
  'a%5Cb',
  'a%00b',
  'a%0d%0ab',
  'a%0aSet-Cookie:%20x=y',
  'a%252Fb',
  '%252e%252e',
  'a;b',
  'a%3Bb',
  '%E2%80%AE',
  '%F0%9F%98%80',
  '%20',
  '-',
  '_proto_',
  '__proto__',
  'constructor',
  'toString',
  'AWS',
  '%c0%ae%c0%ae',
  '%zz',
  '%',
  'a'.repeat(101),
  'a'.repeat(300),
];

describe('a hostile segment', () => {
  test.each(SEGMENTS)('%s is refused everywhere, in our words', async (segment) => {
    const { url, gitea, oci, config } = world();
    const paths = [
      `/api/v1/${segment}`,
      `/api/v1/by-type/${segment}`,
      `/api/v1/by-hash/sha256/${segment}/${segment}.json`,
      `/api/v1/extensions/${segment}/aws`,
      `/api/v1/extensions/provider/${segment}`,
      `/api/v1/extensions/provider/${segment}/versions`,
      `/api/v1/extensions/provider/${segment}/1.0.0`,
      `/api/v1/extensions/provider/aws/${segment}`,
      `/api/v1/extensions/provider/aws/${segment}/aws_prov.tar.gz`,
      `/api/v1/extensions/provider/aws/1.0.0/${segment}`,
      `/schema/v1/${segment}`,
      `/schema/v1/${segment}/../../package.json`,
    ];
    for (const path of paths) {
      const answer = await ask(url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404, 414]) as number });
      expect(answer.json).toEqual({ error: expect.any(String) as string, message: expect.any(String) as string });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).not.toContain(config.site.path);
    }
    expect([gitea.requests, oci.requests]).toEqual([[], []]);
  });

  test.each([
    ['/api/v1/extensions/provider/aws/%20', 400, 'invalid_version'],
    ['/api/v1/extensions/provider/%zz', 400, 'invalid_request'],
    [`/api/v1/extensions/provider/aws/${'1'.repeat(300)}`, 400, 'invalid_request'],
    [`/api/v1/extensions?q=${'1'.repeat(4_097)}`, 414, 'invalid_request'],
    ['/api/v1/extensions/provider/aws/1.0.0%0d%0aX-A:b', 400, 'invalid_version'],
    ['/api/v1/extensions/provider/aws/1.0.0/..%2fx', 400, 'invalid_request'],
    ['/api/v1/extensions/..%2f..%2fx/aws', 400, 'invalid_type'],
    ['/api/v1/../../package.json', 400, 'invalid_request'],
    ['/api/v1//extensions', 400, 'invalid_request'],
  ])('%.60s is %i %s', async (path, status, error) => {
    const { url } = world();
    const answer = await ask(url + path);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status, body: { error } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{16}$/);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });
});

describe('a hostile request', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY'])(
    '%s is 405 on every path',
    async (method) => {
      const { url } = world();
      for (const path of [
        '/',
        '/api/v1',
        '/api/v1/extensions',
        '/api/v1/extensions/provider/aws/1.0.0',
        '/api/v1/health',
        '/nope',
      ]) {
        const answer = await ask(url + path, { method });
        expect({ path, status: answer.status, allow: answer.headers.allow }).toEqual({
          path,
          status: 405,
          allow: 'GET, HEAD',
        });
        expect(answer.json).toEqual({
          error: 'method_not_allowed',
          message: `${method} is not served here; the registry is read with GET and HEAD.`,
        });
        expect(answer.headers['cache-control']).toBe('no-store');
      }
    },
  );

  test.each([
    ['GET', 'Content-Length: 5\r\n', ['hello', 'HTTP/1.1 400']],
    ['GET', 'Content-Length: 5\r\n', ['', 'HTTP/1.1 400']],
    ['GET', 'Transfer-Encoding: chunked\r\n', ['0\r\n\r\n', 'HTTP/1.1 400']],
    ['GET', 'Transfer-Encoding: chunked\r\n', ['', 'HTTP/1.1 400']],
    ['HEAD', 'Content-Length: 5\r\n', ['hello', 'HTTP/1.1 400']],
    ['POST', 'Content-Length: 2000000\r\nContent-Type: application/json\r\n', ['{', 'HTTP/1.1 405']],
    ['POST', 'Transfer-Encoding: chunked\r\nContent-Type: a/b;\t\r\n', ['0\r\n\r\n', 'HTTP/1.1 405']],
  ] as const)('%s with a body (%j %j) closes the connection', async (method, fields, [body, status]) => {
    const { url } = world();
    const smuggled = 'GET /api/v1/health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    const answer = await sendRaw(
      url,
      `${method} /api/v1/extensions HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}${smuggled}`,
    );
    expect(answer.slice(0, status.length)).toBe(status);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  test('GET with an empty body is a GET', async () => {
    const { get } = world();
    expect((await get('/health/live', { headers: { 'content-length': '0' } })).status).toBe(200);
  });

  test.each([
    ['not HTTP', 'hello\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['both lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a folded field', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400],
    ['a header of 17 KB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ])('with %s is refused in the shape of all errors', async (_name, text, status) => {
    const { url } = world();
    const answer = await sendRaw(url, text);
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(JSON.parse(body)).toEqual({ error: 'invalid_request', message: expect.any(String) as string });
  });

  test('that is garbage behind a download does not get into it', async () => {
    const { url, gitea } = await startWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    gitea.misbehave({ match: /attachments/, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /api/v1/extensions/taskserv/big/1.0.0 HTTP/1.1\r\nHost: a\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      if (chunks.push(chunk) === 1) socket.write('GARBAGE GARBAGE\r\n\r\n');
    });
    await once(socket, 'close');
    resolve();
    const answer = Buffer.concat(chunks);
    const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    expect(body.length).toBeLessThan(BIG.length);
    expect(body.equals(BIG.subarray(0, body.length))).toBe(true);
  });

  test('with the field __proto__ is answered like any other', async () => {
    const { url } = world();
    for (const path of [
      '/',
      '/api/v1/extensions',
      '/api/v1/extensions/provider/aws/1.0.0',
      '/api/v1/health',
      '/nope',
    ]) {
      const plain = await ask(url + path);
      const answer = await ask(url + path, { headers: { ['__proto__']: 'x', 'x-y': 'z' } });
      expect({ path, status: answer.status }).toEqual({ path, status: plain.status });
    }
    const raw = await sendRaw(
      url,
      'GET /api/v1/health/live HTTP/1.1\r\nHost: a\r\n__proto__: x\r\nConnection: close\r\n\r\n',
    );
    expect(raw.startsWith('HTTP/1.1 200')).toBe(true);
  });

  test('with a foreign or doubled Host is answered with nothing of it', async () => {
    const { url } = world();
    for (const host of [
      'Host: evil.example\r\n',
      'Host: a\r\nHost: evil.example\r\n',
      'Host: a\r\nX-Forwarded-Host: evil.example\r\n',
    ]) {
      const answer = await sendRaw(
        url,
        `GET /api/v1/extensions/provider/aws/latest HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      );
      expect(answer).not.toContain('evil.example');
    }
    const absolute = await sendRaw(
      url,
      'GET http://evil.example/api/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(absolute.startsWith('HTTP/1.1 200')).toBe(true);
  });

  test('with a token leaves no trace of it in the log', async () => {
    const { get, log, logged } = await startWorld();
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
