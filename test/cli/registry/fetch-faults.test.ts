import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FetchOptions, RegistryOptions } from '../../../cli/registry/registry.ts';
import { v1Of } from '../../builders.ts';
import { serveContent } from '../../fakes/byte-ranges.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import type { Fault } from '../../fakes/faults.ts';
import { bytesOf, sharedWorld } from '../../proxy/world.ts';
import { expectNothingTrusted, open, partialsOf, serveAsset } from './registries.ts';

const world = sharedWorld();
const SIZE = 300_000;
const CONTENT = bytesOf(SIZE, 'an asset');
const openWith = (proxy: string, overrides: Partial<RegistryOptions> = {}) =>
  open(v1Of(world().config), { proxy, ...overrides });

const DOWNLOAD = /^GET \/api/;

describe('a body', () => {
  test.each<[what: string, fault: Fault]>([
    ['with a byte changed', { kind: 'wrongBytes' }],
    ['that is a page', { kind: 'garbage' }],
    ['that never ends', { kind: 'endless' }],
    ['that is longer', { kind: 'status', status: 200, body: 'x'.repeat(SIZE + 1) }],
    ['that is shorter', { kind: 'status', status: 200, body: 'x'.repeat(SIZE - 1) }],
  ])('%s is a digest_mismatch, and nothing of it stays', async (_, fault) => {
    const { server, choice } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, fault });
    const registry = await openWith(server.url);
    await expect(registry.fetch(choice)).rejects.toMatchObject({ code: 'digest_mismatch' });
    await expectNothingTrusted(registry.cacheFolder);
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
    server.heal();
    expect((await registry.fetch(choice)).fromCache).toBe(false);
  });

  test('that breaks off again and again goes on where it broke, by Range and If-Range', async () => {
    const { server, choice, digest } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, times: 5, fault: { kind: 'truncate', afterBytes: 50_000 } });
    const retry = { tries: 10, baseDelayMs: 1, maxDelayMs: 20 };
    const registry = await openWith(server.url, { retry });
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(CONTENT);
    const [first, ...others] = server.requests;
    expect([first!.headers.range, first!.status, others.length]).toEqual([undefined, 200, 5]);
    // How much of what was sent before a break arrives, is the network's matter.
    const offsets = others.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]));
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.at(-1)).toBeGreaterThan(0);
    expect(others.map(({ headers, status }) => [headers['if-range'], status])).toEqual(
      others.map(() => [`"${digest}"`, 206]),
    );
  });

  test('that never comes is unreachable after a few tries', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, fault: { kind: 'reset' } });
    const registry = await openWith(server.url);
    await expect(registry.fetch(choice)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.requests).toHaveLength(3);
  });

  test('that stands still is given up and gone on with', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'pause', afterBytes: 1_000 } });
    const registry = await openWith(server.url, { timeoutMs: 500 });
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(CONTENT);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-']);
  });

  test('that a server ends too early, each time, is unreachable', async () => {
    const server = await startFakeServer(() => ({ status: 200, body: CONTENT.subarray(0, 100), chunked: true }));
    onTestFinished(() => server.close());
    const { choice } = await serveAsset(CONTENT);
    const registry = await openWith(server.url);
    await expect(registry.fetch(choice)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('ended after 100 of 300000 bytes'),
    });
    await expectNothingTrusted(registry.cacheFolder);
  });

  test('from a server that knows no ranges is begun again', async () => {
    const server = await startFakeServer(() => ({ status: 200, body: CONTENT }));
    onTestFinished(() => server.close());
    const { choice } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'truncate', afterBytes: 1_000 } });
    expect(await readFile((await (await openWith(server.url)).fetch(choice)).file)).toEqual(CONTENT);
  });

  test('of another range than was asked for is refused', async () => {
    const { server: right, choice, digest } = await serveAsset(CONTENT);
    const server = await startFakeServer((request) => {
      const headers = { ...request.headers, range: request.headers.range && 'bytes=7-' } as typeof request.headers;
      return serveContent({ ...request, headers }, { content: CONTENT, headers: {}, etag: `"${digest}"` });
    });
    onTestFinished(() => server.close());
    server.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'pause', afterBytes: 1_000 } });
    const registry = await openWith(server.url, { timeoutMs: 500 });
    await expect(registry.fetch(choice)).rejects.toMatchObject({ code: 'bad_answer' });
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
    expect(await readFile((await (await openWith(right.url, registry)).fetch(choice)).file)).toEqual(CONTENT);
  });
});

