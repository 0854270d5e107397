import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { blobOf } from '../../indexer/site/layout.ts';
import { parseDigest } from '../../indexer/model/digest.ts';
import type { Pointer } from '../../indexer/model/documents.ts';
import { runIndexer, v1Of } from '../builders.ts';
import { sharedWorld, startProxy, startWorld } from './world.ts';

const world = sharedWorld();

const DOCUMENT = 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400';
const POINTER = 'public, max-age=10, must-revalidate';

describe('GET a document', () => {
  test.each([
    ['', 'index.json', POINTER],
    ['/', 'index.json', POINTER],
    ['/index.json', 'index.json', POINTER],
    ['/extensions', 'extensions/index.json', DOCUMENT],
    ['/extensions/', 'extensions/index.json', DOCUMENT],
    ['/extensions/index.json', 'extensions/index.json', DOCUMENT],
    ['/extensions?', 'extensions/index.json', DOCUMENT],
    ['/extensions/provider/aws', 'extensions/provider/aws/index.json', DOCUMENT],
    ['/extensions/provider/aws/', 'extensions/provider/aws/index.json', DOCUMENT],
    ['/extensions/provider/aws/index.json', 'extensions/provider/aws/index.json', DOCUMENT],
    ['/extensions/provider/aws/versions', 'extensions/provider/aws/versions/index.json', DOCUMENT],
    ['/extensions/provider/aws/versions/', 'extensions/provider/aws/versions/index.json', DOCUMENT],
    ['/extensions/provider/aws/versions/index.json', 'extensions/provider/aws/versions/index.json', DOCUMENT],
    ['/extensions/provider/aws/notes', 'extensions/provider/aws/notes/index.json', DOCUMENT],
    ['/extensions/provider/aws/notes/index.json', 'extensions/provider/aws/notes/index.json', DOCUMENT],
    ['/by-type/provider', 'by-type/provider/index.json', DOCUMENT],
    ['/by-source/oci/index.json', 'by-source/oci/index.json', DOCUMENT],
    ['/pages/1/', 'pages/1/index.json', DOCUMENT],
    ['/search', 'search/index.json', DOCUMENT],
    ['/memory', 'memory/index.json', DOCUMENT],
    ['/manifest', 'manifest/index.json', DOCUMENT],
    ['/status', 'status/index.json', POINTER],
    ['/crawl/index.json', 'crawl/index.json', POINTER],
    ['/generations', 'generations/index.json', POINTER],
  ])('answers %j with the file %s', async (path, file, cacheControl) => {
    const { get, config } = world();
    const { status, headers, body } = await get(path);
    expect(status).toBe(200);
    expect(body.equals(await readFile(join(v1Of(config), file)))).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      'cache-control': cacheControl,
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  test('answers HEAD with the same fields and no body', async () => {
    const { get } = world();
    const whole = await get('/extensions');
    const head = await get('/extensions', { method: 'HEAD' });
    const { date: _date, 'x-request-id': _id, ...fields } = whole.headers;
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject(fields);
    expect(head.body.length).toBe(0);
  });

  test('answers a document by its bytes, immutable', async () => {
    const { get } = world();
    const { manifest } = (await get('')).json as Pointer;
    const answer = await get(`/${manifest.path}`);
    expect(answer.status).toBe(200);
    expect(answer.body.equals((await get('/manifest')).body)).toBe(true);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  test('answers a document of an earlier generation by its bytes', async () => {
    const { get, config, gitea, clock } = await startWorld();
    const { manifest } = (await get('')).json as Pointer;
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'new' }] });
    await runIndexer(config);
    clock.nowMs += 1_000;
    expect((await get('')).json).toMatchObject({ generation: 2 });
    expect((await get(`/${manifest.path}`)).json).toMatchObject({ schema: 1 });
  });

  test('refuses bytes that are not those of their name', async () => {
    const { get, config } = await startWorld();
    const digest = parseDigest(`sha256:${'0'.repeat(64)}`);
    await mkdir(join(v1Of(config), 'by-hash/sha256/00'), { recursive: true });
    await writeFile(join(v1Of(config), blobOf(digest)), '{}');
    const answer = await get(`/${blobOf(digest)}`);
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ error: 'unavailable' });
    expect(answer.text).not.toContain(config.site.path);
  });

  test.each([
    ['/nope', 404, 'not_found'],
    ['/by-type/none', 404, 'not_found'],
    ['/pages/2', 404, 'not_found'],
    ['/by-hash/sha256/ab/abc.json', 404, 'not_found'],
    [`/by-hash/sha256/00/${'0'.repeat(64)}.json`, 404, 'not_found'],
    [`/by-hash/sha256/ff/${'0'.repeat(64)}.json`, 404, 'not_found'],
    ['/stray.json', 404, 'not_found'],
    ['/extensions/provider/nope', 404, 'not_found'],
    ['/extensions/provider/nope/versions', 404, 'not_found'],
    ['/extensions/plugin/aws', 400, 'invalid_type'],
    ['/extensions/plugin/aws/notes', 400, 'invalid_type'],
    ['/extensions/provider/AWS', 400, 'invalid_request'],
    ['/extensions/provider/index.json', 404, 'not_found'],
    ['/extensions/search/aws', 400, 'invalid_type'],
    ['/extensions/provider/aws/1.0.0/index.json', 404, 'not_found'],
    ['/extensions/provider/aws/1.0.0/', 404, 'not_found'],
    ['/extensions/provider/aws/latest/', 404, 'not_found'],
    ['/extensions/provider/aws/1.0.0/aws_prov.tar.gz/more', 404, 'not_found'],
  ])('answers %s with %i %s', async (path, status, error) => {
    const { get } = world();
    const answer = await get(path);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status, body: { error } });
    expect(answer.headers['cache-control']).toBe(status === 404 ? 'public, max-age=10' : 'no-store');
  });

  test('whatever it is told to expect', async () => {
    const { get } = world();
    const answer = await get('/extensions', { headers: { expect: 'the unexpected' } });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
  });

  test('names the types that there are', async () => {
    const { get } = world();
    expect((await get('/extensions/plugin/aws')).json).toEqual({
      error: 'invalid_type',
      message: '"plugin" is no type of extension; use cluster, provider, taskserv.',
    });
  });
});

