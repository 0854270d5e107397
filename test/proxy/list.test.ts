import { describe, expect, test } from 'vitest';
import type { Item } from '../../indexer/model/documents.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { runIndexer, v1Of } from '../builders.ts';
import { sharedWorld, startProxy, startWorld } from './world.ts';

const world = sharedWorld();

const names = (json: unknown) => (json as Item[]).map((item) => `${item.type}/${item.name}`);

describe('GET /extensions with a query', () => {
  test.each([
    ['?type=provider', ['provider/aws', 'provider/both']],
    ['?type=taskserv', ['taskserv/big', 'taskserv/redis']],
    ['?source=oci', ['provider/both', 'taskserv/redis']],
    ['?source=gitea&type=provider', ['provider/aws', 'provider/both']],
    ['?type=cluster&source=oci', []],
    ['?limit=2', ['cluster/many', 'provider/aws']],
    ['?limit=2&offset=4', ['taskserv/redis']],
    ['?limit=1000', ['cluster/many', 'provider/aws', 'provider/both', 'taskserv/big', 'taskserv/redis']],
    ['?offset=3', ['taskserv/big', 'taskserv/redis']],
    ['?limit=5&offset=100', []],
    [
      '?type=&source=&limit=&offset=',
      ['cluster/many', 'provider/aws', 'provider/both', 'taskserv/big', 'taskserv/redis'],
    ],
    ['?utm_source=x', ['cluster/many', 'provider/aws', 'provider/both', 'taskserv/big', 'taskserv/redis']],
  ])('answers %s', async (query, expected) => {
    const { get } = world();
    const answer = await get(`/extensions${query}`);
    expect(answer.status).toBe(200);
    expect(names(answer.json)).toEqual(expected);
  });

  test('counts all and links to the next page, relative, with the rest of the query', async () => {
    const { get } = world();
    const first = await get('/extensions?source=gitea&limit=3');
    expect(first.headers).toMatchObject({
      'x-total-count': '4',
      link: '<?source=gitea&limit=3&offset=3>; rel="next"',
      'cache-control': 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400',
      vary: 'Accept-Encoding',
    });
    const second = await get(`/extensions${/<(.*)>/.exec(String(first.headers['link']))?.[1]}`);
    expect([...names(first.json), ...names(second.json)]).toEqual([
      'cluster/many',
      'provider/aws',
      'provider/both',
      'taskserv/big',
    ]);
    expect(second.headers['link']).toBeUndefined();
    expect(second.headers['x-total-count']).toBe('4');
  });

  test('answers conditional requests for what it made', async () => {
    const { get } = world();
    const { headers } = await get('/extensions?type=provider');
    expect((await get('/extensions?type=provider', { headers: { 'if-none-match': headers.etag } })).status).toBe(304);
    expect((await get('/extensions?type=taskserv', { headers: { 'if-none-match': headers.etag } })).status).toBe(200);
  });

  test.each([
    ['?type=plugin', 'invalid_type', '"plugin" is no type of extension; use cluster, provider, taskserv.'],
    ['?source=npm', 'invalid_request', '"npm" is no source of this registry; use gitea, oci.'],
    ['?limit=0', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?limit=1001', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?limit=-1', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?limit=1.5', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?limit=1e2', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?limit=ten', 'invalid_request', 'limit is not a whole number from 1 to 1000; correct it.'],
    ['?offset=-1', 'invalid_request', 'offset is not a whole number from 0 to 10000000; correct it.'],
    ['?limit=1&limit=2', 'invalid_request', 'limit is given more than once; give it once.'],
    ['?type=provider&type=cluster', 'invalid_request', 'type is given more than once; give it once.'],
    ['?__proto__=x&type=plugin', 'invalid_type', '"plugin" is no type of extension; use cluster, provider, taskserv.'],
  ])('refuses %s', async (query, error, message) => {
    const { get } = world();
    const answer = await get(`/extensions${query}`);
    expect({ status: answer.status, body: answer.json }).toEqual({ status: 400, body: { error, message } });
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('GET /extensions/search', () => {
  test('answers items with their score, best first', async () => {
    const { get } = world();
    const answer = await get('/extensions/search?q=amazon');
    expect(answer.json).toMatchObject([
      { type: 'provider', name: 'aws', version: '1.1.0+build.5', score: expect.any(Number) as number },
    ]);
    expect(answer.headers['x-total-count']).toBe('1');
    const [item] = (await get('/extensions/search?q=redis')).json as (Item & { score: number })[];
    const { score: _score, ...rest } = item!;
    const [, , , , listed] = (await get('/extensions')).json as Item[];
    expect(rest).toEqual(listed);
  });

  test.each([
    ['?q=aws', ['provider/aws']],
    ['?q=AMAZN', ['provider/aws']],
    ['?q=both&type=taskserv', []],
    ['?q=both&source=oci', ['provider/both']],
    ['?tag=cloud', ['provider/aws']],
    ['?q=tag:cloud', ['provider/aws']],
    ['?q=tag:cloud&tag=nothing', []],
    ['?q=type:taskserv+data', ['taskserv/redis']],
    ['?q=type:taskserv+both&type=provider', ['provider/both']],
    ['?q=type:plugin', []],
    ['?q=source:oci', ['provider/both', 'taskserv/redis']],
    ['?q="large+files"', ['taskserv/big']],
    ['?q="files+large"', []],
    ['?q=nothing-like-it', []],
    ['?q=&type=taskserv', ['taskserv/big', 'taskserv/redis']],
    ['', ['cluster/many', 'provider/aws', 'provider/both', 'taskserv/big', 'taskserv/redis']],
    ['?limit=2&offset=1', ['provider/aws', 'provider/both']],
  ])('answers %j', async (query, expected) => {
    const { get } = world();
    const answer = await get(`/extensions/search${query}`);
    expect(answer.status).toBe(200);
    expect(names(answer.json)).toEqual(expected);
  });

  test('gives 20 without a limit, and a link to the rest', async () => {
    const { get, gitea, config, clock } = await startWorld();
    for (let at = 0; at < 25; at += 1) {
      gitea.addRepository('acme', { name: `tool${at}_taskserv`, description: 'A tool' });
      gitea.addRelease('acme', `tool${at}_taskserv`, {
        tag: '1.0.0',
        assets: [{ name: 'a.tar.gz', content: `${at}` }],
      });
    }
    await runIndexer(config);
    clock.nowMs += 1_000;
    const answer = await get('/extensions/search?q=tool');
    expect(names(answer.json)).toHaveLength(20);
    expect(answer.headers).toMatchObject({ 'x-total-count': '25', link: '<?q=tool&offset=20>; rel="next"' });
    expect(names((await get('/extensions/search?q=tool&offset=20')).json)).toHaveLength(5);
  });

  test.each([
    ['?q=a&type=plugin', 'invalid_type'],
    ['?q=a&limit=0', 'invalid_request'],
    ['?q=a&q=b', 'invalid_request'],
    [`?q=${'a'.repeat(257)}`, 'invalid_request'],
    [`?tag=${'a'.repeat(257)}`, 'invalid_request'],
  ])('refuses %s', async (query, error) => {
    const { get } = world();
    const answer = await get(`/extensions/search${query}`);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 400, body: { error } });
  });

  test('answers from one generation, though another one is published meanwhile', async () => {
    const { config, gitea } = await startWorld();
    const folder = createFolderReader({ root: v1Of(config) });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    let blobs = 0;
    const reader = {
      ...folder,
      // The first generation's manifest is read, then its search; the latter takes until the second one is served.
      read: async (file: string, maxBytes?: number) => {
        if (file.startsWith('by-hash') && (blobs += 1) === 2) {
          hold();
          await released;
        }
        return folder.read(file, maxBytes);
      },
    };
    const { get, clock } = await startProxy(config, { reader });
    const early = get('/extensions/search?q=aws');
    await held;
    // It moves every row of the list by one.
    gitea.addRepository('acme', { name: 'aaa_cluster', description: 'First of all' });
    gitea.addRelease('acme', 'aaa_cluster', { tag: '1.0.0', assets: [{ name: 'a.tar.gz', content: 'a' }] });
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await runIndexer(config);
    clock.nowMs += 1_000;
    expect((await get('')).json).toMatchObject({ generation: 2 });
    expect((await get('/extensions/search?q=aws')).json).toMatchObject([{ name: 'aws', version: '5.0.0' }]);
    release();
    expect((await early).json).toMatchObject([{ name: 'aws', version: '1.1.0+build.5' }]);
  });
});
