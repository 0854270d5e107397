import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { DocumentReference, KeptGeneration, Pointer } from '../../indexer/model/documents.ts';
import * as layout from '../../indexer/site/layout.ts';
import { EXAMPLES } from './examples.ts';
import { validateSite } from './validate-site.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validate-site-'));
});
afterEach(() => rm(folder, { recursive: true }));

const DOCUMENTS: Record<string, unknown> = {
  extensions: EXAMPLES.list.full,
  'extensions/taskserv/kubernetes': EXAMPLES.extension.full,
  'extensions/taskserv/kubernetes/versions': EXAMPLES.versions.full,
  'extensions/taskserv/kubernetes/notes': EXAMPLES.notes.full,
  'by-type/taskserv': EXAMPLES.list.full,
  'by-source/oci': EXAMPLES.list.full,
  'pages/1': EXAMPLES.list.full,
  search: EXAMPLES.search.full,
  memory: EXAMPLES.memory.full,
  'badges/taskserv/kubernetes.json': EXAMPLES.badge.full,
};

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

/** Writes a document under both of its names. */
async function writeDocument(path: string, document: unknown): Promise<DocumentReference> {
  const text = JSON.stringify(document);
  const digest = digestOf(text);
  await write(layout.fileOf(path), text);
  await write(layout.blobOf(digest), text);
  return { path: layout.blobOf(digest), digest, size: Buffer.byteLength(text) };
}

/** Writes a whole site of the example documents, some of them replaced. */
async function writeSite(replaced: Record<string, unknown> = {}): Promise<void> {
  const documents: Record<string, object> = {};
  const references: Record<string, DocumentReference> = {};
  for (const [path, document] of Object.entries({ ...DOCUMENTS, ...replaced })) {
    const reference = await writeDocument(path, document);
    references[path] = reference;
    documents[path] = { digest: reference.digest, size: reference.size };
  }
  const manifest = await writeDocument('manifest', { schema: 1, documents });
  const pointer = { ...EXAMPLES.pointer.full, manifest, search: references['search'] };
  await write('index.json', JSON.stringify(pointer));
  await write('status/index.json', JSON.stringify(EXAMPLES.status.full));
  await write('crawl/index.json', JSON.stringify(EXAMPLES.crawl.full));
}

