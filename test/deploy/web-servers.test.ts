import { once } from 'node:events';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOON, runIndexer, temporaryFolder } from '../builders.ts';
import { createAuthority } from '../http/certificates.ts';
import { ask } from '../proxy/http.ts';
import { AWS_1 } from '../proxy/world.ts';
import { findFreePort } from '../real/server-process.ts';
import { waitUntil } from '../real/wait-until.ts';
import { describeReads } from './reader-contract.ts';
import { startRegistry, type Registry } from './registry.ts';
import { startCaddy, startNginx, validateCaddy, type WebServer } from './web-servers.ts';

const SERVERS = [
  ['nginx', startNginx],
  ['Caddy', startCaddy],
] as const;

describe.each(SERVERS)('%s with the files of deploy/', (name, start) => {
  const closers: (() => Promise<unknown>)[] = [];
  const atEnd = (close: () => Promise<unknown>): void => void closers.push(close);
  let registry: Registry;
  let server: WebServer;

  beforeAll(async () => {
    registry = await startRegistry(atEnd);
    const { host } = new URL(registry.proxy.url);
    const site = registry.config.site.path;
    await mkdir(join(registry.v1, '.tmp'), { recursive: true });
    for (const file of ['.lock', '.tmp/1', '.digests.json', 'extensions/.hidden']) {
      await writeFile(join(registry.v1, file), 'secret');
    }
    server = await start({ folder: join(site, `.${name}`), site, proxies: [host, host] });
    atEnd(() => server.stop());
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  describeReads(() => ({ url: server.url, v1: registry.v1 }));

  const get = (path: string, headers = {}) => ask(`${server.url}/api/v1${path}`, { headers });

  test('answers documents from files alone', async () => {
    const logged = registry.proxy.log.length;
    for (const path of ['', '/extensions', '/extensions/provider/aws', '/nope']) await get(path);
    expect(registry.proxy.log.slice(logged)).toEqual([]);
  });

  test.each([
    { coding: 'gzip', end: 'gz', pack: gzipSync, unpack: gunzipSync },
    { coding: 'br', end: 'br', pack: brotliCompressSync, unpack: brotliDecompressSync },
  ])(
    'answers $coding where there is such a file, with a strong ETag of its own',
    async ({ coding, end, pack, unpack }) => {
      const file = join(registry.v1, 'extensions/provider/both/versions/index.json');
      const bytes = await readFile(file);
      const { mtime } = await stat(file);
      await writeFile(`${file}.${end}`, pack(bytes));
      await utimes(`${file}.${end}`, mtime, mtime);
      const path = '/extensions/provider/both/versions';
      const plain = await get(path);
      const packed = await get(path, { 'accept-encoding': coding });
      expect(packed.headers).toMatchObject({
        'content-encoding': coding,
        'content-type': 'application/json; charset=utf-8',
        vary: 'Accept-Encoding',
        etag: expect.stringMatching(/^"[^"]+"$/),
      });
      expect(unpack(packed.body).equals(bytes)).toBe(true);
      expect(packed.headers.etag).not.toBe(plain.headers.etag);
      const again = await get(path, { 'accept-encoding': coding, 'if-none-match': packed.headers.etag });
      expect(again.status).toBe(304);
      expect((await get(path, { 'if-none-match': packed.headers.etag })).status).toBe(200);
    },
  );

  test('gives every document that changes another ETag, however fast it does and though its length stays', async () => {
    await rm(join(registry.v1, '.lock'));
    const status = await get('/status');
    await runIndexer(registry.config, { now: () => NOON + 60_000 });
    const next = await get('/status', { 'if-none-match': status.headers.etag });
    expect(next.status).toBe(200);
    expect(next.headers.etag).not.toBe(status.headers.etag);
    expect(next.body.length).toBe(status.body.length);
  });

  test('serves the page, its own copy first', async () => {
    expect((await ask(`${server.url}/`)).text).toContain('Extension registry');
    expect((await ask(`${server.url}/schema/v1/item.schema.json`)).status).toBe(200);
    await writeFile(join(registry.config.site.path, 'index.html'), 'the copy');
    expect((await ask(`${server.url}/`)).text).toBe('the copy');
  });

  test('serves documents on without any proxy, and says what is not served', async () => {
    registry.proxy.app.server.closeAllConnections();
    await registry.proxy.app.close();
    expect((await get('/extensions/provider/aws')).status).toBe(200);
    expect((await get('/extensions/provider/nope')).status).toBe(404);
    for (const path of ['/extensions/provider/aws/1.0.0', '/health', '/extensions?type=provider']) {
      const { status, headers, json } = await get(path);
      expect({ path, status, json }).toMatchObject({ path, status: 503, json: { error: 'unavailable' } });
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
        'retry-after': '10',
      });
    }
  });
});

