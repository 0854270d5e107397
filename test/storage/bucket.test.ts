import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUCKET, startFakeBucket, type FakeBucket } from '../fakes/bucket.ts';
import { bucketStorage, startStore } from './bucket-world.ts';
import { describeSiteStorage } from './contract.ts';

const FILE = 'extensions/index.json';
const KEY = `site/api/v1/${FILE}`;
const bytes = (text: string) => Buffer.from(text);

describe('a bucket', () => {
  let store: FakeBucket;
  beforeAll(async () => {
    store = await startFakeBucket();
    // So that each listing has several pages.
    store.habits.pageSize = 2;
  });
  afterAll(() => store.close());

  let sites = 0;
  describeSiteStorage('does what every storage must', {
    open: async () => bucketStorage(store, { prefix: `site-${(sites += 1)}` }),
    list: async ({ name }) => {
      const start = `${name.slice(`s3://${BUCKET}/`.length)}/`;
      const keys = [...store.objects.keys()].filter((each) => each.startsWith(start));
      return keys.map((each) => each.slice(start.length)).sort();
    },
  });
});

describe('what is written to a bucket', () => {
  test('has the fields that readers go by, also where it is a copy or was dated anew', async () => {
    const store = await startStore();
    const storage = bucketStorage(store, {
      fieldsOf: (file) => ({ contentType: `text/${file.length}`, cacheControl: file, compressible: true }),
    });
    await storage.create('by-hash/a', bytes('[]'));
    await storage.touch('by-hash/a');
    await storage.expose('by-hash/a', FILE);
    await storage.swap('index.json', undefined, bytes('{}'));
    const fields = ['by-hash/a', FILE, 'index.json'].map((each) => store.objects.get(`site/api/v1/${each}`)?.headers);
    expect(fields).toEqual(
      ['by-hash/a', FILE, 'index.json'].map((each) => ({
        'content-type': `text/${each.length}`,
        'cache-control': each,
      })),
    );
  });

  test('is kept in gzip where that is wanted and pays, and read as it was written', async () => {
    const store = await startStore();
    const storage = bucketStorage(store, {
      compress: true,
      fieldsOf: (file) => ({ contentType: 't', cacheControl: 'c', compressible: file !== 'index.json' }),
    });
    const long = Buffer.alloc(2_000, 'long ');
    expect(await storage.create('by-hash/long', long)).toBe(true);
    expect(await storage.create('by-hash/short', bytes('short'))).toBe(true);
    await storage.expose('by-hash/long', FILE);
    await bucketStorage(store).expose('by-hash/long', 'pages/1/index.json');
    await bucketStorage(store).touch('by-hash/long');
    await storage.swap('index.json', undefined, long);
    const codings = [...store.objects].map(([key, each]) => [key.slice(12), each.headers['content-encoding']]);
    expect(codings).toEqual([
      ['by-hash/long', 'gzip'],
      ['by-hash/short', undefined],
      [FILE, 'gzip'],
      ['pages/1/index.json', 'gzip'],
      ['index.json', undefined],
    ]);
    expect(store.objects.get(KEY)?.bytes.length).toBeLessThan(100);
    expect(await storage.create('by-hash/long', long)).toBe(false);
    for (const file of ['by-hash/long', FILE, 'pages/1/index.json']) {
      expect(await bucketStorage(store).read(file)).toEqual(long);
      await expect(storage.read(file, 1_999)).rejects.toMatchObject({ code: 'too_large' });
    }
    await storage.swap(FILE, long, Buffer.alloc(3_000, 'x'));
    expect(await storage.read(FILE)).toEqual(Buffer.alloc(3_000, 'x'));
  });

  test('costs one listing for all that is there already', async () => {
    const store = await startStore();
    const files = Array.from({ length: 40 }, (_, at) => `by-hash/sha256/${at % 7}/${at}.json`);
    for (const file of files) await bucketStorage(store).create(file, bytes(file));
    store.forget();
    const storage = bucketStorage(store);
    for (const file of files) expect(await storage.create(file, bytes(file))).toBe(false);
    expect(await storage.list('by-hash/sha256')).toHaveLength(7);
    expect((await storage.list('by-hash/sha256/3')).sort()).toEqual(
      files
        .filter((_, at) => at % 7 === 3)
        .map((each) => each.slice(17))
        .sort(),
    );
    expect(await storage.modifiedMs(files[9]!)).toBeLessThanOrEqual(Date.now());
    expect(store.requests.map((each) => each.method)).toEqual(['GET']);
  });

  test('is listed as it is by now, also after changes of our own', async () => {
    const store = await startStore();
    const storage = bucketStorage(store);
    await storage.create('by-hash/a/1', bytes('1'));
    await storage.create('by-hash/b/2', bytes('2'));
    expect(await storage.list('by-hash')).toEqual(['a', 'b']);
    await storage.remove('by-hash/a/1');
    expect(await storage.list('by-hash')).toEqual(['b']);
    expect(await storage.create('by-hash/a/1', bytes('1'))).toBe(true);
    await storage.replace('by-hash/c/3', bytes('33'));
    expect(await storage.create('by-hash/c/3', bytes('33'))).toBe(false);
    expect(await storage.list('by-hash')).toEqual(['b', 'a', 'c']);
  });

  test('can be read without a signature where the bucket is public', async () => {
    const store = await startStore();
    await bucketStorage(store).replace(FILE, bytes('[]'));
    const { credentials: _none, ...anonymous } = store.connection;
    await expect(bucketStorage({ connection: anonymous }).read(FILE)).rejects.toMatchObject({ code: 'auth' });
    store.habits.isPublic = true;
    expect(await bucketStorage({ connection: anonymous }).read(FILE)).toEqual(bytes('[]'));
  });

  test('is signed with temporary credentials, too', async () => {
    const store = await startStore({ sessionToken: 'for an hour' });
    await bucketStorage(store).replace(FILE, bytes('[]'));
    expect(store.objects.get(KEY)?.bytes).toEqual(bytes('[]'));
  });
});

