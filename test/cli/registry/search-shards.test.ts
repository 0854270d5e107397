import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SearchRequest } from '../../../indexer/site/search/open-search.ts';
import { parseSearchDocument, parseSearchShard } from '../../../cli/registry/checked-documents.ts';
import { digestOf } from '../../../indexer/model/digest.ts';
import { runIndexer, v1Of } from '../../builders.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { serveFolder } from '../../storage/static-server.ts';
import { askedOf, idOf, open } from './registries.ts';

const world = sharedWorld();
let folder: string;
let sharded: string;

beforeAll(async () => {
  const { config } = world();
  folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  const other = { ...config, site: { ...config.site, path: folder } };
  await runIndexer(other, { maxListed: 0 });
  sharded = v1Of(other);
});

afterAll(() => rm(folder, { recursive: true }));

const REQUESTS: SearchRequest[] = [
  { text: 'aws' },
  { text: 'amazn' },
  { text: 'store', type: 'taskserv' },
  { text: '', tag: 'cloud' },
  { text: '', source: 'oci' },
  { text: '', phrases: ['large files'] },
  { text: 'nothing-like-it' },
  { text: '', limit: 2, offset: 1 },
];

describe('a registry of search shards', () => {
  test('is searched and listed as one of a list is', async () => {
    const [list, shards] = [await open(v1Of(world().config)), await open(sharded)];
    for (const request of REQUESTS) expect(await shards.search(request)).toEqual(await list.search(request));
    expect(await shards.overview()).toEqual(await list.overview());
  });

  test('keeps its overview by the digest of the list that it is made of', async () => {
    const first = await open(sharded);
    const overview = await first.overview();
    await first.close();
    const digestAt = async (path: string): Promise<string> =>
      digestOf(await readFile(join(sharded, path, 'index.json'))).slice('sha256:'.length);
    const names = await readdir(join(first.cacheFolder, 'documents'), { recursive: true });
    const kept = names.filter((each) => each.endsWith('.overview1')).map((each) => basename(each, '.overview1'));
    expect(kept).toEqual([await digestAt('extensions')]);
    const second = await open(sharded, { cacheFolder: first.cacheFolder });
    expect(await second.overview()).toEqual(overview);
    expect(second.events.filter(({ fromCache }) => fromCache).map(({ url }) => url)).toContain('extensions/index.json');
  });

  test('knows what was meant', async () => {
    const registry = await open(sharded);
    expect(await registry.identify('redis')).toBe('taskserv/redis');
    await expect(registry.identify('provider/awss')).rejects.toThrow('did you mean provider/aws?');
    await expect(registry.versions(idOf('provider/redis'))).rejects.toThrow('did you mean taskserv/redis?');
  });

  test('asks for the head and for shards by their digests, and once', async () => {
    const { url } = await serveFolder(sharded);
    const site = `${url}/`;
    const first = await open(site);
    await first.search({ text: 'redis' });
    const asked = askedOf(first);
    // Pointer, head, postings, records: the manifest is not needed.
    expect(asked[0]).toBe(`${site}index.json 200`);
    expect(asked.slice(1).filter((each) => !each.includes('by-hash/sha256/'))).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(6);
    await first.close();
    const second = await open(site, { cacheFolder: first.cacheFolder });
    expect((await second.search({ text: 'redis' })).total).toBe(1);
    expect(askedOf(second)).toHaveLength(1);
    await second.close();
    const offline = await open(site, { cacheFolder: first.cacheFolder, offline: true });
    expect((await offline.search({ text: 'redis' })).total).toBe(1);
    expect(askedOf(offline)).toEqual([]);
  });
});

const HEAD = {
  schema: 1,
  form: 'shards',
  extensions: 1,
  rows: 1,
  words: 'Aaws',
  marks: 'F',
  postings: [`sha256:${'a'.repeat(64)}`],
  posting_words: [1],
  records: [],
  record_rows: 64,
  deprecated: '',
};
const RECORDS = {
  schema: 1,
  type: ['provider'],
  name: ['aws'],
  version: ['1.0.0'],
  description: [''],
  author: [''],
  source: [['gitea']],
  tags: [[]],
  absent: [],
};
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('what a head and a shard are made of', () => {
  test('passes where it is right', () => {
    expect(parseSearchDocument(bytesOf(HEAD))).toEqual(HEAD);
    expect(parseSearchShard(bytesOf(RECORDS))).toEqual(RECORDS);
    expect(parseSearchShard(bytesOf({ schema: 1, rows: ['A'], places: ['E'] }))).toMatchObject({ rows: ['A'] });
  });

  test.each([
    { postings: ['../../etc/passwd'] },
    { records: 'sha256:' },
    { words: 5 },
    { rows: 1e12 },
    { rows: -1 },
    { posting_words: ['1'] },
    { posting_words: [2] },
    { schema: 2 },
    { form: 'list' },
    { form: undefined },
    { form: 'tree' },
  ])('refuses a head with %j', (wrong) => {
    expect(() => parseSearchDocument(bytesOf({ ...HEAD, ...wrong }))).toThrow('is not what a registry publishes');
  });

  test.each([
    { name: ['../x'] },
    { name: ['aws', 'gcp'] },
    { tags: [[1]] },
    { absent: ['0'] },
    { places: [1], rows: [] },
  ])('refuses a shard with %j', (wrong) => {
    expect(() => parseSearchShard(bytesOf({ ...RECORDS, ...wrong }))).toThrow('is not what a registry publishes');
  });
});
