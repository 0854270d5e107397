import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Asset, CatalogueExtension, CatalogueVersion } from '../../indexer/model/catalogue.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { emptyMemory } from '../../indexer/model/memory.ts';
import { publishSite } from '../../indexer/publish/publish.ts';
import { renderDocument, renderSite, type RenderedDocument } from '../../indexer/site/documents.ts';
import { CRAWL, fileOf, STATUS } from '../../indexer/site/layout.ts';
import { renderCrawl, renderPointer, renderStatus } from '../../indexer/site/reports.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import { catalogueExtension, catalogueOf, catalogueVersion } from '../crawl/releases.ts';

export const TYPES = ['cluster', 'provider', 'taskserv'] as const;
const WORDS =
  'cloud network storage backup secrets metrics tracing gateway container runtime registry database cache queue broker ' +
  'balancer certificate identity policy volume snapshot replica region zone cluster worker control plane service mesh';

export interface PublishedSite {
  /** `[site] path`. */
  folder: string;
  /** Extensions' ids, `type/name`, in the site's order. */
  ids: readonly string[];
  /** The published bytes of a document, by its path. */
  read: (path: string) => Promise<Buffer>;
}

const published = new Map<number, Promise<PublishedSite>>();

/** The site of so many extensions that this run has published already, or a new one in this folder. */
export function sharedBenchSite(folder: string, count: number): Promise<PublishedSite> {
  const site = published.get(count) ?? publishBenchSite(join(folder, 'site'), count);
  published.set(count, site);
  return site;
}

/**
 * Renders and publishes a site of so many extensions with the indexer's own code. Each extension's document has about
 * 2 KB, and a page of the list about 60 KB. The same count gives the same bytes.
 */
export function publishBenchSite(folder: string, count: number): Promise<PublishedSite> {
  const extensions = Array.from({ length: count }, (_, i) => extensionOf(i)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return publishExtensions(folder, extensions);
}

/**
 * A site of these, in the order of their ids.
 * @param has which documents it has, by their paths; all without it
 * @param maxListed extensions of a site whose search is one list; the indexer's own bound without it
 */
export async function publishExtensions(
  folder: string,
  extensions: readonly CatalogueExtension[],
  { has = () => true, maxListed }: { has?: (path: string) => boolean; maxListed?: number } = {},
): Promise<PublishedSite> {
  const catalogue = catalogueOf([...extensions]);
  const memory = emptyMemory();
  const time = '2026-06-01T12:00:00Z';
  const root = join(folder, 'api', 'v1');
  const storage = createFolderStorage({ root, now: Date.now, temporaryName: randomUUID });
  await publishSite(storage, undefined, {
    documents: only(
      renderSite(catalogue, memory, {
        types: TYPES,
        sources: ['gitea'],
        ...(maxListed !== undefined && { maxListed }),
      }),
      has,
    ),
    keepGenerations: 5,
    now: Date.now,
    conclude: ({ manifest, search }) => {
      const sources = [{ name: 'gitea', kind: 'gitea', last_success: time }];
      const parts = { generation: 1, created: time, checkedAt: time, manifest, search, sources };
      const pointer = renderPointer(catalogue, parts);
      const status = renderDocument(STATUS, renderStatus({ catalogue, memory }, pointer, []));
      return { pointer, reports: [status, renderDocument(CRAWL, renderCrawl([], time, time))] };
    },
  });
  return { folder, ids: extensions.map((each) => each.id), read: (path) => readFile(join(root, fileOf(path))) };
}

function* only(documents: Iterable<RenderedDocument>, has: (path: string) => boolean): Generator<RenderedDocument> {
  for (const each of documents) if (has(each.path)) yield each;
}

/** The same number gives the same extension; its versions are the newest of ever so many. */
export function extensionOf(number: number, count = 3): CatalogueExtension {
  const words = wordsOf(number);
  const name = `${words.next().value}-${words.next().value}-${number}`;
  const versions = Array.from({ length: count }, (_, at) => versionOf(name, `1.${count - 1 - at}.0`, words));
  return catalogueExtension(`${TYPES[number % TYPES.length]}/${name}`, versions);
}

function versionOf(name: string, version: string, words: Generator<string, never>): CatalogueVersion {
  const sentence = (length: number): string => Array.from({ length }, () => words.next().value).join(' ');
  const about = {
    description: sentence(9),
    author: 'platform-team',
    repository: `https://git.example.org/extensions/${name}`,
    license: 'Apache-2.0',
    tags: sentence(3).split(' '),
  };
  const { assets, ...rest } = catalogueVersion(version, { about, notes: sentence(30) });
  const stem = `${name}-${version}`;
  const names = [`${stem}.tar.gz`, `${stem}-arm64.tar.gz`, `${stem}-riscv64.tar.gz`, `${stem}.sbom.json`];
  return {
    ...rest,
    // Digests don't compress: documents that share them would.
    assets: names.flatMap((name, i) => assets.map((each) => assetOf(each, name, i === 0))),
  };
}

function assetOf({ size, mediaType, locations }: Asset, name: string, isPrimary: boolean): Asset {
  const known = { name, size, digest: digestOf(name), digestOrigin: 'computed' as const, mediaType, locations };
  return { ...known, ...(isPrimary && { primary: true as const }) };
}

/** Words for ever, the same ones for the same number; the constants are those of MINSTD. */
function* wordsOf(number: number): Generator<string, never> {
  const words = WORDS.split(' ');
  let state = number + 1;
  for (;;) {
    state = (state * 48_271) % 2_147_483_647;
    yield words[state % words.length] ?? '';
  }
}
