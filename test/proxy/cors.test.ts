import { describe, expect, test } from 'vitest';
import { sharedWorld, startProxy } from './world.ts';

const world = sharedWorld();
import { ask } from './http.ts';

const DOWNLOAD = '/extensions/provider/aws/1.0.0';
const EXPOSED =
  'ETag, Link, X-Total-Count, Content-Disposition, Content-Range, Accept-Ranges, Repr-Digest, Retry-After, X-Request-Id';

async function startWith(corsOrigins: string[]) {
  const { config } = world();
  return startProxy({ ...config, server: { ...config.server, corsOrigins } });
}

describe('CORS for everybody', () => {
  test('is said on every answer, errors and 304 included', async () => {
    const { get } = await startWith(['*']);
    const { headers } = await get('/extensions');
    const asks = [
      get('/extensions', { headers: { origin: 'https://a.example' } }),
      get('/extensions', { headers: { 'if-none-match': headers.etag } }),
      get(DOWNLOAD),
      get(DOWNLOAD, { method: 'HEAD' }),
      get(DOWNLOAD, { headers: { range: 'bytes=0-1' } }),
      get('/extensions/provider/aws/latest'),
      get('/nope'),
      get('/extensions/provider/%zz'),
      get('/health'),
    ];
    for (const answer of await Promise.all(asks)) {
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      // A browser takes what is said of the body from the answer that it has kept (RFC 9111, section 3.2).
      const ofBodies = answer.status === 304 ? [undefined, undefined] : [EXPOSED, 'cross-origin'];
      const { 'access-control-expose-headers': exposed, 'cross-origin-resource-policy': policy } = answer.headers;
      expect([exposed, policy]).toEqual(ofBodies);
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      expect(answer.headers.vary ?? '').not.toContain('Origin');
    }
  });

  test('answers preflight requests on every path', async () => {
    const { url } = await startWith(['*']);
    for (const path of ['/api/v1/extensions', `/api/v1${DOWNLOAD}`, '/nope']) {
      const answer = await ask(url + path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://a.example',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'if-none-match',
        },
      });
      expect({ status: answer.status, length: answer.body.length }).toEqual({ status: 204, length: 0 });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'Accept, If-Match, If-None-Match, If-Range, Range',
        'access-control-max-age': '86400',
      });
    }
  });
});

describe('CORS for some', () => {
  test('names the origin that asks, and varies', async () => {
    const { get } = await startWith(['https://a.example', 'https://b.example:8443']);
    for (const origin of ['https://a.example', 'https://b.example:8443']) {
      for (const path of ['/extensions', DOWNLOAD, '/nope']) {
        const { headers } = await get(path, { headers: { origin } });
        expect(headers['access-control-allow-origin']).toBe(origin);
        expect(headers.vary).toContain('Origin');
      }
    }
    expect((await get('/extensions', { headers: { origin: 'https://a.example' } })).headers.vary).toBe(
      'Origin, Accept-Encoding',
    );
  });

  test.each([undefined, 'https://evil.example', 'https://a.example.evil.example', 'null', 'http://a.example'])(
    'tells %s nothing, and varies all the same',
    async (origin) => {
      const { get } = await startWith(['https://a.example']);
      for (const path of ['/extensions', DOWNLOAD]) {
        const { headers } = await get(path, { headers: origin === undefined ? {} : { origin } });
        expect(headers['access-control-allow-origin']).toBeUndefined();
        expect(headers['cross-origin-resource-policy']).toBeUndefined();
        expect(headers.vary).toContain('Origin');
      }
    },
  );
});

describe('CORS for nobody', () => {
  test('says nothing, and has no preflight', async () => {
    const { get, url } = await startWith([]);
    const { headers } = await get('/extensions', { headers: { origin: 'https://a.example' } });
    expect(Object.keys(headers).filter((each) => each.startsWith('access-control'))).toEqual([]);
    expect(headers.vary).toBe('Accept-Encoding');
    const preflight = await ask(`${url}/api/v1/extensions`, { method: 'OPTIONS' });
    expect({ status: preflight.status, allow: preflight.headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });
});