describe('conditional requests', () => {
  test('answer 304 to the current ETag, without a body', async () => {
    const { get } = world();
    const { headers } = await get('/extensions');
    for (const field of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
      const again = await get('/extensions', { headers: { 'if-none-match': field } });
      expect(again.status).toBe(304);
      expect(again.body.length).toBe(0);
      expect(again.headers).toMatchObject({
        etag: headers.etag,
        'cache-control': DOCUMENT,
        vary: 'Accept-Encoding',
        'access-control-allow-origin': '*',
      });
      expect(again.headers['content-length']).toBeUndefined();
    }
    expect((await get('/extensions', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });
});

describe('compression', () => {
  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const)('sends %s with an ETag of its own', async (coding, decompress) => {
    const { get } = world();
    const plain = await get('/extensions');
    const packed = await get('/extensions', { headers: { 'accept-encoding': coding } });
    expect(packed.headers).toMatchObject({
      'content-encoding': coding,
      'content-length': String(packed.body.length),
      vary: 'Accept-Encoding',
      etag: plain.headers.etag?.replace(/"$/, `-${coding}"`),
    });
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(decompress(packed.body).equals(plain.body)).toBe(true);
    const again = await get('/extensions', {
      headers: { 'accept-encoding': coding, 'if-none-match': packed.headers.etag },
    });
    expect(again.status).toBe(304);
    const other = await get('/extensions', { headers: { 'if-none-match': packed.headers.etag } });
    expect(other.status).toBe(200);
  });

  test('leaves small documents as they are', async () => {
    const { get } = world();
    const { headers } = await get('/extensions/provider/aws/notes', { headers: { 'accept-encoding': 'br' } });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('Accept-Encoding');
  });

  test('is off where the configuration says so', async () => {
    const { config } = world();
    const server = { ...config.server, enableCompression: false };
    const { get } = await startProxy({ ...config, server });
    expect(
      (await get('/extensions', { headers: { 'accept-encoding': 'br' } })).headers['content-encoding'],
    ).toBeUndefined();
  });
});
