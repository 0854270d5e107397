import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Pointer } from '../../indexer/model/documents.ts';
import { ask, type Answer, type Ask } from '../proxy/http.ts';
import { AWS_1, AWS_1_1, digestOf } from '../proxy/world.ts';

/** A registry as its readers see it. */
export interface Reads {
  /** Without a slash at its end. */
  url: string;
  /** The folder of the published `v1`. */
  v1: string;
}

const DOCUMENT = 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400';
const POINTER = 'public, max-age=10, must-revalidate';
const PLAIN_PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const FOREVER = 'public, max-age=31536000, immutable';
const STRONG_ETAG = /^"[\x21\x23-\x7e]+"$/;

/** Each document by its three spellings. */
const DOCUMENTS: readonly [path: string, file: string, cacheControl: string][] = [
  ...(['', '/', '/index.json'] as const).map((each): [string, string, string] => [each, 'index.json', POINTER]),
  ...['extensions', 'extensions/provider/aws', 'extensions/provider/aws/versions', 'extensions/provider/aws/notes']
    .concat(['extensions/workflow/deploy', 'by-type/provider', 'by-source/oci', 'pages/1'])
    .concat(['search', 'memory', 'manifest'])
    .flatMap((path) => spellingsOf(path, DOCUMENT)),
  ...['status', 'crawl', 'generations'].flatMap((path) => spellingsOf(path, POINTER)),
];

function spellingsOf(path: string, cacheControl: string): [string, string, string][] {
  return ['', '/', '/index.json'].map((end) => [`/${path}${end}`, `${path}/index.json`, cacheControl]);
}