describe('a store that fails for a moment', () => {
  test.each([
    ['asks to slow down', { kind: 'status', status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['fails within', { kind: 'status', status: 500 }],
    ['breaks the connection', { kind: 'reset' }],
    ['loses its answer', { kind: 'unanswered' }],
    [
      'says that others write the same',
      { kind: 'status', status: 409, body: '<Error><Code>ConditionalRequestConflict</Code></Error>' },
    ],
  ] as const)('and %s is asked again, by each verb', async (_how, fault) => {
    const store = await startStore();
    const storage = bucketStorage(store);
    const misbehave = () => store.misbehave({ match: /./, times: 2, fault });
    misbehave();
    await storage.replace(FILE, bytes('old'));
    misbehave();
    expect(await storage.read(FILE)).toEqual(bytes('old'));
    misbehave();
    expect(await storage.create('by-hash/a', bytes('new'))).toBe(true);
    misbehave();
    await storage.expose('by-hash/a', FILE);
    misbehave();
    await storage.swap('index.json', undefined, bytes('one'));
    misbehave();
    await storage.swap('index.json', bytes('one'), bytes('two'));
    misbehave();
    expect(await storage.list('extensions')).toEqual(['index.json']);
    misbehave();
    await storage.touch('by-hash/a');
    misbehave();
    await storage.remove('by-hash/a');
    misbehave();
    await (await storage.lock!()).release();
    const left = [...store.objects].map(([key, object]) => [key.slice('site/api/v1/'.length), object.bytes.toString()]);
    expect(left).toEqual([
      [FILE, 'new'],
      ['index.json', 'two'],
    ]);
  });

  test('and cuts an answer short is asked again', async () => {
    const store = await startStore();
    const storage = bucketStorage(store);
    await storage.replace(FILE, Buffer.alloc(100_000, 'x'));
    store.misbehave({ match: /GET/, times: 2, fault: { kind: 'truncate', afterBytes: 50_000 } });
    expect(await storage.read(FILE)).toHaveLength(100_000);
  });

  test('and gets other bytes than were sent refuses them by their checksum, and gets them again', async () => {
    const store = await startStore();
    store.habits.corrupts = 2;
    await bucketStorage(store).replace(FILE, bytes('right'));
    expect(store.objects.get(KEY)?.bytes).toEqual(bytes('right'));
    expect(store.requests.map((each) => each.status)).toEqual([400, 400, 200]);
  });

  test('says of a copy in the body of its 200 that it failed, and is asked again', async () => {
    const store = await startStore();
    const storage = bucketStorage(store);
    await storage.create('by-hash/a', bytes('a'));
    const body = '<Error><Code>InternalError</Code></Error>';
    store.misbehave({ match: /PUT .*extensions/, times: 1, fault: { kind: 'status', status: 200, body } });
    await storage.expose('by-hash/a', FILE);
    expect(store.objects.get(KEY)?.bytes).toEqual(bytes('a'));
  });

  test('is told of once it fails for good', async () => {
    const store = await startStore();
    store.misbehave({ match: /./, fault: { kind: 'status', status: 503 } });
    const refused = { code: 'rate_limit', message: expect.stringContaining('s3://registry/site/api/v1') };
    await expect(bucketStorage(store).read(FILE)).rejects.toMatchObject(refused);
    expect(store.requests).toHaveLength(3);
  });
});

describe('a store that refuses', () => {
  const cases: [what: string, change: object, expected: object][] = [
    [
      'the access key',
      { credentials: { accessKeyId: 'other', secretAccessKey: 's' } },
      { code: 'auth', message: expect.stringContaining('AWS_ACCESS_KEY_ID') },
    ],
    [
      'the signature',
      { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'my wrong secret' } },
      { code: 'auth', message: expect.stringContaining('AWS_SECRET_ACCESS_KEY') },
    ],
    ['the region', { region: 'us-east-1' }, { code: 'storage', message: expect.stringContaining('[s3] region') }],
  ];
  test.each(cases)('%s is told with the remedy, and with nothing that it repeats', async (_what, change, expected) => {
    const store = await startStore();
    const storage = bucketStorage({ connection: { ...store.connection, ...change } });
    const error = await storage.replace(FILE, bytes('x')).catch((each: unknown) => each);
    expect(error).toMatchObject(expected);
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toMatch(/secret words|my wrong secret/);
    expect(store.requests).toHaveLength(1);
  });

  test('a bucket that there is not is told by its name', async () => {
    const store = await startStore();
    const storage = bucketStorage(store, { place: { bucket: 'elsewhere', prefix: '' } });
    const refused = { code: 'storage', message: expect.stringMatching(/^s3:\/\/elsewhere: .*no such bucket/) };
    await expect(storage.read(FILE)).rejects.toMatchObject(refused);
    await expect(storage.swap('index.json', undefined, bytes('x'))).rejects.toMatchObject(refused);
  });

  test('to list, or lists what is no XML, is told of', async () => {
    const store = await startStore();
    store.misbehave({ match: /GET/, fault: { kind: 'garbage' } });
    await expect(bucketStorage(store).list('extensions')).rejects.toMatchObject({ code: 'bad_answer' });
  });
});
