import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRegistry } from '../cli/registry/open-registry.ts';
import type { Pointer } from '../indexer/model/documents.ts';
import { faultsOf, openThere, publishedTo, storageOf, TO, V1 } from './bucket-publishing.ts';
import { NOON, runIndexer, temporaryFolder } from './builders.ts';
import { smallWorld, startWorld } from './crawl/world.ts';
import { BUCKET, type FakeBucket } from './fakes/bucket.ts';
import { runWith } from './indexer-process.ts';
import type { Answer } from './proxy/http.ts';
import { startProxy } from './proxy/world.ts';
import { startStore } from './storage/bucket-world.ts';

/** What changes the store, as `verb key`. */
function changesIn(store: FakeBucket): string[] {
  const writes = store.requests.filter((each) => each.method === 'PUT' || each.method === 'DELETE');
  return writes.map(({ method, path }) => `${method} ${path.slice(`/${BUCKET}/${V1}`.length)}`);
}

describe('a site in a bucket', () => {
  test('is the same as in a folder, with the fields that the proxy gives', async () => {
    const world = await smallWorld();
    const published = await publishedTo(world);
    const { store, run: runOnce } = published;
    expect((await runOnce()).published).toMatchObject({ changed: true });
    expect(await faultsOf(published)).toEqual([]);
    const fields = (key: string) => store.objects.get(V1 + key)?.headers;
    const json = 'application/json; charset=utf-8';
    expect(fields('index.json')).toEqual({
      'content-type': json,
      'cache-control': 'public, max-age=10, must-revalidate',
    });
    expect(fields('extensions/index.json')).toEqual({
      'content-type': json,
      'cache-control': 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400',
    });
    expect(fields('feeds/index.xml')?.['content-type']).toBe('application/atom+xml; charset=utf-8');
    expect(fields('html/index.html')?.['content-type']).toBe('text/html; charset=utf-8');
    const blob = [...store.objects.keys()].find((each) => each.startsWith(`${V1}by-hash/`))!;
    expect(store.objects.get(blob)?.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect([...store.objects.keys()].filter((each) => each.startsWith(`${V1}.`))).toEqual([]);
    expect(store.unexpected).toEqual([]);
  });

  test('costs an unchanged run the lease, the reports and the pointer, and one listing', async () => {
    const published = await publishedTo(await smallWorld());
    await published.run();
    published.store.forget();
    expect((await published.run()).published).toMatchObject({ changed: false, written: 0 });
    const changes = new Set(changesIn(published.store).filter((each) => !each.endsWith('.lock')));
    expect([...changes].sort()).toEqual([
      'PUT crawl/index.json',
      'PUT crawl/looks/index.json',
      'PUT index.json',
      'PUT status/index.json',
    ]);
    expect(published.store.requests.filter((each) => each.query.has('list-type'))).toHaveLength(1);
  });

  test('gets what changed and nothing else, and goes on from its own memory', async () => {
    const world = await smallWorld();
    const published = await publishedTo(world);
    await published.run();
    const read = world.attachmentRequests();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'redis 7.4' } });
    published.store.forget();
    expect((await published.run({ now: () => NOON + 3_600_000 })).published).toMatchObject({ changed: true });
    expect(world.attachmentRequests()).toBe(read + 1);
    expect(await faultsOf(published)).toEqual([]);
    expect(changesIn(published.store).filter((each) => each.includes('provider/aws'))).toEqual([]);
  });

  test('in gzip is read as it was written, by the store’s interface and by HTTP', async () => {
    const published = await publishedTo(await smallWorld(), { compress: true });
    await published.run();
    const { store, config } = published;
    store.habits.isPublic = true;
    const codings = [...store.objects].map(([key, { headers }]) => [key, headers['content-encoding']]);
    expect(codings).toContainEqual([`${V1}memory/index.json`, 'gzip']);
    expect(codings).toContainEqual([`${V1}index.json`, undefined]);
    const readers = [openThere(TO, config), openThere(`${store.url}/${BUCKET}/site`)];
    const [one, other] = await Promise.all(readers.map((each) => each.read('memory/index.json')));
    expect(one?.equals(other!)).toBe(true);
    expect(JSON.parse(String(one))).toMatchObject({ schema: 1 });
    expect((await published.run()).published).toMatchObject({ changed: false, written: 0 });
  });
});

