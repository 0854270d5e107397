import type { OutgoingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { isFilePath } from '../../indexer/site/layout.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { configOf, giteaConfig, runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import { ask, type Answer } from './http.ts';
import { faultsOf, itemOf, openApi, schemaFaults } from './openapi.ts';
import { sharedSite, sharedWorld, startProxy } from './world.ts';

const world = sharedWorld();
const site = sharedSite();

const paths = Object.entries(openApi.paths);
const operations = paths.flatMap(([path, item]) => [
  { path, method: 'GET', item, operation: item.get },
  ...(item.head ? [{ path, method: 'HEAD', item, operation: item.head }] : []),
]);

/** URL and methods of each route, from fastify's own drawing of its tree: four columns a level, then what is added. */
function routesOf(drawing: string): Map<string, Set<string>> {
  const parents: string[] = [];
  const routes = new Map<string, Set<string>>();
  for (const line of drawing.split('\n').filter(Boolean)) {
    const [, indent = '', added = '', methods = ''] = /^((?:│ {3}| {4})*)[├└]── (\S+) \(([A-Z, ]+)\)$/.exec(line) ?? [];
    const depth = indent.length / 4;
    const url = (parents[depth - 1] ?? '') + added;
    parents.splice(depth, Infinity, url);
    routes.set(url, new Set(methods.split(', ')));
  }
  return routes;
}

describe('the OpenAPI document', () => {
  test('has every route, and no other', () => {
    const routes = routesOf(world().app.printRoutes({ commonPrefix: false }));
    const documented = new Set(paths.flatMap(([path, item]) => [path, ...(item['x-also-at'] ?? [])]));
    const asRoute = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');
    const named = [...routes.keys()].filter((url) => !url.endsWith('*'));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((url) => ![...documented].some((path) => asRoute(path) === url))).toEqual([]);
    // What is documented and has no route of its own is a document, or one of the hand-written files.
    const others = [...documented].filter((path) => !routes.has(asRoute(path)));
    expect(others.filter((path) => path.startsWith('/api/v1/')).map((path) => path.split('/')[3])).toEqual(
      expect.arrayContaining([
        'manifest',
        'search',
        'memory',
        'status',
        'crawl',
        'generations',
        'by-type',
        'by-source',
        'pages',
        'by-hash',
        'feeds',
        'badges',
        'html',
        'sitemap',
      ]),
    );
    expect(others.filter((path) => !path.startsWith('/api/v1/'))).toEqual(['/', '/schema/v1/{file}']);
    for (const [url, methods] of routes) {
      expect([...methods].sort()).toEqual(url === '*' || url === '/*' ? ['GET', 'HEAD', 'OPTIONS'] : ['GET', 'HEAD']);
    }
  });

  test('has the documents of the site that are served by their path', async () => {
    const { documents } = (await world().get('/manifest')).json as { documents: Record<string, unknown> };
    for (const path of [
      '',
      '/manifest',
      '/status',
      '/crawl',
      '/generations',
      ...Object.keys(documents).map((each) => `/${each}`),
    ]) {
      const isOnly = path === '' || isFilePath(path.slice(1));
      for (const spelling of isOnly ? [path] : [path, `${path}/`, `${path}/index.json`]) {
        expect(itemOf(`/api/v1${spelling}`), spelling).toBeDefined();
      }
    }
  });

  test('names each operation once, and each part that it has', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, item, operation } of operations) {
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      const inPath = parameters.filter((each) => each.in === 'path').map((each) => each.name);
      expect(inPath, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });
});

describe('an example', () => {
  const { components } = openApi;
  test.each(Object.entries(components.headers))('of the header %s is of its form', (_name, { schema, example }) => {
    expect(example).toBeDefined();
    expect(schemaFaults(schema, example)).toEqual([]);
  });

  test.each([
    ...Object.entries(components.parameters),
    ...paths.flatMap(([path, item]) => (item.parameters ?? []).map((each) => [path, each] as const)),
  ])('of the parameter %s is of its form', (_name, { schema, example, examples }) => {
    const all = examples ? Object.values(examples).map(({ value }) => value) : [example];
    for (const each of all) expect(schemaFaults(schema!, each)).toEqual([]);
    expect(all).not.toContain(undefined);
  });

  test.each(operations)('of each answer to $method $path is of its form', ({ operation }) => {
    for (const { content } of Object.values(operation.responses)) {
      for (const { schema, example, examples } of Object.values(content ?? {})) {
        const all = examples
          ? Object.values(examples).map(({ value }) => value)
          : example === undefined
            ? []
            : [example];
        for (const each of all) expect(schemaFaults(schema!, each)).toEqual([]);
      }
    }
  });
});

/** Where each parameter leads to something in this world. */
const VALUES: Readonly<Record<string, string>> = {
  type: 'provider',
  name: 'aws',
  version: '1.0.0',
  asset: 'aws_prov.tar.gz',
  source: 'gitea',
  page: '1',
  number: '0',
  file: 'item.schema.json',
  feed: 'provider.xml',
  badge: 'aws.json',
  listing: 'a.html',
  sitemap: 'index.xml',
};
/** And where to nothing, though it is of its form. */
const NOTHING: Readonly<Record<string, string>> = {
  name: 'nope',
  type: 'nope',
  source: 'nope',
  page: '9',
  number: '9',
  file: 'nope.json',
  prefix: 'ff',
  feed: 'nope.xml',
  sitemap: '9.xml',
};
/** What only a slow machine or a fault of ours brings about. */
const NOT_HERE: Readonly<Record<string, readonly string[]>> = {
  getPointer: ['500'],
  getVersionDocument: ['500'],
  getHealth: ['500', '503'],
  getLiveness: ['500', '503'],
  getReadiness: ['500'],
  getMetrics: ['500', '503'],
  getCacheStatistics: ['500', '503'],
  // Nobody has 10,000 extensions here.
  getSearchPostings: ['200', '304', '500'],
  getSearchRecords: ['200', '304', '500'],
  getPage: ['500'],
  getContract: ['500'],
  // Not there in a site without a version, or of an older indexer.
  getFeed: ['404'],
  getPlainIndex: ['404'],
};

