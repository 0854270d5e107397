import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeWithin } from '../../indexer/model/object-store.ts';
import { openSiteStorage } from '../../indexer/open-storage.ts';
import { createBucketStorage } from '../../indexer/storage/bucket-storage.ts';
import { createBucket } from '../../indexer/storage/bucket.ts';
import { openReader, v1Within } from '../../indexer/storage/open-reader.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
import { NOON, runIndexer } from '../builders.ts';
import { smallWorld } from '../crawl/world.ts';
import { startProxy } from '../proxy/world.ts';
import { describeSiteStorage } from '../storage/contract.ts';
import { startMinio, startMoto, type RealStore } from './object-stores.ts';

const OPTIONS = { now: Date.now, random: Math.random };
const JSON_FIELDS = { contentType: 'application/json', cacheControl: 'public, max-age=60', compressible: true };
const WRITERS = 8;
const ROUNDS = 20;

let names = 0;

describe.each([
  { name: 'MinIO', start: startMinio },
  { name: 'moto', start: startMoto },
])('$name', ({ name, start }) => {
  let store: RealStore;
  beforeAll(async () => {
    store = await start();
  });
  afterAll(() => store?.remove());

  const optionsOf = (prefix: string) => ({
    place: placeWithin({ bucket: store.bucket, prefix }, 'api/v1'),
    connection: store.connection,
    ...OPTIONS,
  });
  const open = (prefix = `site-${(names += 1)}`): SiteStorage =>
    createBucketStorage({
      ...optionsOf(prefix),
      temporaryName: () => `token-${(names += 1)}`,
      fieldsOf: () => JSON_FIELDS,
      compress: false,
    });

  describeSiteStorage('a bucket', {
    open: async () => open(),
    list: async (storage) => {
      const prefix = storage.name.slice(`s3://${store.bucket}/`.length).replace(/\/api\/v1$/, '');
      const keys: string[] = [];
      for await (const { key } of createBucket(optionsOf(prefix)).list('')) keys.push(key);
      return keys.sort();
    },
  });

  test('keeps the fields of an object that is written, shown under another name and dated anew', async () => {
    const storage = open('fields');
    await storage.create('by-hash/a.json', Buffer.from('[]'));
    await storage.touch('by-hash/a.json');
    await storage.expose('by-hash/a.json', 'extensions/index.json');
    for (const key of ['by-hash/a.json', 'extensions/index.json']) {
      const answer = await store.ask('GET', `/fields/api/v1/${key}`);
      expect(await answer.text()).toBe('[]');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': JSON_FIELDS.contentType,
        'cache-control': JSON_FIELDS.cacheControl,
      });
    }
  });

  test(`lets one of ${WRITERS} that write the pointer at once through, ${ROUNDS} times`, async () => {
    const writers = Array.from({ length: WRITERS }, () => open('race'));
    let before: Buffer | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const swaps = writers.map((each, at) => each.swap('index.json', before, Buffer.from(`${round} by ${at}`)));
      const ended = await Promise.allSettled(swaps);
      expect(ended.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
      before = await writers[0]!.read('index.json');
    }
  });

  test('refuses bytes that are not those of the checksum', async () => {
    const headers = { 'x-amz-checksum-sha256': `${'A'.repeat(43)}=`, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const { status } = await store.ask('PUT', '/checked', { body: 'other bytes', headers });
    // moto takes whatever it is told of the bytes.
    expect(status).toBe(name === 'moto' ? 200 : 400);
  });

  test('has a whole site, which two proxies serve as one registry', async () => {
    const world = await smallWorld();
    const to = `s3://${store.bucket}/whole`;
    const publish = { to, twins: true, compress: name === 'MinIO' };
    const config = { ...world.config, site: { ...world.config.site, path: to }, publish, s3: store.connection };
    const runOnce = (now: number) => {
      const storage = openSiteStorage(config, { ...OPTIONS, temporaryName: () => `token-${(names += 1)}` });
      return runIndexer(config, { storage, now: () => now });
    };
    expect((await runOnce(NOON)).published).toMatchObject({ changed: true });
    expect((await runOnce(NOON)).published).toMatchObject({ changed: false, written: 0 });
    const readers = [1, 2].map(() => openReader(v1Within(to), { ...OPTIONS, timeoutMs: 5_000, s3: store.connection }));
    const proxies = await Promise.all(readers.map((reader) => startProxy(config, { reader })));
    const latest = async () => {
      const answers = await Promise.all(proxies.map(({ get }) => get('/extensions/provider/aws')));
      return answers.map(({ json }) => (json as { version: string }).version);
    };
    expect(await latest()).toEqual(['1.1.0+build.5', '1.1.0+build.5']);
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'three' } });
    await runOnce(NOON + 3_600_000);
    for (const { clock } of proxies) clock.nowMs += 2_000;
    expect(await latest()).toEqual(['2.0.0', '2.0.0']);
    expect(await (await store.ask('GET', '/whole/api/v1/extensions')).text()).toContain('"version":"2.0.0"');
    await Promise.all(readers.map((each) => each.close()));
  });

  const policyTest = name === 'MinIO' ? test : undefined;
  policyTest?.(
    'lets everybody read the site, and not what is the indexer’s own, by the policy of the guide',
    async () => {
      await store.ask('PUT', '/site/api/v1/.lock', { body: '{}' });
      await store.ask('PUT', '/site/api/v1/index.json', { body: '{}' });
      const resource = (path: string) => `arn:aws:s3:::${store.bucket}/site/${path}`;
      const statement = { Principal: { AWS: ['*'] }, Action: ['s3:GetObject'] };
      const policy = {
        Version: '2012-10-17',
        Statement: [
          { ...statement, Effect: 'Allow', Resource: [resource('api/*')] },
          { ...statement, Effect: 'Deny', Resource: [resource('api/v1/.*')] },
        ],
      };
      expect((await store.ask('PUT', '?policy', { body: JSON.stringify(policy) })).status).toBe(204);
      const statusOf = async (file: string) =>
        (await fetch(`${store.connection.endpoint}${store.bucket}/site/api/v1/${file}`)).status;
      expect(await statusOf('index.json')).toBe(200);
      expect(await statusOf('.lock')).toBe(403);
      const reader = openReader(v1Within(`${store.connection.endpoint}${store.bucket}/site`), {
        ...OPTIONS,
        timeoutMs: 5_000,
      });
      expect(String(await reader.read('index.json'))).toBe('{}');
      await reader.close();
    },
  );
});
