import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ForwardProxy } from '../../../indexer/http/forward-proxies.ts';
import { v1Of } from '../../builders.ts';
import { startFakeServer, type FakeServer } from '../../fakes/fake-server.ts';
import type { Fault } from '../../fakes/faults.ts';
import { textReply } from '../../fakes/replies.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { open } from './registries.ts';

const world = sharedWorld();

/** A site whose pointer is answered first by these, one after the other, and then as it is. */
async function serveFirst(...faults: Fault[]): Promise<FakeServer> {
  const root = v1Of(world().config);
  const server = await startFakeServer(({ path }) => ({
    status: 200,
    headers: { 'content-type': 'application/json', etag: '"1"' },
    body: readFileSync(join(root, path.replace('/v1/', ''))),
  }));
  for (const fault of faults) server.misbehave({ match: /./, times: 1, fault });
  onTestFinished(() => server.close());
  return server;
}

describe('the pointer', () => {
  test('is asked for once where the answer is a usual one, and then by its ETag', async () => {
    const server = await serveFirst();
    const { cacheFolder, ...first } = await open(`${server.url}/v1`);
    const { generation } = await first.state();
    server.misbehave({ match: /./, fault: { kind: 'status', status: 304 } });
    const second = await open(`${server.url}/v1`, { cacheFolder });
    expect(await second.state()).toMatchObject({ generation, offline: false });
    expect(server.requests.map(({ path, headers }) => [path, headers['if-none-match']])).toEqual([
      ['/v1/index.json', undefined],
      ['/v1/index.json', '"1"'],
    ]);
  });

  test.each<[string, Fault]>([
    ['a server that fails', { kind: 'status', status: 503 }],
    ['a redirect', { kind: 'redirect', status: 302, location: '/v1/index.json' }],
    ['a body that is encoded though nobody asked', { kind: 'gzip' }],
    ['a body that is endless', { kind: 'endless' }],
    ['a body that breaks off', { kind: 'truncate', afterBytes: 10 }],
    ['a connection that breaks', { kind: 'reset' }],
  ])('is asked for again by the HTTP client after %s', async (_, fault) => {
    const server = await serveFirst(fault);
    expect(await (await open(`${server.url}/v1`)).state()).toMatchObject({ offline: false });
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/index.json', '/v1/index.json']);
  });

  test('is asked of the forward proxy where there is one', async () => {
    const proxy = await startFakeServer(() => textReply(502, 'no'));
    onTestFinished(() => proxy.close());
    const server = await serveFirst();
    const proxyFor = (): ForwardProxy => ({ url: new URL(proxy.url) });
    await expect((await open(`${server.url}/v1`, { network: { proxyFor } })).state()).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(server.requests).toEqual([]);
  });

  test('is waited for no longer than until the registry is closed', async () => {
    const server = await serveFirst();
    const asked = Promise.withResolvers<undefined>();
    const match = (): true => {
      asked.resolve(undefined);
      return true;
    };
    server.misbehave({ match, fault: { kind: 'hang' } });
    const registry = await open(`${server.url}/v1`, { timeoutMs: 60_000 });
    const failed = expect(registry.state()).rejects.toThrow('was not waited for');
    await asked.promise;
    await registry.close();
    await failed;
  });
});
