import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseVersion } from '../../../indexer/model/version.ts';
import { runIndexer, temporaryFolder, v1Of } from '../../builders.ts';
import { sharedWorld, startWorld } from '../../proxy/world.ts';
import { serveFolder } from '../../storage/static-server.ts';
import { askedOf, idOf, open } from './registries.ts';

const world = sharedWorld();
const AWS = idOf('provider/aws');

/** The same site by the proxy's URL, its folder, and the folder's file: URL. */
const PLACES = [
  ['a URL', () => `${world().url}/api/v1`],
  ['a URL with a slash at its end', () => `${world().url}/api/v1/`],
  ['a folder', () => v1Of(world().config)],
  ['a file: URL', () => pathToFileURL(v1Of(world().config)).href],
] as const;

describe.each(PLACES)('a site named by %s', (_, place) => {
  test('is told of', async () => {
    const registry = await open(place());
    expect(await registry.state()).toMatchObject({
      failures: [],
      offline: false,
      generation: 1,
      created: '2026-06-01T12:00:00Z',
      checkedAt: '2026-06-01T12:00:00Z',
      confirmedAt: '2026-06-01T12:00:00Z',
      counts: { extensions: 5, byType: { cluster: 1, provider: 2, taskserv: 2 } },
      sources: [{ name: 'gitea' }, { name: 'oci' }],
    });
  });

  test('lists, shows and finds its extensions', async () => {
    const registry = await open(place());
    expect((await registry.list()).map(({ type, name }) => `${type}/${name}`)).toEqual([
      'cluster/many',
      'provider/aws',
      'provider/both',
      'taskserv/big',
      'taskserv/redis',
    ]);
    expect(await registry.extension(AWS)).toMatchObject({
      version: '1.1.0+build.5',
      description: 'Amazon Web Services',
    });
    expect((await registry.versions(AWS)).map(({ version }) => version)).toEqual([
      '2.0.0-rc.1',
      '1.1.0+build.5',
      '1.0.0',
    ]);
    expect(await registry.search({ text: 'amazon' })).toEqual({
      found: [
        {
          id: 'provider/aws',
          version: '1.1.0+build.5',
          description: 'Amazon Web Services',
          author: expect.any(String),
          tags: ['cloud', 'amazon'],
          deprecated: false,
          score: expect.any(Number),
        },
      ],
      total: 1,
      complete: true,
    });
    const page = await registry.search({ text: '', type: 'taskserv', limit: 1 });
    expect([page.found.map(({ id }) => id), page.total]).toEqual([['taskserv/big'], 2]);
  });

  test('says what may have been meant', async () => {
    const registry = await open(place());
    expect(await registry.identify('redis')).toBe('taskserv/redis');
    expect(await registry.identify('taskserv/redis')).toBe('taskserv/redis');
    await expect(registry.identify('provider/awss')).rejects.toThrow('did you mean provider/aws?');
    await expect(registry.extension(idOf('provider/redis'))).rejects.toMatchObject({
      code: 'not_found',
      message: 'There is no extension "provider/redis"; did you mean taskserv/redis?',
    });
    await expect(registry.versions(idOf('provider/redis'))).rejects.toThrow('did you mean taskserv/redis?');
  });

  test('resolves a wish', async () => {
    const registry = await open(place());
    const choice = await registry.resolve({ id: AWS, range: '^1' });
    expect(choice).toMatchObject({ id: AWS, entry: { version: '1.1.0+build.5' }, warnings: [], generation: 1 });
    expect(choice.site).toBe((await registry.state()).site);
    await expect(registry.resolve({ id: AWS, range: 'latest', minAgeMs: 1 })).rejects.toMatchObject({
      code: 'refused',
    });
  });
});

