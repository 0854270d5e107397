import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RegistryOptions } from '../../../cli/registry/registry.ts';
import { v1Of } from '../../builders.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import { redirectReply } from '../../fakes/replies.ts';
import { bytesOf, sharedWorld } from '../../proxy/world.ts';
import { open, serveAsset } from './registries.ts';

const world = sharedWorld();
const SIZE = 300_000;
const CONTENT = bytesOf(SIZE, 'an asset');
const openWith = (proxy: string, overrides: Partial<RegistryOptions> = {}) =>
  open(v1Of(world().config), { proxy, ...overrides });

const DOWNLOAD = /^GET \/api/;

describe('a refusal of the proxy', () => {
  test.each<[status: number, code: string, says: string]>([
    [401, 'auth', 'pass --token-file'],
    [403, 'auth', 'does not let this credential have it'],
    [404, 'not_found', 'has no such file'],
    [409, 'digest_mismatch', 'no backend with the right bytes'],
    [429, 'rate_limit', 'asks us to slow down'],
    [500, 'bad_answer', 'failed within'],
    [502, 'unreachable', 'cannot reach its backend'],
    [503, 'rate_limit', 'is overloaded'],
    [504, 'timeout', 'had no answer of its backend in time'],
    [418, 'bad_answer', 'answered something unexpected'],
  ])('by %i is %s', async (status, code, says) => {
    const { server, choice } = await serveAsset(CONTENT);
    const body = JSON.stringify({ error: 'x', message: 'Its own\u001b[1m words.' });
    server.misbehave({ match: DOWNLOAD, fault: { kind: 'status', status, body } });
    const failing = (await openWith(server.url)).fetch(choice);
    await expect(failing).rejects.toMatchObject({ code, status });
    await expect(failing).rejects.toThrow(says);
    if (status !== 418) await expect(failing).rejects.toThrow('It says: Its own[1m words.');
  });

  test('for a moment is waited for', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    server.misbehave({ match: DOWNLOAD, times: 2, fault: { kind: 'status', status: 503, body: 'no JSON' } });
    expect((await (await openWith(server.url)).fetch(choice)).fromCache).toBe(false);
    expect(server.requests).toHaveLength(3);
  });
});

describe('the credential', () => {
  const bearer = { kind: 'bearer', value: 'the-secret' } as const;

  test.each([
    [bearer, { authorization: 'Bearer the-secret' }],
    [{ kind: 'api-key', value: 'the-secret' } as const, { 'x-api-key': 'the-secret' }],
  ])('goes to the proxy as %o', async (credential, headers) => {
    const { server, choice } = await serveAsset(CONTENT);
    await (await openWith(server.url, { credential })).fetch(choice);
    expect(server.requests[0]!.headers).toMatchObject(headers);
  });

  test.each([bearer, { kind: 'api-key', value: 'the-secret' } as const])(
    'stays behind where the proxy leads elsewhere: %o',
    async (credential) => {
      const storage = await serveAsset(CONTENT);
      const { choice } = storage;
      const path = choice.entry.assets[0]!.download_url;
      const server = await startFakeServer(() => redirectReply(302, storage.server.url + path));
      onTestFinished(() => server.close());
      expect(await readFile((await (await openWith(server.url, { credential })).fetch(choice)).file)).toEqual(CONTENT);
      expect(JSON.stringify(storage.server.requests[0]!.headers)).not.toContain('the-secret');
    },
  );

  test('is told to no site of another origin, and to nobody before the proxy is known', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const site = await startFakeServer(() => ({ status: 404 }));
    onTestFinished(() => site.close());
    for (const proxy of [{}, { proxy: server.url }]) {
      const registry = await open(`${site.url}/v1`, { credential: bearer, ...proxy });
      await expect(registry.fetch(choice).then(() => registry.list())).rejects.toThrow();
    }
    expect(site.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(site.requests)).not.toContain('the-secret');
    const same = await open(`${server.url}/v1`, { credential: bearer, proxy: server.url });
    await expect(same.list()).rejects.toThrow();
    expect(server.requests.at(-1)!.headers.authorization).toBe('Bearer the-secret');
  });

  test('is in no event', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const registry = await openWith(server.url, { credential: bearer });
    await registry.fetch(choice);
    expect(registry.events.at(-1)).toMatchObject({
      method: 'GET',
      url: `${server.url}/api/v1/extensions/provider/aws/1.0.0/aws.tar.gz`,
      status: 200,
      fromCache: false,
    });
    expect(JSON.stringify(registry.events)).not.toContain('the-secret');
  });
});
