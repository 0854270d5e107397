import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { Item } from '../../indexer/model/documents.ts';
import { emptyMemory } from '../../indexer/model/memory.ts';
import { renderDocument, renderManifest, renderSite, type SiteOptions } from '../../indexer/site/documents.ts';
import { blobOf, fileOf, mediaTypeOf } from '../../indexer/site/layout.ts';
import { catalogueExtension, catalogueOf, catalogueVersion, memoryOf } from '../crawl/releases.ts';

const OPTIONS: SiteOptions = { types: ['provider', 'taskserv', 'cluster'], sources: ['oci', 'gitea'] };

function site(ids: string[], options: Partial<SiteOptions> = {}): Map<string, unknown> {
  const catalogue = catalogueOf(ids.map((id) => catalogueExtension(id, ['1.0.0'])));
  const documents = [...renderSite(catalogue, emptyMemory(), { ...OPTIONS, ...options })];
  const json = documents.filter(({ path }) => mediaTypeOf(path) === 'application/json');
  return new Map(json.map(({ path, bytes }) => [path, JSON.parse(bytes.toString('utf8'))]));
}

const namesIn = (documents: Map<string, unknown>, path: string) =>
  (documents.get(path) as Item[] | undefined)?.map((each) => `${each.type}/${each.name}`);

describe('renderSite', () => {
  test('has a document for each extension, each cut of the list, search and memory', () => {
    expect([...site(['provider/aws']).keys()]).toEqual([
      'extensions/provider/aws',
      'extensions/provider/aws/versions',
      'extensions/provider/aws/notes',
      'extensions',
      'by-type/cluster',
      'by-type/provider',
      'by-type/taskserv',
      'by-source/gitea',
      'by-source/oci',
      'pages/1',
      'search',
      'memory',
    ]);
  });

  test('has feeds and plain pages, a sitemap where the address is known, and badges where they are wanted', () => {
    const catalogue = catalogueOf([catalogueExtension('provider/aws', ['1.0.0'])]);
    const memory = memoryOf({}, { 'provider/aws@1.0.0': {} });
    const filesWith = (options: Partial<SiteOptions>) =>
      [...renderSite(catalogue, memory, { ...OPTIONS, ...options })]
        .map(({ path }) => path)
        .filter((path) => fileOf(path) === path);
    const always = [
      'feeds/index.xml',
      'feeds/by-type/cluster.xml',
      'feeds/by-type/provider.xml',
      'feeds/by-type/taskserv.xml',
      'html/by-type/provider/a.html',
      'html/index.html',
    ];
    expect(filesWith({})).toEqual(always);
    expect(filesWith({ publicUrl: 'https://registry.example.org', badges: true })).toEqual([
      'badges/provider/aws.json',
      ...always,
      'sitemap/1.xml',
      'sitemap/index.xml',
    ]);
  });

  test('of nothing has empty lists and a first page', () => {
    const documents = site([]);
    for (const path of ['extensions', 'by-type/provider', 'by-source/oci', 'pages/1']) {
      expect(documents.get(path), path).toEqual([]);
    }
    expect(documents.has('pages/2')).toBe(false);
  });

  test('cuts the list by type, also one that the configuration no longer has', () => {
    const documents = site(['provider/aws', 'runner/arc', 'taskserv/redis']);
    expect(namesIn(documents, 'by-type/provider')).toEqual(['provider/aws']);
    expect(namesIn(documents, 'by-type/runner')).toEqual(['runner/arc']);
    expect(namesIn(documents, 'by-type/cluster')).toEqual([]);
  });

  test('cuts the list by every source that has the extension, not only the preferred one', () => {
    const both = catalogueVersion('1.0.0', { sources: ['oci', 'gitea'] });
    const catalogue = catalogueOf([
      catalogueExtension('provider/aws', [both]),
      catalogueExtension('provider/upcloud', ['1.0.0']),
    ]);
    const documents = [...renderSite(catalogue, emptyMemory(), OPTIONS)];
    const names = (path: string) =>
      (JSON.parse(documents.find((each) => each.path === path)!.bytes.toString()) as Item[]).map((each) => each.name);
    expect(names('by-source/oci')).toEqual(['aws']);
    expect(names('by-source/gitea')).toEqual(['aws', 'upcloud']);
  });

  test.each([
    [99, [99]],
    [100, [100]],
    [101, [100, 1]],
    [200, [100, 100]],
    [201, [100, 100, 1]],
  ])('cuts a list of %i into pages of %j', (count, sizes) => {
    const documents = site(Array.from({ length: count }, (_, i) => `provider/p${String(i).padStart(3, '0')}`));
    const pages = sizes.map((_, i) => namesIn(documents, `pages/${i + 1}`) ?? []);
    expect(pages.map((each) => each.length)).toEqual(sizes);
    expect(pages.flat()).toEqual(namesIn(documents, 'extensions'));
    expect(documents.has(`pages/${sizes.length + 1}`)).toBe(false);
  });

  test('renders the same bytes whatever the order of types and sources', () => {
    const catalogue = catalogueOf([catalogueExtension('provider/aws', ['1.0.0'])]);
    const [one, other] = [OPTIONS, { types: OPTIONS.types.toReversed(), sources: OPTIONS.sources.toReversed() }].map(
      (options) => [...renderSite(catalogue, emptyMemory(), options)].map((each) => each.reference),
    );
    expect(other).toEqual(one);
  });
});

