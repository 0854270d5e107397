import { randomUUID } from 'node:crypto';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../indexer/exit-codes.ts';
import { RegistryError } from '../indexer/model/errors.ts';
import { openSite, readPointer } from '../indexer/read-site.ts';
import { createFolderStorage } from '../indexer/storage/folder.ts';
import { NOON, runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere, flipMemory, OF_EVERY_RUN, openPrevious, treeOf } from './crawl/site-folder.ts';
import { expectValidSite, HOUR, smallWorld } from './crawl/world.ts';
import { dyingAt, livedThrough } from './publish/dying-storage.ts';

describe('buildSite', () => {
  test('publishes what both kinds of source have', async () => {
    const world = await smallWorld();
    const report = await world.run();
    expect(exitCodeOf(report)).toBe(0);
    expect(report.published).toMatchObject({ changed: true, removed: 0 });
    expect((await world.items()).map(({ type, name, version, sources }) => [type, name, version, sources])).toEqual([
      ['cluster', 'k8s', '0.1.0-rc.1', ['oci']],
      ['provider', 'aws', '1.1.0+build.5', ['gitea']],
      ['taskserv', 'redis', '7.2.0', ['gitea', 'oci']],
    ]);
    expect(await world.pointer()).toMatchObject({
      schema: 1,
      generation: 1,
      created: '2026-06-01T13:00:00Z',
      checked_at: '2026-06-01T13:00:00Z',
      counts: { extensions: 3, versions: 4, by_type: { cluster: 1, provider: 1, taskserv: 1 } },
      sources: [
        { name: 'gitea', kind: 'gitea', last_success: '2026-06-01T13:00:00Z' },
        { name: 'oci', kind: 'oci', last_success: '2026-06-01T13:00:00Z' },
      ],
    });
    expect(report.problems.map((each) => each.code)).toEqual(['no_asset']);
  });

  test('of an unchanged world reads no asset and rewrites only pointer, status and crawl', async () => {
    const world = await smallWorld();
    await world.run();
    const before = await treeOf(v1Of(world.config));
    world.gitea.forget();
    const report = await world.run();
    expect(report.published).toMatchObject({ changed: false, written: 0, removed: 0, pointer: { generation: 1 } });
    expect(report.outcomes.map((each) => each.counts.assets_read)).toEqual([0, 0]);
    expect(world.attachmentRequests()).toBe(0);
    const after = await treeOf(v1Of(world.config));
    expect([...after.keys()]).toEqual([...before.keys()]);
    const rewritten = [...after].filter(([file, { mtimeMs }]) => mtimeMs !== before.get(file)?.mtimeMs);
    expect(rewritten.map(([file]) => file)).toEqual(OF_EVERY_RUN);
    expect(await world.pointer()).toMatchObject({
      created: '2026-06-01T13:00:00Z',
      checked_at: '2026-06-01T14:00:00Z',
    });
  });

  test('gives two fresh folders the same bytes, whatever order the answers come in', async () => {
    const world = await smallWorld();
    const [one, other] = [await elsewhere(world.config), await elsewhere(world.config)];
    await runIndexer(one);
    // The first attachments that are asked for answer last.
    const restIsRead = Promise.withResolvers<void>();
    world.gitea.misbehave({
      match: /\/attachments\//,
      times: 2,
      fault: { kind: 'delay', until: restIsRead.promise },
    });
    await runIndexer(other, {
      onProgress: (_source, { assetsRead }) => {
        if (assetsRead === 2) restIsRead.resolve();
      },
    });
    expect(await bytesOf(v1Of(other))).toEqual(await bytesOf(v1Of(one)));
    await expectValidSite(other);
  });

  test('has this run’s clock in nothing but pointer, status and crawl', async () => {
    const world = await smallWorld();
    await world.run();
    const [one, other] = [await elsewhere(world.config), await elsewhere(world.config)];
    for (const [config, hours] of [
      [one, 100],
      [other, 200],
    ] as const) {
      await runIndexer(config, { previous: openPrevious(v1Of(world.config)), now: () => NOON + hours * HOUR });
    }
    const [a, b] = [await bytesOf(v1Of(one)), await bytesOf(v1Of(other))];
    expect(Object.keys(a)).toEqual(Object.keys(b));
    expect(Object.keys(a).filter((file) => a[file] !== b[file])).toEqual(OF_EVERY_RUN);
  });

  test('makes a generation of every change, and numbers it one higher', async () => {
    const world = await smallWorld();
    await world.run();
    world.release('aws_prov', { '1.3.0': { 'aws_prov.tar.gz': 'three' } });
    expect((await world.run()).published).toMatchObject({ changed: true, pointer: { generation: 2 } });
    await world.run();
    world.gitea.removeRelease('acme', 'redis_taskserv', '7.2.0');
    await world.run();
    expect(await world.pointer()).toMatchObject({ generation: 3, created: '2026-06-01T16:00:00Z' });
  });

  test('writes absolute download URLs where the site has a public URL', async () => {
    const world = await smallWorld();
    world.config.site.publicUrl = 'https://ext.example.org';
    await world.run();
    expect((await world.items())[1]?.download_url).toBe(
      'https://ext.example.org/api/v1/extensions/provider/aws/1.1.0%2Bbuild.5',
    );
    expect(await world.pointer()).toMatchObject({ downloads: 'https://ext.example.org' });
    delete world.config.site.publicUrl;
    await world.run();
    expect(await world.pointer()).toMatchObject({ generation: 2 });
    expect(await world.pointer()).not.toHaveProperty('downloads');
  });
});