describe('a lost race', () => {
  test('for the pointer is begun anew from what the other has published', async () => {
    const world = await smallWorld();
    const published = await publishedTo(world);
    const { store } = published;
    await published.run();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'redis 7.4' } });
    // Another one that does not mind the lease publishes whole, just before our pointer.
    let other: Promise<unknown> | undefined;
    const late = storageOf(published.config);
    const storage = {
      ...late,
      swap: async (file: string, before: Uint8Array | undefined, bytes: Uint8Array) => {
        if (other === undefined) {
          const { lock: _lock, ...lockless } = storageOf(published.config);
          world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
          other = runIndexer(published.config, { storage: lockless, now: () => NOON + 60_000 });
          await other;
          world.release('aws_prov', { '2.1.0': { 'aws_prov.tar.gz': 'two and a bit' } });
        }
        await late.swap(file, before, bytes);
      },
    };
    const report = await runIndexer(published.config, { storage, now: () => NOON + 120_000 });
    expect(report.published).toMatchObject({ pointer: { generation: 3 } });
    expect(await faultsOf(published)).toEqual([]);
    const versions = JSON.parse(String(store.objects.get(`${V1}extensions/provider/aws/versions/index.json`)?.bytes));
    expect((versions as { version: string }[])[0]?.version).toBe('2.1.0');
    expect([...store.objects.keys()].filter((each) => each.startsWith(`${V1}.`))).toEqual([]);
  });

  test('is told of when it is lost again and again', async () => {
    const published = await publishedTo(await smallWorld());
    await published.run();
    const { store } = published;
    const key = `${V1}index.json`;
    let turn = 0;
    store.habits.onChange = (method, changed) => {
      const pointer = store.objects.get(key)!;
      // Whoever writes is always late: the pointer has just been given other white space.
      if (method === 'COPY' || changed.endsWith('status/index.json')) {
        const bytes = Buffer.from(`${String(pointer.bytes).trimEnd()}${'\n'.repeat((turn += 1) + 1)}`);
        store.objects.set(key, { ...pointer, bytes, etag: `"turn-${turn}"` });
      }
    };
    await expect(published.run()).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('two proxies on one bucket', () => {
  test('are one registry: the same answers, and each new generation on both', async () => {
    const world = await smallWorld();
    const published = await publishedTo(world);
    const { store, config } = published;
    await published.run();
    store.habits.isPublic = true;
    // One by the store's interface, the other by its public URL.
    const proxies = await Promise.all(
      [openThere(TO, config), openThere(`${store.url}/${BUCKET}/site`)].map((reader) => startProxy(config, { reader })),
    );
    const paths = ['/extensions', '/extensions/provider/aws', '/extensions/provider/aws/versions', '/index.json'];
    const answersOf = async () =>
      Promise.all(
        proxies.map(async ({ get }) => {
          const answers: Answer[] = [];
          for (const each of paths) answers.push(await get(each));
          return answers.map(({ status, text, headers }) => [status, text, headers['etag']]);
        }),
      );
    const [one, other] = await answersOf();
    expect(one).toEqual(other);
    expect(one?.map(([status]) => status)).toEqual([200, 200, 200, 200]);
    const download = await Promise.all(proxies.map(({ get }) => get('/extensions/provider/aws/1.0.0')));
    expect(download.map(({ status, text }) => [status, text])).toEqual([
      [200, 'one'],
      [200, 'one'],
    ]);

    world.release('aws_prov', { '3.0.0': { 'aws_prov.tar.gz': 'three' } });
    await published.run({ now: () => NOON + 3_600_000 });
    for (const { clock } of proxies) clock.nowMs += 2_000;
    const [after, afterOther] = await answersOf();
    expect(after).toEqual(afterOther);
    expect(after?.[1]?.[1]).toContain('"version":"3.0.0"');
  });

  test('serve on what they have while the store is away', async () => {
    const published = await publishedTo(await smallWorld());
    await published.run();
    const proxy = await startProxy(published.config, { reader: openThere(TO, published.config) });
    const before = await proxy.get('/extensions');
    published.store.misbehave({ match: /./, fault: { kind: 'reset' } });
    proxy.clock.nowMs += 2_000;
    expect((await proxy.get('/extensions')).text).toBe(before.text);
    const missing = await proxy.get('/extensions/provider/aws');
    expect(missing.status).toBe(503);
    expect(missing.text).not.toMatch(/s3:|127\.0\.0\.1/);
  });
});

describe('a client', () => {
  test('reads the bucket by its public URL, its stored gzip too', async () => {
    const { store, run: runOnce } = await publishedTo(await smallWorld(), { compress: true });
    await runOnce();
    store.habits.isPublic = true;
    const registry = openRegistry({
      sites: [`${store.url}/${BUCKET}/site/api/v1`],
      cacheFolder: await temporaryFolder(),
      now: Date.now,
      random: () => 0.5,
    });
    onTestFinished(() => registry.close());
    expect((await registry.list()).map(({ name }) => name)).toEqual(['k8s', 'aws', 'redis']);
    const id = await registry.identify('aws');
    expect((await registry.versions(id)).map(({ version }) => version)).toEqual(['1.1.0+build.5', '1.0.0']);
  });
});

describe('the indexer’s program', () => {
  test('publishes to a bucket with the keys of the environment, and tells them to nobody', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': 'one' } });
    const store = await startStore();
    const file = join(await temporaryFolder(), 'registry.toml');
    const endpoint = `endpoint = "${store.connection.endpoint}"\nregion = "${store.connection.region}"\n`;
    await writeFile(
      file,
      `[gitea]\nurl = "${world.gitea.url}"\norganization = "acme"\n[publish]\nto = "${TO}"\n[s3]\n${endpoint}`,
    );
    const { accessKeyId, secretAccessKey } = store.connection.credentials!;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const ended = await runWith(keys, '--config', file, '--json');
    expect(ended.code).toBe(0);
    const pointer = JSON.parse(String(store.objects.get(`${V1}index.json`)?.bytes)) as Pointer;
    expect(pointer.generation).toBe(1);
    const refused = await runWith(
      { ...keys, AWS_SECRET_ACCESS_KEY: 'not-that-one' },
      '--config',
      file,
      '--log',
      'json',
    );
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('AWS_SECRET_ACCESS_KEY') });
    const anonymous = await runWith({}, 'fsck', '--config', file);
    expect(anonymous).toMatchObject({ code: 1, stderr: expect.stringContaining('not allowed') });
    const told = [ended, refused, anonymous].map(({ stdout, stderr }) => stdout + stderr).join();
    const all = told + [...store.objects.values()].map(({ bytes }) => bytes.toString()).join();
    for (const secret of [accessKeyId, secretAccessKey, 'not-that-one', 'secret words'])
      expect(all).not.toContain(secret);
  });
});
