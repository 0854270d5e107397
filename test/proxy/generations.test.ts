import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../indexer/model/digest.ts';
import type { Pointer } from '../../indexer/model/documents.ts';
import { blobOf, fileOf, MANIFEST } from '../../indexer/site/layout.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { configOf, giteaConfig, runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import { startBackends, startProxy, startWorld } from './world.ts';

describe('a new generation', () => {
  test('is seen a second later, in every document at once', async () => {
    const { get, config, gitea, clock } = await startWorld();
    expect((await get('')).json).toMatchObject({ generation: 1 });
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await runIndexer(config);
    clock.nowMs += 999;
    expect((await get('')).json).toMatchObject({ generation: 1 });
    expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '1.1.0+build.5' });
    clock.nowMs += 1;
    expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '5.0.0' });
    expect((await get('')).json).toMatchObject({ generation: 2 });
    expect((await get('/extensions/search?q=aws')).json).toMatchObject([{ name: 'aws', version: '5.0.0' }]);
    expect((await get('/extensions?type=provider')).json).toMatchObject([{ version: '5.0.0' }, { name: 'both' }]);
    expect((await get('/extensions/provider/aws/latest')).headers.location).toBe('5.0.0');
  });

  test('that cannot be read leaves the old one in service, and is told once', async () => {
    const { get, config, gitea, clock, log } = await startWorld();
    expect((await get('')).status).toBe(200);
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await runIndexer(config);
    const pointer = JSON.parse(await readFile(join(v1Of(config), 'index.json'), 'utf8')) as Pointer;
    await rm(join(v1Of(config), pointer.manifest.path));
    await rm(join(v1Of(config), fileOf(MANIFEST)));
    for (let second = 0; second < 3; second += 1) {
      clock.nowMs += 1_000;
      expect((await get('/extensions/provider/aws')).json).toMatchObject({ version: '1.1.0+build.5' });
    }
    expect(log.filter((line) => line['event'] === 'site_unreadable')).toHaveLength(1);
    expect(log.find((line) => line['event'] === 'site_unreadable')?.['msg']).toBe(
      'the published site cannot be read: generation 1 is served on',
    );
  });

  test('with the same documents keeps its caches and shows its new time', async () => {
    const { get, config, clock } = await startWorld();
    await get('/extensions');
    clock.nowMs += 60_000;
    await runIndexer(config, { now: () => clock.nowMs });
    expect((await get('')).json).toMatchObject({ generation: 1, checked_at: '2026-06-01T12:01:00Z' });
    await get('/extensions');
    expect((await get('/cache/stats')).json).toMatchObject({ list: { hits: 1, misses: 1 } });
  });

  test('that is damaged in one document answers 503 for it and nothing internal', async () => {
    const { get, config, log } = await startWorld();
    const { documents } = (await get('/manifest')).json as { documents: Record<string, { digest: string }> };
    const digest = documents['extensions/provider/aws']!.digest;
    await writeFile(join(v1Of(config), blobOf(parseDigest(digest))), '{"name":"other"}');
    const answer = await get('/extensions/provider/aws');
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '10' });
    expect(answer.json).toEqual({
      error: 'unavailable',
      message: 'The published site cannot be read at the moment; try again, or see the log of the registry.',
    });
    expect(JSON.stringify(log)).toContain('has the bytes that its generation names');
    expect((await get('/extensions/provider/both')).status).toBe(200);
  });
});

describe('before anything is published', () => {
  test('every document is 503, and the first generation is served as soon as it is there', async () => {
    const { gitea } = await startBackends();
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)]);
    const { get, clock, log } = await startProxy(config);
    for (const path of ['', '/extensions', '/extensions/provider/aws', '/extensions/provider/aws/1.0.0', '/status']) {
      const answer = await get(path);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('10');
      expect(answer.json).toEqual({
        error: 'unavailable',
        message: 'Nothing is published yet; run the indexer, or see its log.',
      });
    }
    expect(log.filter((line) => line['event'] === 'site_unreadable')).toHaveLength(1);
    await runIndexer(config);
    clock.nowMs += 1_000;
    expect((await get('/extensions/provider/aws')).status).toBe(200);
  });
});

describe('the site view', () => {
  test('looks at the pointer once a second, however many ask', async () => {
    const { config } = await startWorld();
    const folder = createFolderReader({ root: v1Of(config) });
    const reads: string[] = [];
    const reader = {
      ...folder,
      read: (file: string, maxBytes?: number) => {
        reads.push(file);
        return folder.read(file, maxBytes);
      },
    };
    const { get, clock } = await startProxy(config, { reader });
    await Promise.all(Array.from({ length: 20 }, () => get('')));
    expect(reads.filter((file) => file === 'index.json')).toHaveLength(1);
    clock.nowMs += 1_000;
    await Promise.all(Array.from({ length: 20 }, () => get('/extensions')));
    expect(reads.filter((file) => file === 'index.json')).toHaveLength(2);
    expect(reads.filter((file) => file.startsWith('by-hash'))).toHaveLength(2);
  });
});
