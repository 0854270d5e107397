import { cp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseVersions } from '../../../cli/registry/checked-documents.ts';
import { createDocumentStore } from '../../../cli/registry/document-store.ts';
import type { Pointer } from '../../../indexer/model/documents.ts';
import { renderDocument } from '../../../indexer/site/documents.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import { temporaryFolder, v1Of } from '../../builders.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { entryOf, idOf, open } from './registries.ts';

const world = sharedWorld();
const AWS = idOf('provider/aws');

async function copyOfSite(): Promise<{ site: string; pointer: Pointer }> {
  const site = join(await temporaryFolder(), 'v1');
  await cp(v1Of(world().config), site, { recursive: true });
  return { site, pointer: JSON.parse(await readFile(join(site, 'index.json'), 'utf8')) as Pointer };
}

const writeJson = (site: string, file: string, value: unknown) => writeFile(join(site, file), JSON.stringify(value));

/** Publishes a manifest of these documents in the place of the site's. */
async function writeManifest(site: string, pointer: Pointer, documents: unknown): Promise<void> {
  const { bytes, reference } = renderDocument('manifest', { schema: 1, documents });
  await writeFile(join(site, 'manifest', 'index.json'), bytes);
  await writeJson(site, 'index.json', { ...pointer, generation: pointer.generation + 1, manifest: reference });
}

test('a registry whose manifest could not be read once reads it when it is there again', async () => {
  const { site, pointer } = await copyOfSite();
  const { manifest } = pointer;
  const files = [manifest.path, 'manifest/index.json'].map((each) => join(site, each));
  for (const file of files) await rename(file, `${file}.away`);
  const registry = await open(site);
  await expect(registry.versions(AWS)).rejects.toThrow('manifest');
  for (const file of files) await rename(`${file}.away`, file);
  expect(await registry.versions(AWS)).toHaveLength(3);
});

test.each([-5, 1.5, '5'])('a size of %j is none of an asset', (size) => {
  const asset = { name: 'a.tar.gz', size, media_type: 'application/gzip', download_url: '/a', locations: [] };
  const bytes = Buffer.from(JSON.stringify([{ ...entryOf('1.0.0'), assets: [asset] }]));
  expect(() => parseVersions(bytes, AWS)).toThrow('is not what a registry publishes');
});

describe('a pointer', () => {
  test.each<object>([
    { generation: -5 },
    { generation: 0 },
    { generation: 1.5 },
    { generation: '1' },
    { downloads: 5 },
    { counts: { extensions: 1, versions: 1 } },
    { counts: { extensions: 1, versions: 1, by_type: { provider: 'many' } } },
    { sources: [null] },
    { held: { since: '' } },
    { created: undefined },
  ])('with %j is none', async (wrong) => {
    const { site, pointer } = await copyOfSite();
    await writeJson(site, 'index.json', { ...pointer, ...wrong });
    await expect((await open(site)).state()).rejects.toMatchObject({
      code: 'invalid_site',
      message: expect.stringContaining('index.json is no whole pointer') as string,
    });
  });
});

describe('a manifest', () => {
  const PLACE = 'extensions/provider/aws/versions';

  test.each([[null], [{ digest: 'sha256:1', size: 1 }], [{ digest: `sha256:${'a'.repeat(64)}`, size: -1 }]])(
    'with %j for a document has no digest for it',
    async (entry) => {
      const { site, pointer } = await copyOfSite();
      await writeManifest(site, pointer, { [PLACE]: entry });
      await expect((await open(site)).versions(AWS)).rejects.toMatchObject({
        code: 'invalid_site',
        message: `${site}: manifest has no digest for ${PLACE}; publish the site again.`,
      });
    },
  );

  test.each([[null], [{ [PLACE]: null }]])(
    'of %j after another, and before another, is not stumbled over',
    async (bad) => {
      const { site, pointer } = await copyOfSite();
      const { documents } = JSON.parse(await readFile(join(site, 'manifest', 'index.json'), 'utf8')) as {
        documents: object;
      };
      const first = await open(site);
      expect(await first.versions(AWS)).toHaveLength(3);
      await first.close();
      const { cacheFolder } = first;
      await writeManifest(site, pointer, bad);
      const second = await open(site, { cacheFolder });
      await expect(second.versions(AWS)).rejects.toMatchObject({ code: 'invalid_site' });
      await second.close();
      await writeManifest(site, { ...pointer, generation: 2 }, documents);
      expect(await (await open(site, { cacheFolder })).versions(AWS)).toHaveLength(3);
    },
  );
});

test.each([[null], [{ a: null }], [{ a: { digest: 'md5:1', size: 1 } }], [5]])(
  'a kept record whose paths are %j knows none',
  async (paths) => {
    const cacheFolder = await temporaryFolder();
    const store = createDocumentStore(cacheFolder, Math.random);
    const digest = `sha256:${'a'.repeat(64)}`;
    const record = { schema: 1, site: 'a site', confirmed_at: '2026-01-01T00:00:00Z', pointer: '{}' };
    await store.keepRecord({ ...record, manifest: { digest, paths } } as never);
    expect(await store.readRecord('a site')).toEqual(record);
    expect(store.fault()).toBeUndefined();
  },
);

describe('what is longer than we read of anybody', () => {
  test('is too large, whatever size the site names', async () => {
    const { site, pointer } = await copyOfSite();
    const { manifest } = pointer;
    await rm(join(site, manifest.path));
    // Without a byte on the disk.
    await truncate(join(site, 'manifest', 'index.json'), 512 * 1024 * 1024 + 1);
    await writeJson(site, 'index.json', { ...pointer, manifest: { ...manifest, size: 1e12 } });
    await expect((await open(site)).versions(AWS)).rejects.toMatchObject({ code: 'too_large' });
  });

  test('is too large for a pointer, over HTTP as in a folder', async () => {
    const { site, pointer } = await copyOfSite();
    const body = JSON.stringify({ ...pointer, more: 'x'.repeat(1024 * 1024) });
    await writeFile(join(site, 'index.json'), body);
    const server = await startFakeServer(() => ({ status: 200, body: Buffer.from(body) }));
    onTestFinished(() => server.close());
    for (const place of [site, `${server.url}/v1`]) {
      await expect((await open(place)).state()).rejects.toMatchObject({ code: 'too_large' });
    }
  });
});
