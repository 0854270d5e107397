import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openReader } from '../../indexer/storage/open-reader.ts';
import { temporaryFolder } from '../builders.ts';

const OPTIONS = { timeoutMs: 2_000, random: () => 0.5 };

/** A web server that answers each path with its own text, and 404 or 500 where the path says so. */
async function startWebServer() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const status = path.includes('missing') ? 404 : path.includes('forbidden') ? 403 : 200;
    response.writeHead(status).end(`bytes of ${path}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function open(place: string) {
  const reader = openReader(place, OPTIONS);
  onTestFinished(() => reader.close());
  return reader;
}

describe('openReader', () => {
  test('reads a folder by its path and by its file: URL', async () => {
    const folder = join(await temporaryFolder(), 'my site');
    await mkdir(folder);
    await writeFile(join(folder, 'index.json'), '{}');
    for (const place of [folder, pathToFileURL(folder).href]) {
      const reader = await open(place);
      expect(reader.name).toBe(folder);
      expect((await reader.read('index.json'))?.toString()).toBe('{}');
      expect(await reader.read('extensions/index.json')).toBeUndefined();
    }
  });

  test.each(['/registry/api/v1', '/registry/api/v1/'])(
    'reads files below an HTTP URL that ends in %s',
    async (path) => {
      const { url, asked } = await startWebServer();
      const reader = await open(url + path);
      expect((await reader.read('extensions/index.json'))?.toString()).toBe(
        'bytes of /registry/api/v1/extensions/index.json',
      );
      expect(await reader.read('missing/index.json')).toBeUndefined();
      expect(asked).toHaveLength(2);
    },
  );

  test('tells any other answer than the file or its absence', async () => {
    const { url } = await startWebServer();
    const reader = await open(`${url}/v1`);
    await expect(reader.read('forbidden')).rejects.toMatchObject({ code: 'auth', status: 403 });
  });

  test('stops at as many bytes as are allowed', async () => {
    const { url } = await startWebServer();
    const reader = await open(`${url}/v1`);
    await expect(reader.read('extensions/index.json', 10)).rejects.toMatchObject({ code: 'too_large' });
  });

  test.each(['../x', '/x', '//evil.example.org/x', 'http://evil.example.org/x', 'a/../../x', '\\..\\x'])(
    'never asks outside its URL for %j',
    async (file) => {
      const { url, asked } = await startWebServer();
      const reader = await open(`${url}/registry/v1`);
      await expect(reader.read(file)).rejects.toMatchObject({ code: 'storage' });
      expect(asked).toEqual([]);
    },
  );
});