describe('a site in the own folder that cannot be read', () => {
  test.each([
    ['its pointer is garbage', (v1: string) => writeFile(join(v1, 'index.json'), '{')],
    ['its pointer was removed', (v1: string) => rm(join(v1, 'index.json'))],
    ['its memory was changed by hand', flipMemory],
  ])('because %s is the run’s failure, never a fresh start', async (_why, spoil) => {
    const world = await smallWorld();
    await world.run();
    await spoil(v1Of(world.config));
    const before = await bytesOf(v1Of(world.config));
    await expect(world.run()).rejects.toMatchObject({ code: 'invalid_site' });
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
  });
});

describe('a run that is stopped', () => {
  const reason = new RegistryError('source_failed', 'Stopped by SIGTERM; nothing was published.');

  test.each([
    ['before it begins', 'never'],
    ['while it lists', '/repos'],
    ['while it reads assets', '/attachments/'],
  ])('%s publishes nothing and says why', async (_when, path) => {
    const world = await smallWorld();
    const stop = new AbortController();
    if (path === 'never') stop.abort(reason);
    const isAsked = (each: { path: string }) => each.path.includes(path) && (stop.abort(reason), true);
    world.gitea.misbehave({ match: isAsked, fault: { kind: 'hang' } });
    await expect(world.run({ signal: stop.signal })).rejects.toBe(reason);
    expect(await bytesOf(world.config.site.path)).toEqual({});
  });
});

describe('a run that is killed while it publishes', () => {
  test('at any third step leaves a whole site for readers, and the next run completes it', async () => {
    const world = await smallWorld();
    await world.run();
    const before = await world.pointer();
    world.release('aws_prov', { '1.3.0': { 'aws_prov.tar.gz': 'three' } });
    world.gitea.removeRepository('acme', 'redis_taskserv');
    world.oci.removeRepository('acme/redis-taskserv');
    for (let n = 1, lived = false; !lived; n += 3) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      const storage = createFolderStorage({ root: v1Of(config), now: Date.now, temporaryName: randomUUID });
      lived = await livedThrough(runIndexer(config, { storage: dyingAt(storage, n) }));
      const reader = openPrevious(v1Of(config));
      const { pointer } = (await readPointer(reader))!;
      const site = await openSite(reader, pointer);
      for (const path of Object.keys(site.manifest.documents)) expect(await site.readDocument(path)).toBeDefined();
      expect([before.generation, before.generation + 1]).toContain(pointer.generation);
      const report = await runIndexer(config);
      expect(report.published?.pointer.generation).toBe(before.generation + 1);
      await expectValidSite(config);
    }
  });
});
