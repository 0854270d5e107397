import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Progress, RegistryOptions } from '../../../cli/registry/registry.ts';
import { temporaryFolder, v1Of } from '../../builders.ts';
import { AWS_1, BIG, bytesOf, sharedWorld } from '../../proxy/world.ts';
import { idOf, open, partialsOf, serveAsset, sha256 } from './registries.ts';

const world = sharedWorld();
const SIZE = 300_000;
const CONTENT = bytesOf(SIZE, 'an asset');
const openWith = (proxy: string, overrides: Partial<RegistryOptions> = {}) =>
  open(v1Of(world().config), { proxy, ...overrides });

describe('fetch', () => {
  test('gives the verified bytes of the primary asset, from the proxy once and then from the cache', async () => {
    const registry = await open(`${world().url}/api/v1`);
    const choice = await registry.resolve({ id: idOf('provider/aws'), range: '1.0.0' });
    const fetched = await registry.fetch(choice);
    expect(fetched).toEqual({
      file: expect.stringContaining(registry.cacheFolder),
      name: 'aws_prov.tar.gz',
      size: AWS_1.length,
      digest: sha256(AWS_1),
      fromCache: false,
    });
    expect(await readFile(fetched.file)).toEqual(AWS_1);
    const asked = registry.events.length;
    expect(await registry.fetch(choice)).toEqual({ ...fetched, fromCache: true });
    expect(registry.events).toHaveLength(asked);
    expect(await partialsOf(registry.cacheFolder)).toEqual([]);
  });

  test('gives a named asset, whatever its name', async () => {
    const registry = await open(`${world().url}/api/v1`);
    const choice = await registry.resolve({ id: idOf('provider/aws'), range: '1.0.0' });
    const { file, name } = await registry.fetch(choice, { asset: 'notes für aws.txt' });
    expect([name, await readFile(file, 'utf8')]).toEqual(['notes für aws.txt', 'Grüße']);
    await expect(registry.fetch(choice, { asset: '../x' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'provider/aws 1.0.0 has no asset "../x"; name one of its assets: aws_prov.tar.gz, notes für aws.txt.',
    });
    const many = await registry.resolve({ id: idOf('cluster/many'), range: 'latest' });
    await expect(registry.fetch(many)).rejects.toThrow('has no primary asset; name one of its assets: ');
  });

  test('downloads a version with build metadata', async () => {
    const registry = await open(`${world().url}/api/v1`);
    const choice = await registry.resolve({ id: idOf('provider/aws'), range: 'latest' });
    expect(choice.entry.version).toBe('1.1.0+build.5');
    expect((await registry.fetch(choice)).digest).toBe(choice.entry.checksum);
  });

  test('asks for a proxy where a folder names none, and takes the one that is named', async () => {
    const folder = v1Of(world().config);
    const without = await open(folder);
    const choice = await without.resolve({ id: idOf('taskserv/big'), range: 'latest' });
    await expect(without.fetch(choice)).rejects.toMatchObject({
      code: 'config',
      message: `${folder} names no proxy to download from; pass --proxy with its URL, or write it to extensions.toml or EXTENSION_REGISTRY_PROXY.`,
    });
    const registry = await open(folder, { proxy: world().url });
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(BIG);
  });

  test('tells how far it is', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const seen: Progress[] = [];
    await (await openWith(server.url)).fetch(choice, { onProgress: (progress) => void seen.push(progress) });
    expect(seen[0]).toEqual({ receivedBytes: 0, totalBytes: SIZE, phase: 'download' });
    expect(seen.at(-1)).toEqual({ receivedBytes: SIZE, totalBytes: SIZE, phase: 'verify' });
    expect(seen.filter(({ phase }) => phase === 'download').at(-1)?.receivedBytes).toBe(SIZE);
    const grows = seen.every(
      (each, at) => at === 0 || seen[at - 1]!.phase !== each.phase || each.receivedBytes >= seen[at - 1]!.receivedBytes,
    );
    expect(grows).toBe(true);
  });

  test('gives an empty asset', async () => {
    const { server, choice } = await serveAsset(Buffer.alloc(0));
    const { file } = await (await openWith(server.url)).fetch(choice);
    expect((await stat(file)).size).toBe(0);
  });

  test('downloads again what was changed in the cache', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const registry = await openWith(server.url);
    const { file } = await registry.fetch(choice);
    for (const damage of [Buffer.from('short'), Buffer.alloc(SIZE)]) {
      await writeFile(file, damage);
      expect(await registry.fetch(choice)).toMatchObject({ file, fromCache: false });
      expect(await readFile(file)).toEqual(CONTENT);
    }
  });

  test('offline answers from the cache alone', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const online = await openWith(server.url);
    const offline = await openWith(server.url, { offline: true, cacheFolder: online.cacheFolder });
    await expect(offline.fetch(choice)).rejects.toMatchObject({
      code: 'unreachable',
      message: 'provider/aws 1.0.0 (aws.tar.gz) is not in the download cache; fetch it once without --offline.',
    });
    const { file } = await online.fetch(choice);
    expect(await offline.fetch(choice)).toMatchObject({ file, fromCache: true });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an asset without a digest', () => {
  test('is refused unless the caller allows it', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const { digest: _, ...asset } = choice.entry.assets[0]!;
    const unverified = { ...choice, entry: { ...choice.entry, assets: [asset] } };
    const registry = await openWith(server.url);
    await expect(registry.fetch(unverified)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('--allow-unverified'),
    });
    const fetched = await registry.fetch(unverified, { allowUnverified: true });
    expect(fetched).toMatchObject({ digest: sha256(CONTENT), fromCache: false });
  });
});

describe('the download cache', () => {
  test('that cannot be written is told of', async () => {
    const { server, choice } = await serveAsset(CONTENT);
    const file = join(await temporaryFolder(), 'a file');
    await writeFile(file, '');
    const registry = await openWith(server.url, { cacheFolder: join(file, 'cache') });
    await expect(registry.fetch(choice)).rejects.toMatchObject({ code: 'storage' });
  });
});