describe('validateSite', () => {
  test('finds no fault in a sound site and counts its files', async () => {
    await writeSite();
    // Three of the lists are one by-hash file; pointer, status and crawl have none.
    expect(await validateSite(folder)).toEqual({ checked: 10 + 7 + 2 + 3, faults: [] });
  });

  const versions = EXAMPLES.versions.full;
  test.each([
    ['extensions', [{ ...EXAMPLES.item.full, colour: 'red' }], 'extensions/index.json/0 '],
    ['by-source/oci', [{ name: 'kubernetes' }], "by-source/oci/index.json/0 must have required property 'type'"],
    [
      'extensions/taskserv/kubernetes',
      EXAMPLES.item.full,
      'extensions/taskserv/kubernetes/index.json must have required',
    ],
    ['extensions/taskserv/kubernetes/versions', [{ ...versions[0], size: -1 }], 'versions/index.json/0/size must be'],
    ['memory', { schema: 2 }, 'memory/index.json'],
    ['search', { ...EXAMPLES.search.full, author: [] }, 'columns of several lengths'],
    ['search', { ...EXAMPLES.search.full, deprecated: [1] }, 'names a row 1'],
    ['search', { ...EXAMPLES.search.full, yanked: [2] }, 'names a row 2'],
    ['badges/taskserv.json', {}, 'badges/taskserv.json is the file of no document.'],
    ['badges/taskserv/kubernetes.json', { schemaVersion: 1 }, 'badges/taskserv/kubernetes.json must have required'],
    ['feeds/index.xml', {}, 'feeds/index.xml: The feed says no encoding.'],
    ['sitemap/1.xml', {}, 'sitemap/1.xml: It is no XML'],
    ['html/index.html', {}, 'html/index.html: missing-doctype'],
  ])('finds what is wrong with %s', async (path, document, fault) => {
    await writeSite({ [path]: document });
    const { faults } = await validateSite(folder);
    expect(faults.filter((each) => each.includes(fault))).not.toEqual([]);
  });

  test.each([
    [layout.blobOf(digestOf('a')), '"b"', 'which is not its name'],
    ['by-hash/readme.json', '{}', 'which is not its name'],
    [layout.blobOf(digestOf('not JSON')), 'not JSON', 'is not JSON'],
    ['status/index.json', '{"schema":1', 'is not JSON'],
    ['crawl/index.json', '{"schema":1}', 'crawl/index.json must have required'],
    ['manifest/index.json', '{"schema":1,"documents":{"memory":null}}', 'manifest/index.json/documents/memory must be'],
    ['search/index.json', '{"schema":1,"name":null}', "search/index.json must have required property 'type'"],
    ['index.json', '{}', 'index.json must have required'],
    ['extensions/index.json', '[]', 'extensions/index.json has sha256:'],
    ['pages/2/index.json', '[]', 'pages/2/index.json is not in the manifest.'],
    ['.abc.tmp', '[]', '.abc.tmp is the file of no document.'],
  ])('finds the wrong file %s', async (file, text, fault) => {
    await writeSite();
    await write(file, text);
    expect((await validateSite(folder)).faults.join('\n')).toContain(fault);
  });

  test('finds a document of the manifest that is missing under either name', async () => {
    await writeSite();
    const { digest } = await writeDocument('memory', EXAMPLES.memory.full);
    await rm(join(folder, 'memory'), { recursive: true });
    await rm(join(folder, layout.blobOf(digest)));
    expect((await validateSite(folder)).faults).toEqual([
      'memory/index.json is missing.',
      `${layout.blobOf(digest)} is missing.`,
    ]);
  });

  describe('of generations', () => {
    /** A sound site, and what the document says of its current generation. */
    async function writeCurrent(): Promise<KeptGeneration> {
      await writeSite();
      const text = await readFile(join(folder, 'index.json'), 'utf8');
      const { generation, created, manifest } = JSON.parse(text) as Pointer;
      return { generation, created, manifest };
    }
    const faultsWith = async (generations: KeptGeneration[]): Promise<string[]> => {
      await write('generations/index.json', JSON.stringify({ schema: 1, generations }));
      return (await validateSite(folder)).faults;
    };

    test('finds those that do not fit the pointer, or each other', async () => {
      const current = await writeCurrent();
      expect(await faultsWith([current])).toEqual([]);
      expect(await faultsWith([{ ...current, generation: 2 }, current, current])).toEqual([
        'generations/index.json begins with 2, the pointer says 1.',
        'generations/index.json is in no order.',
      ]);
    });

    test('finds one of which something is missing', async () => {
      const current = { ...(await writeCurrent()), generation: 2 };
      const text = await readFile(join(folder, 'index.json'), 'utf8');
      await write('index.json', text.replace('"generation":1', '"generation":2'));
      const [document, manifest] = ['gone', '{"schema":1,"documents":{}}'].map((each) => digestOf(each));
      const entry = { digest: document, size: 4 };
      const bytes = JSON.stringify({ schema: 1, documents: { 'pages/9': entry } });
      const old = { path: layout.blobOf(digestOf(bytes)), digest: digestOf(bytes), size: bytes.length };
      await write(old.path, bytes);
      const lost = { path: layout.blobOf(manifest!), digest: manifest!, size: 1 };
      expect(await faultsWith([current, { ...current, generation: 1, manifest: old }])).toEqual([
        `Generation 1: ${layout.blobOf(document!)} is missing.`,
      ]);
      expect(await faultsWith([current, { ...current, generation: 1, manifest: lost }])).toEqual([
        `${lost.path} is missing.`,
      ]);
    });
  });

  test('finds a pointer to another manifest, and that there is none', async () => {
    await writeSite();
    await writeDocument('manifest', { schema: 1, documents: {} });
    expect((await validateSite(folder)).faults.join('\n')).toContain("The pointer's manifest: manifest/index.json has");
    await rm(join(folder, 'index.json'));
    expect((await validateSite(folder)).faults).toContain('index.json is missing.');
  });
});