describe('renderDocument', () => {
  test('is one line of JSON that is known by its digest', () => {
    const { path, bytes, reference } = renderDocument('extensions', [{ name: 'ä' }]);
    expect(bytes.toString('utf8')).toBe('[{"name":"ä"}]\n');
    expect(path).toBe('extensions');
    expect(reference).toEqual({ path: blobOf(digestOf(bytes)), digest: digestOf(bytes), size: 16 });
  });
});

describe('renderManifest', () => {
  test('has digest and size of each path, in the order of the paths', () => {
    const paths = ['pages/1', 'extensions/provider/aws/versions', 'extensions', 'extensions/provider/aws'];
    const reference = { path: 'by-hash/x', digest: digestOf('x'), size: 1 };
    const { documents } = renderManifest(new Map(paths.map((path) => [path, reference])));
    expect(Object.keys(documents)).toEqual([
      'extensions',
      'extensions/provider/aws',
      'extensions/provider/aws/versions',
      'pages/1',
    ]);
    expect(documents['extensions']).toEqual({ digest: digestOf('x'), size: 1 });
  });
});

describe('the layout', () => {
  test('puts a document into a folder of its own, and its bytes below their digest', () => {
    expect(fileOf('extensions/provider/aws')).toBe('extensions/provider/aws/index.json');
    const hex = digestOf('x').slice('sha256:'.length);
    expect(blobOf(digestOf('x'))).toBe(`by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`);
  });

  test.each([
    ['feeds/index.xml', 'feeds/index.xml', 'application/atom+xml'],
    ['badges/provider/aws.json', 'badges/provider/aws.json', 'application/json'],
    ['badges/provider/index.json', 'badges/provider/index.json', 'application/json'],
    ['html/by-type/provider/a-2.html', 'html/by-type/provider/a-2.html', 'text/html'],
    ['sitemap/1.xml', 'sitemap/1.xml', 'application/xml'],
    // A name that looks like a file's is none elsewhere.
    ['by-type/html', 'by-type/html/index.json', 'application/json'],
    ['extensions/feeds/index.xml', 'extensions/feeds/index.xml/index.json', 'application/json'],
    ['search', 'search/index.json', 'application/json'],
  ])('puts %s into %s, %s', (path, file, mediaType) => {
    expect(fileOf(path)).toBe(file);
    expect(mediaTypeOf(path)).toBe(mediaType);
  });
});
