import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../indexer/model/documents.ts';
import { BUILT_IN_TYPES, parseExtensionId } from '../indexer/model/extension.ts';
import { isFilePath } from '../indexer/site/layout.ts';
import { runIndexer, v1Of } from './builders.ts';
import { smallWorld, type World } from './crawl/world.ts';
import { blobIn, expectWhole, flip, flipAlone, friendlyIn, fsck, loseManifest, resume, told } from './damage.ts';
import { LATER, rollBack } from './generations-world.ts';
import { childText, elementsOf, parseXml } from './markup/xml.ts';

/* Feeds, badges and plain pages are documents of a generation like all others, but that their path is their file. */

const FEED = 'feeds/index.xml';
const PAGE = 'html/by-type/provider/a.html';
const BADGE = 'badges/provider/aws.json';

async function worldWithBadges(): Promise<World> {
  const world = await smallWorld();
  world.config.site.badges = true;
  return world;
}

const textOf = (world: World, path: string): Promise<string> => readFile(join(v1Of(world.config), path), 'utf8');
const announced = async (world: World): Promise<string[]> =>
  elementsOf(parseXml(await textOf(world, FEED)), 'entry').map((each) => childText(each, 'title'));
const documentsOf = async (world: World): Promise<Manifest['documents']> =>
  (await world.read<Manifest>('manifest')).documents;
const release = (world: World, version: string): void =>
  world.release('aws_prov', { [version]: { 'aws_prov.tar.gz': version } });