describe('Caddy', () => {
  test('takes the file for a name as well', async () => {
    expect(await validateCaddy(await temporaryFolder())).toContain('Valid configuration');
  });

  test('has each request of a document in its log', async () => {
    const closers: (() => Promise<unknown>)[] = [];
    const { config, proxy } = await startRegistry((close) => void closers.push(close));
    const { host } = new URL(proxy.url);
    const folder = join(config.site.path, '.caddy');
    const server = await startCaddy({ folder, site: config.site.path, proxies: [host, host] });
    closers.push(() => server.stop());
    try {
      await ask(`${server.url}/api/v1/extensions/provider/aws`);
      await waitUntil('its line', async () =>
        (await readFile(join(folder, 'server.log'), 'utf8')).includes('"uri":"/api/v1/extensions/provider/aws"'),
      );
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  });
});

describe('nginx', () => {
  test('serves over TLS with the lines that the file has for it', async () => {
    const closers: (() => Promise<unknown>)[] = [];
    const { config, proxy, v1 } = await startRegistry((close) => void closers.push(close));
    const { host } = new URL(proxy.url);
    const folder = await temporaryFolder();
    const authority = createAuthority('our CA', Date.now());
    const { cert, key } = authority.issue(['127.0.0.1']);
    const tls = { port: await findFreePort(), certificate: join(folder, 'site.pem'), key: join(folder, 'site.key') };
    await Promise.all([writeFile(tls.certificate, cert), writeFile(tls.key, key)]);
    const server = await startNginx({ folder, site: config.site.path, proxies: [host, host], tls });
    closers.push(() => server.stop());
    try {
      const options = { ca: authority.cert, agent: false };
      const get = async (path: string): Promise<Buffer> => {
        const [answer] = (await once(
          request(`https://127.0.0.1:${tls.port}/api/v1/${path}`, options).end(),
          'response',
        )) as [IncomingMessage];
        expect(answer.statusCode).toBe(200);
        return buffer(answer);
      };
      expect((await get('extensions')).equals(await readFile(join(v1, 'extensions/index.json')))).toBe(true);
      expect((await get('extensions/provider/aws/1.0.0')).equals(AWS_1)).toBe(true);
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  });

  test('compresses what has no such file, with the weak form of its ETag', async () => {
    const closers: (() => Promise<unknown>)[] = [];
    const { config, proxy } = await startRegistry((close) => void closers.push(close));
    const { host } = new URL(proxy.url);
    const server = await startNginx({
      folder: join(config.site.path, '.nginx'),
      site: config.site.path,
      proxies: [host, host],
    });
    closers.push(() => server.stop());
    try {
      const url = `${server.url}/api/v1/extensions`;
      const plain = await ask(url);
      const packed = await ask(url, { headers: { 'accept-encoding': 'gzip' } });
      expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', etag: `W/${plain.headers.etag}` });
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
      const again = await ask(url, { headers: { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag } });
      expect(again.status).toBe(304);
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  });
});
