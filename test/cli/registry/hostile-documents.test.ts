import { cp, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseVersions } from '../../../cli/registry/checked-documents.ts';
import type { Pointer } from '../../../indexer/model/documents.ts';
import { temporaryFolder, v1Of } from '../../builders.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { entryOf, idOf, open } from './registries.ts';

const world = sharedWorld();
const AWS = idOf('provider/aws');

test('a registry whose manifest could not be read once reads it when it is there again', async () => {
  const site = join(await temporaryFolder(), 'v1');
  await cp(v1Of(world().config), site, { recursive: true });
  const { manifest } = JSON.parse(await readFile(join(site, 'index.json'), 'utf8')) as Pointer;
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