describe('the requests of a process', () => {
  test('are one for each document, and no friendly path', async () => {
    const registry = await open(`${world().url}/api/v1`);
    await Promise.all([registry.list(), registry.list(), registry.versions(AWS)]);
    const asked = askedOf(registry);
    expect(asked.filter((each) => each === 'index.json 200')).toHaveLength(1);
    expect(asked.filter((each) => !/^(?:index\.json|by-hash\/sha256\/..\/[0-9a-f]{64}\.json) 200$/.test(each))).toEqual(
      [],
    );
  });

  test('are a single conditional one where everything is kept from an earlier process', async () => {
    const site = `${world().url}/api/v1`;
    const installed = [
      { id: AWS, version: parseVersion('1.0.0'), range: '^1' },
      { id: idOf('taskserv/redis'), version: parseVersion('7.2.0'), range: 'latest' },
      { id: idOf('taskserv/gone'), version: parseVersion('7.2.0'), range: 'latest' },
    ];
    const ask = async (cacheFolder?: string) => {
      const registry = await open(site, { ...(cacheFolder !== undefined && { cacheFolder }) });
      const updates = await registry.updates(installed);
      await Promise.all([registry.list(), registry.search({ text: 'redis' }), registry.identify('provider/aws')]);
      await registry.close();
      return { registry, updates };
    };
    const first = await ask();
    // What the site has not is looked up in the manifest, which is kept, too.
    const second = await ask(first.registry.cacheFolder);
    expect(askedOf(second.registry)).toEqual(['index.json 304']);
    expect(second.updates).toEqual(first.updates);
    expect(second.updates).toEqual([
      { id: AWS, current: '1.0.0', within: expect.objectContaining({ version: '1.1.0+build.5' }) },
    ]);
    expect(second.registry.events.filter((each) => each.fromCache).length).toBeGreaterThan(3);
  });

  test('ask again after one that failed', async () => {
    const folder = await temporaryFolder();
    const registry = await open(folder);
    await expect(registry.state()).rejects.toMatchObject({ code: 'unavailable' });
    await writeFile(join(folder, 'index.json'), await readFile(join(v1Of(world().config), 'index.json')));
    expect(await registry.state()).toMatchObject({ generation: 1 });
  });
});

describe('a generation', () => {
  test('stays the same for a process, and what it no longer has is not kept', async () => {
    const { gitea, config } = await startWorld();
    const { url: site } = await serveFolder(v1Of(config));
    const before = await open(site);
    await before.list();
    await before.versions(AWS);
    await before.close();
    const kept = await keptDocuments(before.cacheFolder);
    gitea.addRelease('acme', 'aws_prov', { tag: '1.2.0', assets: [{ name: 'aws_prov.tar.gz', content: 'newer' }] });
    const during = await open(site);
    await during.state();
    await runIndexer(config);
    expect((await during.versions(AWS)).map(({ version }) => version)).not.toContain('1.2.0');
    expect((await during.resolve({ id: AWS, range: 'latest' })).generation).toBe(1);
    const after = await open(site, { cacheFolder: before.cacheFolder });
    expect((await after.versions(AWS)).map(({ version }) => version)).toContain('1.2.0');
    expect((await after.resolve({ id: AWS, range: 'latest' })).generation).toBe(2);
    await after.list();
    expect((await keptDocuments(before.cacheFolder)).length).toBe(kept.length);
  });

  test('is refused where its pointer is newer than this program', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schema: 2 }));
    await expect((await open(folder)).list()).rejects.toMatchObject({
      code: 'invalid_site',
      message: expect.stringContaining('upgrade this program'),
    });
  });
});

describe('what is kept', () => {
  test('is asked for again where it is damaged or gone', async () => {
    const site = `${world().url}/api/v1`;
    const { cacheFolder, ...first } = await open(site);
    const list = await first.list();
    await first.close();
    for (const file of await keptDocuments(cacheFolder)) await writeFile(file, 'damaged');
    const second = await open(site, { cacheFolder });
    expect(await second.list()).toEqual(list);
    await second.close();
    await rm(join(cacheFolder, 'documents'), { recursive: true });
    expect(await (await open(site, { cacheFolder })).list()).toEqual(list);
    const records = (await readdir(join(cacheFolder, 'sites'))).map((each) => join(cacheFolder, 'sites', each));
    for (const damaged of ['{}', 'null', '', '{"schema":1,"site":']) {
      for (const record of records) await writeFile(record, damaged);
      expect(await (await open(site, { cacheFolder })).list()).toEqual(list);
    }
  });

  test('is nothing where the cache folder cannot be written, which the state tells', async () => {
    const file = join(await temporaryFolder(), 'a file');
    await writeFile(file, '');
    const registry = await open(`${world().url}/api/v1`, { cacheFolder: join(file, 'cache') });
    expect(await registry.list()).toHaveLength(5);
    expect((await registry.state()).cacheFault).toContain('Cannot write');
  });
});

async function keptDocuments(cacheFolder: string): Promise<string[]> {
  const root = join(cacheFolder, 'documents');
  const folders = await readdir(root);
  const files = await Promise.all(
    folders.map(async (each) => (await readdir(join(root, each))).map((name) => join(root, each, name))),
  );
  return files.flat();
}