/** What every way of serving the registry must do for those who read it, the proxy alone or a web server before it. */
export function describeReads(reads: () => Reads): void {
  const get = (path: string, options?: Ask): Promise<Answer> => ask(`${reads().url}/api/v1${path}`, options);

  describe('documents', () => {
    test.each(DOCUMENTS)('answers %j with the file %s', async (path, file, cacheControl) => {
      const { status, headers, body } = await get(path);
      expect({ status, type: headers['content-type'] }).toEqual({
        status: 200,
        type: 'application/json; charset=utf-8',
      });
      expect(body.equals(await readFile(join(reads().v1, file)))).toBe(true);
      expect(headers).toMatchObject({
        'content-length': String(body.length),
        'cache-control': cacheControl,
        vary: 'Accept-Encoding',
        'x-content-type-options': 'nosniff',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      });
      expect(headers['access-control-expose-headers']).toContain('X-Total-Count');
      expect(headers.etag).toMatch(STRONG_ETAG);
    });

    test.each([
      ['/feeds/index.xml', 'application/atom+xml; charset=utf-8'],
      ['/feeds/by-type/provider.xml', 'application/atom+xml; charset=utf-8'],
      ['/html/index.html', 'text/html; charset=utf-8'],
    ])('whose path is their file, such as %s, are %s that cannot run anything', async (path, type) => {
      const { status, headers, body } = await get(path);
      expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type });
      expect(body.equals(await readFile(join(reads().v1, path)))).toBe(true);
      expect(headers).toMatchObject({ 'cache-control': DOCUMENT, 'content-security-policy': PLAIN_PAGE_POLICY });
    });

    test('are found by their bytes, immutable', async () => {
      const { manifest } = (await get('')).json as Pointer;
      const answer = await get(`/${manifest.path}`);
      expect(answer.status).toBe(200);
      expect(answer.body.equals((await get('/manifest')).body)).toBe(true);
      expect(answer.headers['cache-control']).toBe(FOREVER);
    });

    test('answer HEAD with the same fields and no body', async () => {
      const whole = await get('/extensions');
      const head = await get('/extensions', { method: 'HEAD' });
      const { date: _date, 'x-request-id': _id, connection: _connection, ...fields } = whole.headers;
      expect({ status: head.status, length: head.body.length }).toEqual({ status: 200, length: 0 });
      expect(head.headers).toMatchObject(fields);
    });

    test.each(['/extensions', '', '/extensions/provider/aws', '/status'])(
      'answer 304 to the current ETag of %j',
      async (path) => {
        const { headers } = await get(path);
        for (const field of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
          const again = await get(path, { headers: { 'if-none-match': field } });
          expect({ field, status: again.status, length: again.body.length }).toEqual({ field, status: 304, length: 0 });
          expect(again.headers).toMatchObject({
            etag: headers.etag,
            'cache-control': headers['cache-control'],
            vary: 'Accept-Encoding',
            'access-control-allow-origin': '*',
          });
        }
        expect((await get(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
      },
    );

    test.each([
      '/nope',
      '/by-type/none',
      '/pages/2',
      '/extensions/provider',
      '/extensions/provider/nope',
      '/extensions/provider/index.json',
      '/extensions/provider/nope/versions',
      `/by-hash/sha256/00/${'0'.repeat(64)}.json`,
      '/extensions/provider/aws/1.0.0/index.json',
    ])('that are not there are a 404 in JSON that everybody may read, such as %s', async (path) => {
      const { status, headers, json } = await get(path);
      expect({ status, json }).toMatchObject({
        status: 404,
        json: { error: 'not_found', message: expect.any(String) },
      });
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'public, max-age=10',
        'access-control-allow-origin': '*',
      });
    });

    test.each(['/.lock', '/.tmp/1', '/.digests.json', '/extensions/.hidden', '/%2elock', '/../../../etc/passwd'])(
      'do not include %s',
      async (path) => {
        const { status, text } = await get(path);
        expect([400, 404]).toContain(status);
        expect(text).not.toContain('secret');
      },
    );
  });

  describe('what else is asked', () => {
    test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('refuses %s with the methods that there are', async (method) => {
      const { status, headers, json } = await get('/extensions', { method });
      expect({ status, json, allow: headers.allow }).toMatchObject({
        status: 405,
        json: { error: 'method_not_allowed' },
        allow: 'GET, HEAD',
      });
    });

    test('answers preflight requests', async () => {
      const asking = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
      for (const path of ['/extensions', '/extensions/provider/aws', '/extensions/provider/aws/1.0.0']) {
        const { status, headers } = await get(path, { method: 'OPTIONS', headers: asking });
        expect({ path, status, methods: headers['access-control-allow-methods'] }).toEqual({
          path,
          status: 204,
          methods: 'GET, HEAD',
        });
        expect(headers['access-control-allow-origin']).toBe('*');
      }
    });

    test('answers queries', async () => {
      const page = await get('/extensions?type=provider&limit=1');
      expect(page).toMatchObject({ status: 200, json: [{ name: 'aws' }] });
      expect(page.headers).toMatchObject({ 'x-total-count': '2', link: expect.stringContaining('rel="next"') });
      expect((await get('/extensions/search?q=memory')).json).toMatchObject([{ name: 'redis' }]);
      expect((await get('/extensions/?type=workflow')).json).toMatchObject([{ name: 'deploy' }]);
      expect((await get('/extensions?type=nope')).json).toMatchObject({ error: 'invalid_type' });
      expect((await get('/extensions?')).json).toHaveLength(6);
    });

    test.each(['/health', '/health/live', '/health/ready', '/cache/stats', '/metrics'])('answers %s', async (path) => {
      const { status, headers } = await get(path);
      expect({ status, cacheControl: headers['cache-control'] }).toEqual({ status: 200, cacheControl: 'no-store' });
    });
  });

  describe('downloads', () => {
    test.each([
      ['/extensions/provider/aws/1.0.0', AWS_1],
      ['/extensions/provider/aws/1.1.0+build.5', AWS_1_1],
      ['/extensions/provider/aws/1.1.0%2Bbuild.5', AWS_1_1],
      ['/extensions/provider/aws/1.0.0/aws_prov.tar.gz', AWS_1],
      ['/extensions/provider/aws/1.0.0/notes%20f%C3%BCr%20aws.txt', Buffer.from('Grüße')],
      ['/extensions/workflow/deploy/1.0.0', Buffer.from('a workflow')],
    ])('answers %s whole', async (path, bytes) => {
      const { status, headers, body } = await get(path);
      expect({ status, same: body.equals(bytes) }).toEqual({ status: 200, same: true });
      expect(headers).toMatchObject({
        etag: `"${digestOf(bytes)}"`,
        'content-disposition': expect.stringContaining('attachment'),
        'access-control-allow-origin': '*',
        'cache-control': FOREVER,
      });
    });

    test('answers a range, a condition and HEAD', async () => {
      const path = '/extensions/provider/aws/1.0.0';
      const part = await get(path, { headers: { range: 'bytes=10-19' } });
      expect({ status: part.status, same: part.body.equals(AWS_1.subarray(10, 20)) }).toEqual({
        status: 206,
        same: true,
      });
      expect((await get(path, { headers: { 'if-none-match': `"${digestOf(AWS_1)}"` } })).status).toBe(304);
      const head = await get(path, { method: 'HEAD' });
      expect(head.headers['content-length']).toBe(String(AWS_1.length));
    });

    test('leads from a range of versions to the exact one', async () => {
      for (const wish of ['latest', '%5E1.0', '1.x', 'v1.1.0+build.5']) {
        const { status, headers } = await get(`/extensions/provider/aws/${wish}`);
        expect({ wish, status, location: headers.location }).toEqual({
          wish,
          status: 302,
          location: '1.1.0%2Bbuild.5',
        });
      }
    });

    test.each([
      ['/extensions/provider/aws/9.9.9', 404, 'not_found'],
      ['/extensions/provider/aws/not%20a%20version', 400, 'invalid_version'],
      ['/extensions/provider/aws/1.0.0/no-such-file', 404, 'not_found'],
    ])('answers %s with %i %s', async (path, status, error) => {
      const answer = await get(path);
      expect({ status: answer.status, body: answer.json }).toMatchObject({ status, body: { error } });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    });
  });
}