/** Every file below the site's `v1` whose path is a document of its own name. */
async function filesOf(world: World): Promise<string[]> {
  const found = await readdir(v1Of(world.config), { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return files
    .map((each) => each.slice(v1Of(world.config).length + 1))
    .filter(isFilePath)
    .sort();
}

describe('a published site', () => {
  test('has its feeds, pages and badges as files, and in its manifest', async () => {
    const world = await worldWithBadges();
    await world.run();
    const files = await filesOf(world);
    expect(files).toEqual([
      'badges/cluster/k8s.json',
      BADGE,
      'badges/taskserv/redis.json',
      'feeds/by-type/cluster.xml',
      'feeds/by-type/provider.xml',
      'feeds/by-type/taskserv.xml',
      FEED,
      'html/by-type/cluster/k.html',
      PAGE,
      'html/by-type/taskserv/r.html',
      'html/index.html',
    ]);
    expect(
      Object.keys(await documentsOf(world))
        .filter(isFilePath)
        .sort(),
    ).toEqual(files);
    expect(await announced(world)).toEqual([
      'cluster/k8s 0.1.0-rc.1 (prerelease)',
      'taskserv/redis 7.2.0',
      'provider/aws 1.1.0+build.5',
      'provider/aws 1.0.0',
    ]);
  });

  test('writes none of them anew when nothing has changed', async () => {
    const world = await worldWithBadges();
    await world.run();
    const { published } = await world.run();
    expect(published).toMatchObject({ changed: false, written: 0 });
  });

  test('writes those that a new version is about, and keeps every id', async () => {
    const world = await worldWithBadges();
    await world.run();
    const [before, feed] = [await documentsOf(world), await textOf(world, FEED)];
    release(world, '2.0.0');
    await world.run();
    const after = await documentsOf(world);
    const changed = Object.keys(after).filter((path) => after[path]?.digest !== before[path]?.digest);
    expect(changed.filter(isFilePath)).toEqual([BADGE, 'feeds/by-type/provider.xml', FEED, PAGE]);
    expect((await announced(world))[0]).toBe('provider/aws 2.0.0');
    const idsIn = (text: string) => [...text.matchAll(/<id>(.*)<\/id>/g)].map(([, id]) => id);
    const [own, ...entries] = idsIn(feed);
    const [ownNow, newest, ...entriesNow] = idsIn(await textOf(world, FEED));
    expect([ownNow, ...entriesNow]).toEqual([own, ...entries]);
    expect(entries).not.toContain(newest);
  });

  test('loses those that the configuration no longer wants', async () => {
    const world = await worldWithBadges();
    await world.run();
    world.config.site.badges = false;
    await world.run();
    expect((await filesOf(world)).filter((each) => each.startsWith('badges/'))).toEqual([]);
  });

  test('announces no version that a policy yanks', async () => {
    const world = await worldWithBadges();
    const id = parseExtensionId('taskserv/redis');
    world.config.policy = [{ action: 'yank', target: { text: 'taskserv/redis', id }, reason: 'Loses data.' }];
    await world.run();
    expect(await announced(world)).not.toContain('taskserv/redis 7.2.0');
    expect(JSON.parse(await textOf(world, 'badges/taskserv/redis.json'))).toMatchObject({ color: 'red' });
  });
});

describe('a link of a page or feed', () => {
  test('leads to a file of the site, a download or the page for people, below any base path', async () => {
    const world = await worldWithBadges();
    await world.run();
    const links = new Set<string>();
    for (const file of (await filesOf(world)).filter((each) => !each.endsWith('.json'))) {
      const hrefs = [...(await textOf(world, file)).matchAll(/href="([^"#]*)/g)].map(([, href = '']) => href);
      for (const href of hrefs) links.add(new URL(href, `http://registry.example.org/some/base/api/v1/${file}`).href);
    }
    const below = 'http://registry.example.org/some/base/';
    const own = [...links].filter((each) => each.startsWith(below)).map((each) => each.slice(below.length));
    const isDownload = /^api\/v1\/extensions\/[^/]+\/[^/]+\/[^/]+$/;
    const files = own.filter((each) => each.startsWith('api/v1/') && !isDownload.test(each));
    for (const file of files) await access(join(world.config.site.path, file));
    expect(files.length).toBeGreaterThan(15);
    expect(own.filter((each) => !files.includes(each)).sort()).toEqual([
      'api/v1/extensions/cluster/k8s/0.1.0-rc.1',
      'api/v1/extensions/provider/aws/1.1.0%2Bbuild.5',
      'api/v1/extensions/taskserv/redis/7.2.0',
      'extension.html?id=cluster/k8s@0.1.0-rc.1',
      'extension.html?id=provider/aws@1.0.0',
      'extension.html?id=provider/aws@1.1.0%2Bbuild.5',
      'extension.html?id=taskserv/redis@7.2.0',
      'index.html',
      'plain.css',
    ]);
  });
});

describe('a rollback', () => {
  test('shows the feeds, pages and badges of the old generation, and the next run those of the newest', async () => {
    const world = await worldWithBadges();
    await world.run();
    const old = await Promise.all([FEED, PAGE, BADGE].map((path) => textOf(world, path)));
    release(world, '2.0.0');
    await world.run();
    await rollBack(world.config);
    expect(await Promise.all([FEED, PAGE, BADGE].map((path) => textOf(world, path)))).toEqual(old);
    await resume(world.config);
    await world.run();
    expect(await textOf(world, BADGE)).toContain('2.0.0');
    await expectWhole(world.config);
  });
});

describe('fsck', () => {
  test('makes a damaged feed and a lost page anew of their other copies', async () => {
    const world = await worldWithBadges();
    await world.run();
    const text = await textOf(world, FEED);
    await flipAlone(friendlyIn(world.config, FEED));
    await rm(friendlyIn(world.config, PAGE));
    await rm(await blobIn(world.config, BADGE));
    expect(told(await fsck(world.config)).sort()).toEqual([
      `by-hash ${BADGE}: missing, restored`,
      `${FEED}: damaged, restored`,
      `${PAGE}: missing, restored`,
    ]);
    expect(await textOf(world, FEED)).toBe(text);
    await expectWhole(world.config);
  });

  test('removes a feed that is damaged by both its names, and the next run writes it again', async () => {
    const world = await worldWithBadges();
    await world.run();
    const text = await textOf(world, FEED);
    await flip(friendlyIn(world.config, FEED));
    expect(told(await fsck(world.config))).toEqual([`by-hash ${FEED}: damaged, removed`, `${FEED}: damaged, left`]);
    await world.run();
    expect(await textOf(world, FEED)).toBe(text);
    await expectWhole(world.config);
  });

  test('remakes a manifest of the files, also where a name or a type is like the name of a file', async () => {
    const world = await worldWithBadges();
    world.config.types = new Map([...BUILT_IN_TYPES, ['theme.json', { gitea: '_theme', oci: '-theme' }]]);
    world.release('index_prov', { '1.0.0': { 'index_prov.tar.gz': 'index' } });
    world.release('dark_theme', { '1.0.0': { 'dark_theme.tar.gz': 'dark' } });
    await world.run();
    expect(await filesOf(world)).toEqual(
      expect.arrayContaining([
        'badges/provider/index.json',
        'badges/theme.json/dark.json',
        'feeds/by-type/theme.json.xml',
        'html/by-type/theme.json/d.html',
      ]),
    );
    await flip(await blobIn(world.config, 'manifest'));
    expect(told(await fsck(world.config))).toEqual([
      'by-hash manifest: damaged, restored',
      'manifest/index.json: damaged, restored',
    ]);
    await expectWhole(world.config);
  });
});

describe('a first run over a damaged manifest', () => {
  test('takes away the feeds and pages that the next generation does not have', async () => {
    const world = await worldWithBadges();
    await world.run();
    await loseManifest(world.config);
    world.config.site.badges = false;
    world.gitea.removeRepository('acme', 'aws_prov');
    // What earlier generations have lost stays lost, so that the site is not held against all rules.
    await runIndexer(world.config, { now: () => LATER, firstRun: true, force: true });
    expect(await filesOf(world)).toEqual([
      'feeds/by-type/cluster.xml',
      'feeds/by-type/provider.xml',
      'feeds/by-type/taskserv.xml',
      FEED,
      'html/by-type/cluster/k.html',
      'html/by-type/taskserv/r.html',
      'html/index.html',
    ]);
    await expectWhole(world.config);
  });
});