async function blobOfWorld(): Promise<Record<string, string>> {
  const { manifest } = (await world().get('')).json as { manifest: { path: string } };
  const [prefix = '', file = ''] = manifest.path.split('/').slice(2);
  return { prefix, file };
}

/** The same world at an address that it knows: only there is a sitemap. */
async function startAddressed(): Promise<{ url: string; config: Config }> {
  const { config: plain } = world();
  const path = await temporaryFolder();
  const config = { ...plain, site: { ...plain.site, path, publicUrl: 'https://registry.example.org' } };
  await runIndexer(config);
  return { config, ...(await startProxy(config)) };
}

const fill = (template: string, values: Readonly<Record<string, string>>) =>
  template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name]!);

describe('each documented status', () => {
  test.each(operations)('of $method $path is answered, and as documented', async ({ path, method, operation }) => {
    const values = path.includes('by-hash') ? await blobOfWorld() : VALUES;
    const target = fill(path, values);
    const missing = Object.keys(NOTHING).find(
      (name) => path.includes(`{${name}}`) && !(name === 'type' && path.includes('{name}')),
    );
    const empty = fill(path, { ...values, ...(missing && { [missing]: NOTHING[missing]! }) });
    const produced = new Set<string>();
    const see = (asked: string, answer: Answer) => {
      expect({ asked, status: answer.status, faults: faultsOf({ method, target: asked }, answer) }).toMatchObject({
        faults: [],
      });
      produced.add(String(answer.status));
    };
    const { url, config } = path.includes('sitemap') ? await startAddressed() : world();
    const asks: [string, { headers?: OutgoingHttpHeaders; body?: string }][] = [
      [target, {}],
      [target, { headers: { 'if-none-match': '*' } }],
      [target, { headers: { 'accept-encoding': 'br' } }],
      [target, { body: 'a body', headers: { 'content-length': 6 } }],
      [`${target}?${'a'.repeat(5_000)}`, {}],
      [empty, {}],
      [target, { headers: { 'x-large': 'a'.repeat(20_000) } }],
      [target, { headers: { 'if-match': '"other"' } }],
    ];
    for (const [asked, options] of asks) see(asked, await ask(url + asked, { method, ...options }));
    if (path.endsWith('{version}') || path.endsWith('{asset}')) await seeDownload(path, method, see);
    await seeFailures({ target, method, config }, see);
    const expected = Object.keys(operation.responses).filter(
      (each) => !NOT_HERE[operation.operationId]?.includes(each),
    );
    expect([...produced].sort()).toEqual(expect.arrayContaining(expected));
    expect(expected).toEqual(expect.arrayContaining([...produced]));
  });
});

type See = (asked: string, answer: Answer) => void;

async function seeDownload(path: string, method: string, see: See): Promise<void> {
  const target = fill(path, VALUES);
  const latest = fill(path, { ...VALUES, version: 'latest' });
  const { url } = world();
  see(latest, await ask(url + latest, { method }));
  for (const range of ['bytes=0-9', 'bytes=9999-'])
    see(target, await ask(url + target, { method, headers: { range } }));
  for (const fault of [
    { kind: 'wrongBytes' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 504 },
  ] as const) {
    const { url: fresh, gitea } = await site();
    gitea.misbehave({ match: /attachments/, fault });
    see(target, await ask(fresh + target, { method }));
  }
}

/** Over a site that is not there, and over one that cannot be read for a reason that nobody foresaw. */
async function seeFailures(
  { target, method, config }: { target: string; method: string; config: Config },
  see: See,
): Promise<void> {
  const { gitea } = world();
  const { url: unpublished } = await startProxy(configOf(await temporaryFolder(), [giteaConfig(gitea.url)]));
  see(target, await ask(unpublished + target, { method }));
  const folder = createFolderReader({ root: v1Of(config) });
  const blobs: string[] = [];
  const reader = {
    ...folder,
    read: async (file: string, maxBytes?: number) => {
      // The pointer and its manifest are needed to get anywhere.
      if (file !== 'index.json' && blobs.push(file) > 1) throw new TypeError('unforeseen');
      return folder.read(file, maxBytes);
    },
  };
  const { url } = await startProxy(config, { reader });
  see(target, await ask(url + target, { method }));
  // The documents that belong to no generation are files that somebody can take away.
  const taken = /status|crawl|generations/;
  if (!taken.test(target)) return;
  const without = {
    ...folder,
    read: async (file: string) => (taken.test(file) ? undefined : folder.read(file)),
  };
  const { url: stripped } = await startProxy(config, { reader: without });
  see(target, await ask(stripped + target, { method }));
}

describe('what holds for every path', () => {
  test.each(['OPTIONS', 'POST', 'TRACE'])('holds for %s', async (method) => {
    const { url, config } = world();
    const noCors = await startProxy({ ...config, server: { ...config.server, corsOrigins: [] } });
    for (const base of [url, noCors.url]) {
      for (const target of ['/', '/api/v1/extensions', '/api/v1/extensions/provider/aws/1.0.0']) {
        const answer = await ask(base + target, { method });
        expect(faultsOf({ method, target }, answer)).toEqual([]);
        expect(answer.status).toBe(method === 'OPTIONS' && base === url ? 204 : 405);
      }
    }
  });
});
