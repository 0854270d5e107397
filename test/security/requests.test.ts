import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, sendRaw } from '../proxy/http.ts';
import { BIG, sharedSite, sharedWorld } from '../proxy/world.ts';
import { keptOf, PATHS } from './kept-answer.ts';

const world = sharedWorld();
const site = sharedSite();

describe('another method', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY'])(
    '%s is 405 on every path',
    async (method) => {
      const { url } = world();
      for (const path of PATHS) {
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
});

const SMUGGLED = 'GET /api/v1/health/live HTTP/1.1\r\nHost: a\r\n\r\n';

/** Media types that were read in two ways: by the router's parser and by the validator. */
const BODIES = [
  ['CVE-2025-32442', 'POST', 'Content-Length: 2\r\nContent-Type: APPLICATION/JSON ;charset=x\r\n', ['{}', 405]],
  ['CVE-2026-25223', 'POST', 'Content-Length: 2\r\nContent-Type: application/json\t\r\n', ['{}', 405]],
  ['CVE-2026-33806', 'PUT', 'Content-Length: 2\r\nContent-Type:  application/json\r\n', ['{}', 405]],
  ['GHSA-247c-9743-5963', 'PATCH', 'Transfer-Encoding: chunked\r\nContent-Type: a/b;\t\r\n', ['0\r\n\r\n', 405]],
  ['a body that is sent', 'GET', 'Content-Length: 5\r\n', ['hello', 400]],
  ['a body that is not sent', 'GET', 'Content-Length: 5\r\n', ['', 400]],
  ['a body of 2 MB that is announced', 'GET', 'Content-Length: 2000000\r\n', ['{', 400]],
  ['a chunked body', 'GET', 'Transfer-Encoding: chunked\r\n', ['0\r\n\r\n', 400]],
  ['a chunked body that does not begin', 'GET', 'Transfer-Encoding: chunked\r\n', ['', 400]],
  ['a body on HEAD', 'HEAD', 'Content-Length: 5\r\n', ['hello', 400]],
] as const;

describe('a body', () => {
  test.each(BODIES)('%s: %s with %j closes the connection unread', async (_id, ...[method, fields, [body, status]]) => {
    const { url } = world();
    const answer = await sendRaw(
      url,
      `${method} /api/v1/extensions HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}${SMUGGLED}`,
    );
    expect(answer.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  test('that is empty is none', async () => {
    const { get } = world();
    expect((await get('/health/live', { headers: { 'content-length': '0' } })).status).toBe(200);
  });
});

/** What one parser takes for one request and another for two. */
const AMBIGUOUS = [
  ['both lengths', 'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['two lengths', 'Host: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n', ''],
  ['two equal lengths', 'Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n', 'hello'],
  ['a list of lengths', 'Host: a\r\nContent-Length: 0, 0\r\n', ''],
  ['a signed length', 'Host: a\r\nContent-Length: +0\r\n', ''],
  ['a hexadecimal length', 'Host: a\r\nContent-Length: 0x5\r\n', 'hello'],
  ['a negative length', 'Host: a\r\nContent-Length: -1\r\n', ''],
  ['a coding before chunked', 'Host: a\r\nTransfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'],
  ['a coding after chunked', 'Host: a\r\nTransfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'],
  ['an unknown coding', 'Host: a\r\nTransfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['a space before the colon', 'Host: a\r\nTransfer-Encoding : chunked\r\n', '0\r\n\r\n'],
  ['a folded field', 'Host: a\r\nX: a\r\n b\r\n', ''],
  ['a bare CR in a field', 'Host: a\r\nX: a\rTransfer-Encoding: chunked\r\n', ''],
  ['a NUL in a field', 'Host: a\r\nX: a\0b\r\n', ''],
  ['a field without a name', 'Host: a\r\n: b\r\n', ''],
  ['no Host', '', ''],
] as const;

describe('request smuggling', () => {
  test.each(AMBIGUOUS)('(CVE-2026-1525): %s is refused, and nothing after it is read', async (_name, fields, body) => {
    const { url } = world();
    const answer = await sendRaw(url, `GET /api/v1/health/live HTTP/1.1\r\n${fields}\r\n${body}${SMUGGLED}`);
    expect(answer.slice(0, 13)).toBe('HTTP/1.1 400 ');
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
  });

  test.each([
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['a bare LF after each line', 'GET /api/v1/health/live HTTP/1.1\nHost: a\n\n', 400],
    ['a bare LF after one field', 'GET /api/v1/health/live HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 400],
    ['HTTP/2 without its negotiation', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a header of 17 KB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
    ['a target of 17 KB', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ])('%s is refused in the shape of all errors', async (_name, text, status) => {
    const { url } = world();
    const answer = await sendRaw(url, text);
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(JSON.parse(body)).toEqual({ error: 'invalid_request', message: expect.any(String) as string });
  });

  test('garbage behind a download does not get into it', async () => {
    const { url, gitea } = await site();
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
});

describe('CVE-2026-21710: a field named __proto__', () => {
  test.each(PATHS)('changes nothing at %s', async (path) => {
    const { url } = world();
    const plain = await keptOf(url + path);
    expect(await keptOf(url + path, { ['__proto__']: 'x', constructor: 'y' })).toEqual(plain);
    const twice = '__proto__: x\r\n__proto__: y\r\n';
    const raw = await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: a\r\n${twice}Connection: close\r\n\r\n`);
    expect(raw.startsWith(`HTTP/1.1 ${plain.status} `)).toBe(true);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    '%s as a parameter is any unknown parameter',
    async (name) => {
      const { url } = world();
      const plain = await keptOf(`${url}/api/v1/extensions?type=provider`);
      expect(await keptOf(`${url}/api/v1/extensions?type=provider&${name}=x&${name}[limit]=1`)).toEqual(plain);
    },
  );
});

describe('CVE-2026-21717: many names that fall into one bucket', () => {
  test('are bounded by the length of the URL and of the header', async () => {
    const { url, get } = world();
    const names = Array.from({ length: 1_000 }, (_, at) => `${at * 65_536}=`).join('&');
    expect((await get(`/extensions?${names}`)).status).toBe(414);
    const fields = Array.from({ length: 3_000 }, (_, at) => `X-${at}: a\r\n`).join('');
    expect(await sendRaw(url, `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
