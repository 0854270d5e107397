import { describe, expect, test } from 'vitest';
import { blobOf } from '../../indexer/site/layout.ts';
import { parseDigest } from '../../indexer/model/digest.ts';
import type { Manifest } from '../../indexer/model/documents.ts';
import { runIndexer } from '../builders.ts';
import { atomFaults } from '../markup/atom-rules.ts';
import { htmlFaults } from '../markup/html-rules.ts';
import { ask } from './http.ts';
import { sharedWorld, startWorld } from './world.ts';

const world = sharedWorld();
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const FILES = [
  ['/feeds/index.xml', 'application/atom+xml', POLICY],
  ['/feeds/by-type/provider.xml', 'application/atom+xml', POLICY],
  ['/html/index.html', 'text/html', POLICY],
  ['/html/by-type/provider/a.html', 'text/html', POLICY],
  ['/badges/provider/aws.json', 'application/json', undefined],
] as const;

describe('a feed, page or badge', () => {
  test.each(FILES)('at %s is sent as %s', async (path, mediaType, policy) => {
    const { get } = world();
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': `${mediaType}; charset=utf-8`,
      'cache-control': 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      vary: 'Accept-Encoding',
    });
    expect(answer.headers['content-security-policy']).toBe(policy);
    const again = await get(path, { headers: { 'if-none-match': answer.headers.etag } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await get(path, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(answer.body.length),
      0,
    ]);
  });

  test('is what the standards ask for', async () => {
    const { get } = world();
    expect(atomFaults((await get('/feeds/index.xml')).text)).toEqual([]);
    expect(htmlFaults((await get('/html/by-type/provider/a.html')).text)).toEqual([]);
    expect((await get('/badges/provider/aws.json')).json).toEqual({
      schemaVersion: 1,
      label: 'aws',
      message: '1.1.0+build.5',
      color: 'blue',
    });
  });

  test('is compressed as other documents are', async () => {
    const { get } = world();
    const packed = await get('/html/by-type/provider/a.html', { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'text/html; charset=utf-8' });
  });

  test.each(['/feeds/index.xml/', '/html/', '/html/index.html/', '/badges/provider/aws.json/'])(
    'has one spelling, which %s is not, also when it is in memory',
    async (path) => {
      const { get } = world();
      for (const [file] of FILES) await get(file);
      expect((await get(path)).status).toBe(400);
    },
  );

  test.each([
    '/feeds/index.xml/index.json',
    '/feeds',
    '/feeds/nothing.xml',
    '/badges/provider/aws',
    '/sitemap/index.xml',
  ])('is not at %s', async (path) => {
    const { get } = world();
    for (const [file] of FILES) await get(file);
    expect((await get(path)).status).toBe(404);
  });

  test('by its digest is bytes under a name that ends in .json, which no browser shows as a page', async () => {
    const { get, url } = world();
    const page = await get('/html/index.html');
    const { documents } = (await get('/manifest')).json as Manifest;
    const file = blobOf(parseDigest(String(documents['html/index.html']?.digest)));
    for (let time = 0; time < 2; time += 1) {
      const { headers, text } = await ask(`${url}/api/v1/${file}`);
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      expect(text).toBe(page.text);
    }
    expect((await get('/html/index.html')).headers['content-type']).toBe('text/html; charset=utf-8');
  });
});

test('a badge of an extension named index is served under its literal name', async () => {
  const { get, gitea, config, clock } = await startWorld();
  gitea.addRepository('acme', { name: 'index_prov' });
  gitea.addRelease('acme', 'index_prov', { tag: '1.0.0', assets: [{ name: 'index_prov.tar.gz', content: 'index' }] });
  await runIndexer(config);
  clock.nowMs += 2_000;
  for (let time = 0; time < 2; time += 1) {
    expect((await get('/badges/provider/index.json')).json).toMatchObject({ label: 'index', message: '1.0.0' });
  }
});
