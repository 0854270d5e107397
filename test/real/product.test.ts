import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildReport } from '../../indexer/build-site.ts';
import type { Config } from '../../indexer/config/config.ts';
import type { AssetEntry, ExtensionDocument, Item, NotesEntry } from '../../indexer/model/documents.ts';
import { runIndexer, v1Of } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { startProxy, type Proxy } from '../proxy/world.ts';
import { validateSite } from '../schema/validate-site.ts';
import {
  expected,
  productConfig,
  readVersions,
  seedGitea,
  seedRegistries,
  startBackends,
  summarize,
  type Backends,
  type Pushed,
} from './product-world.ts';

// The whole product on real servers: what real clients pushed is crawled, published, served and downloaded.

let backends: Backends;
let folder: string;
let config: Config;
let pushed: Pushed[];
let report: BuildReport;
let proxy: Proxy;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  backends = await startBackends();
  folder = await mkdtemp(join(tmpdir(), 'product-'));
  config = productConfig(backends, folder);
  pushed = [...(await seedGitea(backends.gitea)), ...(await seedRegistries(backends))];
  report = await runIndexer(config);
  proxy = await startProxy(config, { atEnd: (close) => void closers.push(close) });
});

afterAll(async () => {
  for (const close of closers) await close();
  await backends?.remove();
  await rm(folder, { recursive: true, force: true });
});

const extensionsOf = (all: readonly Pushed[]): string[] => [...new Set(all.map((each) => each.extension))];

async function getJson<T>(path: string): Promise<T> {
  const answer = await proxy.get(path);
  expect(answer.status).toBe(200);
  return answer.json as T;
}

describe('the published site', () => {
  test('is made of every source, and keeps the contract', async () => {
    expect(report.outcomes.map(({ name, failure }) => [name, failure?.message])).toEqual(
      ['gitea', 'packages', 'open', 'basic', 'bearer'].map((name) => [name, undefined]),
    );
    expect(report.published).toMatchObject({ changed: true });
    expect((await validateSite(v1Of(config))).faults).toEqual([]);
  });

  test('has every version that was pushed, with the digests of its bytes', async () => {
    for (const extension of extensionsOf(pushed)) {
      const versions = await readVersions(config, extension);
      const wanted = pushed.filter((each) => each.extension === extension).map(expected);
      expect(versions.map(summarize)).toEqual(expect.arrayContaining(wanted));
      expect(versions).toHaveLength(wanted.length);
    }
  });

  test('lists those extensions and no others', async () => {
    const list = await getJson<Item[]>('/extensions');
    expect(list.map(({ type, name }) => `${type}/${name}`)).toEqual(extensionsOf(pushed).toSorted());
  });

  test('tells the problems and nothing else', () => {
    const told = report.problems.map(({ code, source, subject }) => `${source}: ${code} ${subject}`);
    expect(told.toSorted()).toEqual([
      'gitea: invalid_tag acme/aws_prov "nightly"',
      'gitea: no_asset cluster/empty@1.0.0',
      'gitea: no_primary_asset cluster/many@1.0.0',
      'gitea: sidecar_mismatch provider/liar@1.0.0',
      'gitea: unsafe_asset_name taskserv/hostile@1.0.0',
      'open: no_primary_asset provider/multi@1.0.0',
    ]);
  });

  test('shows what Gitea tells of a release', async () => {
    const aws = await getJson<ExtensionDocument>('/extensions/provider/aws');
    expect(aws).toMatchObject({
      version: '1.1.0+build.5',
      description: 'About aws_prov',
      author: 'administrator',
      // Gitea sorts its topics.
      tags: ['amazon', 'cloud'],
      latest_prerelease: '2.0.0-rc.1',
      versions: ['2.0.0-rc.1', '1.1.0+build.5', '1.0.0', '0.1.0'],
      sources: ['gitea', 'bearer'],
    });
    const [candidate, , , old] = await readVersions(config, 'provider/aws');
    expect([candidate!.prerelease, old!.published_at]).toEqual([true, '2020-01-02T03:04:05Z']);
    expect(await getJson<NotesEntry[]>('/extensions/provider/aws/notes')).toMatchObject([
      { version: '1.0.0', notes: 'The first.' },
    ]);
  });

  test('shows the platforms of an image index', async () => {
    const [multi] = await readVersions(config, 'provider/multi');
    expect(multi!.assets.map((each) => [each.name, each.platform])).toEqual([
      ['tool-linux-amd64.tar.gz', 'linux/amd64'],
      ['tool-linux-arm64.tar.gz', 'linux/arm64'],
    ]);
  });

  test('holds no secret and no address to fetch bytes from', async () => {
    const { gitea, basic, bearer } = backends;
    const secrets = [gitea.bot.token, gitea.admin.token, basic.reader.password, bearer.reader.password];
    const files = await readdir(v1Of(config), { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), 'utf8');
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/releases\/download|\/blobs\/|browser_download_url/);
    }
  });

  test('is not made again of an unchanged world, and no asset is read again', async () => {
    const again = await runIndexer(config);
    expect(again.published).toMatchObject({ changed: false, written: 0, removed: 0 });
    expect(again.outcomes.map((each) => each.counts.assets_read)).toEqual([0, 0, 0, 0, 0]);
    expect(again.problems).toEqual(report.problems);
  });
});

