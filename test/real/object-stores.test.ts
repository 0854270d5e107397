import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeWithin } from '../../indexer/model/object-store.ts';
import { createBucketStorage } from '../../indexer/storage/bucket-storage.ts';
import { createBucket } from '../../indexer/storage/bucket.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
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
});
