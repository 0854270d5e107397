import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Manifest, Pointer } from '../../../indexer/model/documents.ts';
import { renderDocument } from '../../../indexer/site/documents.ts';
import { NOON, runIndexer, temporaryFolder, v1Of } from '../../builders.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import { textReply } from '../../fakes/replies.ts';
import { sharedWorld, startWorld } from '../../proxy/world.ts';
import { serveFolder } from '../../storage/static-server.ts';
import { askedOf, idOf, open } from './registries.ts';

const world = sharedWorld();
const AWS = idOf('provider/aws');
const DAY_MS = 86_400_000;

/** Nobody listens at the discard port. */
const NOBODY = 'http://127.0.0.1:9/v1';

async function copyOf(folder: string): Promise<string> {
  const copy = join(await temporaryFolder(), 'v1');
  await cp(folder, copy, { recursive: true });
  return copy;
}

describe('mirrors', () => {
  test('are tried in their order, and the state says why one was of no use', async () => {
    const registry = await open([NOBODY, `${world().url}/api/v1`]);
    expect(await registry.list()).toHaveLength(5);
    expect(await registry.state()).toMatchObject({
      site: `${world().url}/api/v1/`,
      failures: [
        { site: `${NOBODY}/`, reason: expect.stringContaining('cannot be reached or broke off (ECONNREFUSED)') },
      ],
    });
  });

  test('that all fail are named, each with its reason', async () => {
    const empty = await temporaryFolder();
    const failing = (await open([NOBODY, empty])).list();
    await expect(failing).rejects.toMatchObject({ code: 'unreachable' });
    await expect(failing).rejects.toThrow(
      `No mirror of the site can be read. ${NOBODY}/: ${NOBODY}/ (127.0.0.1:9) cannot be reached or broke off (ECONNREFUSED); see whether it runs. ${empty}: ${empty} has no index.json`,
    );
  });

  test('keep their own code where there is one reason only', async () => {
    await expect((await open(await temporaryFolder())).list()).rejects.toMatchObject({ code: 'unavailable' });
    await expect((await open(NOBODY)).list()).rejects.toMatchObject({ code: 'unreachable' });
    const page = await startFakeServer(() => textReply(200, '<!doctype html>'));
    onTestFinished(() => page.close());
    await expect((await open(`${page.url}/v1`)).list()).rejects.toMatchObject({
      code: 'invalid_site',
      message: expect.stringContaining('index.json is not JSON'),
    });
  });

  test('stand in for one that lacks a document or has other bytes, however long', async () => {
    const damaged = await copyOf(v1Of(world().config));
    const list = await (await open(damaged)).list();
    await rm(join(damaged, 'by-hash'), { recursive: true });
    await writeFile(join(damaged, 'extensions', 'index.json'), 'x'.repeat(1_000_000));
    const mirror = await serveFolder(v1Of(world().config));
    const registry = await open([damaged, mirror.url]);
    expect(await registry.list()).toEqual(list);
    expect((await registry.state()).site).toBe(damaged);
    expect(mirror.asked).toEqual([expect.stringMatching(/^\/by-hash\/sha256\/..\/[0-9a-f]{64}\.json$/)]);
    await expect((await open([damaged])).list()).rejects.toMatchObject({ code: 'too_large' });
    await expect((await open([damaged, NOBODY])).list()).rejects.toThrow(
      'No mirror has extensions/index.json as its generation names it.',
    );
  });

  test('that all have other bytes are an invalid site, and unreachable where one does not answer', async () => {
    const [one, other] = [await copyOf(v1Of(world().config)), await copyOf(v1Of(world().config))];
    for (const folder of [one, other]) {
      await rm(join(folder, 'by-hash'), { recursive: true });
      await writeFile(join(folder, 'extensions', 'index.json'), '[]');
    }
    await expect((await open([one, other])).list()).rejects.toMatchObject({ code: 'invalid_site' });
    await writeFile(join(other, 'extensions', 'index.json'), 'x'.repeat(1_000_000));
    await expect((await open([one, other])).list()).rejects.toMatchObject({ code: 'invalid_site' });
    await expect((await open([one, NOBODY])).list()).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('that lag behind what was seen before are used only where no other answers', async () => {
    const { gitea, config, url } = await startWorld();
    const old = await copyOf(v1Of(config));
    const site = `${url}/api/v1`;
    gitea.addRelease('acme', 'aws_prov', { tag: '1.2.0', assets: [{ name: 'aws_prov.tar.gz', content: 'newer' }] });
    await runIndexer(config);
    const { cacheFolder, ...first } = await open(site);
    expect((await first.state()).generation).toBe(2);
    const second = await open([old, site], { cacheFolder });
    expect(await second.state()).toMatchObject({
      generation: 2,
      failures: [{ site: old, reason: 'It is at generation 1, though 2 was seen before.' }],
    });
    const third = await open([NOBODY, old, site.replace(/:\d+/, ':9')], { cacheFolder });
    expect(await third.state()).toMatchObject({ generation: 1, site: old });
  });
});

const ITEM = { type: 'provider', name: 'aws', version: '1.0.0', description: '', author: '', source: 'gitea' };
const DOCUMENT = { ...ITEM, repository: '', published_at: '', assets: [], versions: [] };

describe('a hostile site', () => {
  test.each<[what: string, entry: object]>([
    ['an asset that leads out of its folder', { assets: [{ name: '../../x', size: 1, download_url: '/x' }] }],
    ['a size that is none', { assets: [{ name: 'x', size: 'many', download_url: '/x' }] }],
    ['a digest of another algorithm', { checksum: 'md5:1' }],
    ['a version with a path in it', { version: '1.0.0/../../x' }],
    ['a reason that is no text', { yanked: { reason: 1 } }],
    ['no assets', { assets: undefined }],
    ['sources that are none', { sources: null }],
  ])('with %s is refused', async (_, entry) => {
    const folder = await copyOf(v1Of(world().config));
    const versions = [{ version: '1.0.0', published_at: '', first_seen: '', sources: [], assets: [], ...entry }];
    await republish(folder, 'extensions/provider/aws/versions', versions);
    const registry = await open(folder);
    await expect(registry.versions(AWS)).rejects.toMatchObject({
      code: 'invalid_site',
      message: expect.stringContaining('The versions of provider/aws is not what a registry publishes'),
    });
  });

  test.each<[path: string, document: unknown, ask: 'list' | 'extension' | 'search']>([
    ['extensions', [{ type: '..', name: 'x', version: '1.0.0' }], 'list'],
    ['extensions', { length: 1 }, 'list'],
    ['extensions', [{ ...ITEM, sources: 5 }], 'list'],
    ['extensions', [{ ...ITEM, tags: null }], 'list'],
    ['extensions', [{ ...ITEM, description: 5 }], 'list'],
    ['extensions/provider/aws', { ...DOCUMENT, homepage: 5 }, 'extension'],
    ['extensions/provider/aws', { ...DOCUMENT, problems: [null] }, 'extension'],
    ['extensions/provider/aws', { ...DOCUMENT, deprecated: 'yes' }, 'extension'],
    ['extensions/provider/aws', { ...DOCUMENT, name: 'other' }, 'extension'],
    ['extensions/provider/aws', null, 'extension'],
    ['search', { schema: 1, type: ['provider'], name: [] }, 'search'],
  ])('with %s of another shape is refused', async (path, document, ask) => {
    const folder = await copyOf(v1Of(world().config));
    await republish(folder, path, document);
    const registry = await open(folder);
    const asking = {
      list: () => registry.list(),
      extension: () => registry.extension(AWS),
      search: () => registry.search({ text: 'x' }),
    };
    await expect(asking[ask]()).rejects.toMatchObject({ code: 'invalid_site' });
  });
});

describe('offline', () => {
  test('answers from what was kept, asks nobody, and says how old that is', async () => {
    const site = `${world().url}/api/v1`;
    const { cacheFolder, ...first } = await open(site);
    const [list, versions] = [await first.list(), await first.versions(AWS)];
    await first.close();
    const later = { cacheFolder, offline: true, now: () => NOON + 3 * DAY_MS };
    const offline = await open(site, later);
    expect(await offline.list()).toEqual(list);
    expect(await offline.versions(AWS)).toEqual(versions);
    expect(await offline.state()).toMatchObject({ offline: true, confirmedAt: '2026-06-01T12:00:00Z', generation: 1 });
    expect(askedOf(offline)).toEqual([]);
    await expect(offline.versions(idOf('taskserv/redis'))).rejects.toMatchObject({
      code: 'unreachable',
      message: `extensions/taskserv/redis/versions/index.json of ${site}/ is not kept to answer from; ask for it once without --offline.`,
    });
  });

  test('reads a folder all the same', async () => {
    const registry = await open([NOBODY, v1Of(world().config)], { offline: true });
    expect(await registry.list()).toHaveLength(5);
    expect(await registry.state()).toMatchObject({ offline: false, failures: [] });
  });

  test('has no answer before the first time', async () => {
    await expect((await open(NOBODY, { offline: true })).list()).rejects.toMatchObject({
      code: 'unreachable',
      message: `Nothing is kept of ${NOBODY}/ to answer from; run once without --offline.`,
    });
  });

  test('is what a site that is out of reach is answered with', async () => {
    const server = await serveFolder(v1Of(world().config));
    const { cacheFolder, ...first } = await open(server.url);
    await first.list();
    server.refuse(503);
    await expect((await open(server.url, { cacheFolder })).list()).rejects.toThrow(
      'What was kept of generation 1 on 2026-06-01T12:00:00Z is answered with --offline.',
    );
  });
});

describe('the place of a site', () => {
  test.each([
    ['ftp://example.org/v1', 'is no http(s) URL'],
    ['https://me:secret@example.org/v1', 'The site at example.org has a user or a password in its URL'],
    ['https://example.org/v1?token=secret', 'is no http(s) URL'],
  ])('cannot be %s', async (place, message) => {
    await expect(open(place)).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(message) });
  });

  test('must be named', async () => {
    await expect(open([])).rejects.toMatchObject({ code: 'config' });
  });
});

/** Puts a document into a copy of a site, as a publisher of bad will can. */
async function republish(folder: string, path: string, document: unknown): Promise<void> {
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const pointer = (await read('index.json')) as Pointer;
  const manifest = (await read(pointer.manifest.path)) as Manifest;
  const { bytes, reference } = renderDocument(path, document);
  manifest.documents[path] = { digest: reference.digest, size: reference.size };
  const ofManifest = renderDocument('manifest', manifest);
  pointer.manifest = ofManifest.reference;
  if (path === 'search') pointer.search = reference;
  // By their friendly paths alone, where they are found as well.
  await writeFile(join(folder, path, 'index.json'), bytes);
  await writeFile(join(folder, 'manifest', 'index.json'), ofManifest.bytes);
  await writeFile(join(folder, 'index.json'), JSON.stringify(pointer));
}