interface Download {
  path: string;
  entry: AssetEntry;
  bytes: Buffer;
}

/** Every asset of every version, with the bytes that were pushed. */
async function downloads(): Promise<Download[]> {
  const all: Download[] = [];
  for (const { extension, version, assets } of pushed) {
    const entry = (await readVersions(config, extension)).find((each) => each.version === version)!;
    for (const asset of entry.assets) all.push({ path: asset.download_url, entry: asset, bytes: assets[asset.name]! });
  }
  return all;
}

describe('a download', () => {
  test('gives the bytes that were pushed, whole', async () => {
    const all = await downloads();
    expect(all.length).toBeGreaterThan(20);
    for (const { path, entry, bytes } of all) {
      const { status, headers, body } = await ask(proxy.url + path);
      const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
      expect([path, status, body.length, digest]).toEqual([path, 200, bytes.length, entry.digest]);
      expect(body.equals(bytes)).toBe(true);
      expect(headers['content-disposition']).toMatch(/^attachment;/);
      expect(headers).not.toHaveProperty('set-cookie');
    }
  });

  test.each([
    { range: 'bytes=5-9', first: 5, last: 9 },
    { range: 'bytes=100-', first: 100, last: undefined },
    { range: 'bytes=-7', first: -7, last: undefined },
  ])('gives $range of it, whether or not the backend knows ranges', async ({ range, first, last }) => {
    for (const { path, bytes } of (await downloads()).filter((each) => each.bytes.length > 200)) {
      const { status, headers, body } = await ask(proxy.url + path, { headers: { range } });
      const wanted = bytes.subarray(first, last === undefined ? undefined : last + 1);
      const start = first < 0 ? bytes.length + first : first;
      expect([path, status, headers['content-range']]).toEqual([
        path,
        206,
        `bytes ${start}-${start + wanted.length - 1}/${bytes.length}`,
      ]);
      expect(body.equals(wanted)).toBe(true);
    }
  });

  test('of an extension itself is its primary asset, and latest leads to the newest stable one', async () => {
    const url = `${proxy.url}/api/v1/extensions/provider/aws/latest`;
    const latest = await ask(url);
    expect([latest.status, latest.headers.location]).toEqual([302, expect.stringContaining('1.1.0%2Bbuild.5')]);
    const { body } = await ask(new URL(latest.headers.location!, url).href);
    expect(body.equals(pushed.find((each) => each.version === '1.1.0+build.5')!.assets['aws_prov.tar.gz']!)).toBe(true);
  });

  test('is healthy at every backend', async () => {
    const { json } = await proxy.get('/health');
    expect(json).toMatchObject({ status: 'healthy' });
    expect(Object.keys((json as { backends: object }).backends)).toEqual([
      'gitea',
      'packages',
      'open',
      'basic',
      'bearer',
    ]);
  });
});