describe('what an earlier run left', () => {
  async function interrupt(afterBytes: number) {
    const { server, choice, digest } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'pause', afterBytes } });
    const registry = await openWith(server.url);
    const interrupted = new AbortController();
    const onProgress: FetchOptions['onProgress'] = ({ receivedBytes }) => {
      if (receivedBytes === afterBytes) interrupted.abort(new Error('Interrupted.'));
    };
    await expect(registry.fetch(choice, { signal: interrupted.signal, onProgress })).rejects.toThrow('Interrupted.');
    server.forget();
    return { server, choice, digest, registry };
  }

  test('is gone on with by the next', async () => {
    const { server, choice, digest, registry } = await interrupt(200_000);
    const next = await openWith(server.url, { cacheFolder: registry.cacheFolder });
    const seen: number[] = [];
    const { file } = await next.fetch(choice, { onProgress: ({ receivedBytes }) => void seen.push(receivedBytes) });
    expect(await readFile(file)).toEqual(CONTENT);
    expect(seen[0]).toBe(200_000);
    expect(server.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      ['bytes=200000-', `"${digest}"`],
    ]);
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
  });

  test('is checked with the rest, and begun again where it is wrong', async () => {
    const { server, choice, registry } = await interrupt(200_000);
    const [left] = await partialsOf(registry.cacheFolder);
    await writeFile(join(registry.cacheFolder, 'downloads', 'partial', left!), Buffer.alloc(200_000));
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(CONTENT);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=200000-', undefined]);
  });

  test('is used whole where only the check was left', async () => {
    const { server, choice, digest, registry } = await interrupt(1_000);
    const folder = join(registry.cacheFolder, 'downloads', 'partial');
    await writeFile(join(folder, `${digest.slice(7)}.0-1-whole`), CONTENT);
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(CONTENT);
    expect(server.requests).toEqual([]);
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
  });

  test('is of no use where it is longer than the asset', async () => {
    const { server, choice, digest, registry } = await interrupt(1_000);
    const folder = join(registry.cacheFolder, 'downloads', 'partial');
    await writeFile(join(folder, `${digest.slice(7)}.0-1-long`), Buffer.alloc(SIZE + 1));
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(CONTENT);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-']);
  });

  test('is begun again where another process has taken it for a leftover', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const goOn = Promise.withResolvers<void>();
    server.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'pause', afterBytes: 1_000, until: goOn.promise } });
    const registry = await openWith(server.url);
    const onProgress: FetchOptions['onProgress'] = ({ receivedBytes, phase }) => {
      if (phase !== 'download' || receivedBytes !== 1_000) return;
      const removing = partialsOf(registry.cacheFolder).then((names) =>
        Promise.all(names.map((each) => rm(join(registry.cacheFolder, 'downloads', 'partial', each)))),
      );
      void removing.then(() => goOn.resolve());
    };
    expect(await readFile((await registry.fetch(choice, { onProgress })).file)).toEqual(CONTENT);
    expect(server.requests).toHaveLength(2);
  });

  test('is nothing to two downloads of one asset in one process', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const registry = await openWith(server.url);
    const [one, other] = await Promise.all([registry.fetch(choice), registry.fetch(choice)]);
    expect(one).toEqual(other);
    expect(await readFile(one.file)).toEqual(CONTENT);
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
  });
});
