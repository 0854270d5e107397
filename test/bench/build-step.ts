import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import type { Catalogue, CatalogueVersion } from '../../indexer/model/catalogue.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { emptyMemory, type Memory, type VersionRecord } from '../../indexer/model/memory.ts';
import type { Release } from '../../indexer/model/release.ts';
import { publishSite, type Current } from '../../indexer/publish/publish.ts';
import { openSite, readPointer } from '../../indexer/read-site.ts';
import { renderDocument, renderSite } from '../../indexer/site/documents.ts';
import { CRAWL, STATUS } from '../../indexer/site/layout.ts';
import { renderCrawl, renderPointer, renderStatus } from '../../indexer/site/reports.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import { catalogueOf } from '../crawl/releases.ts';
import { extensionOf, TYPES } from './published-site.ts';

/** A step in a process of its own, so that what it needs of memory is its own. */
export interface BuildTask {
  /** `[site] path`. */
  folder: string;
  extensions: number;
  versions: number;
  /** One extension has a version more than in the step before. */
  oneChanged: boolean;
}

export interface Built {
  /** From the loaded catalogue and the opened old site to the pointer. */
  seconds: number;
  /** Highest RSS of the process, the catalogue included, in bytes. */
  peakRssBytes: number;
  /** RSS before it began, in bytes. */
  loadedRssBytes: number;
  documentsWritten: number;
  generation: number;
}

const TIME = '2026-06-01T12:00:00Z';

process.send?.(await build(JSON.parse(process.argv[2] ?? '{}') as BuildTask));

async function build(task: BuildTask): Promise<Built> {
  const catalogue = loadCatalogue(task);
  const memory = memoryOf(catalogue);
  const root = join(task.folder, 'api', 'v1');
  const storage = createFolderStorage({ root, now: Date.now, temporaryName: randomUUID });
  const loadedRssBytes = process.memoryUsage.rss();
  const startedMs = performance.now();
  const current = await openCurrent(storage);
  const generation = (current?.pointer.generation ?? 0) + 1;
  const published = await publishSite(storage, current, {
    documents: renderSite(catalogue, memory, { types: TYPES, sources: ['gitea'] }),
    keepGenerations: 5,
    now: Date.now,
    conclude: ({ manifest, search }) => {
      const isNew = current?.pointer.manifest.digest !== manifest.digest;
      const sources = [{ name: 'gitea', kind: 'gitea', last_success: TIME }];
      const number = isNew ? generation : generation - 1;
      const pointer = renderPointer(catalogue, {
        generation: number,
        created: TIME,
        checkedAt: TIME,
        manifest,
        search,
        sources,
      });
      const status = renderDocument(STATUS, renderStatus({ catalogue, memory }, pointer, []));
      return { pointer, reports: [status, renderDocument(CRAWL, renderCrawl([], TIME, TIME))] };
    },
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  assert.equal(published.pointer.counts.extensions, task.extensions);
  return {
    seconds,
    loadedRssBytes,
    // In KiB (getrusage(2)).
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    documentsWritten: published.written,
    generation: published.pointer.generation,
  };
}

function loadCatalogue({ extensions, versions, oneChanged }: BuildTask): Catalogue {
  const all = Array.from({ length: extensions }, (_, at) => extensionOf(at, versions + Number(oneChanged && at === 0)));
  return catalogueOf(all.sort((a, b) => (a.id < b.id ? -1 : 1)));
}

/** What the crawl knew that gave the catalogue: the site's largest document by far. */
function memoryOf({ extensions }: Catalogue): Memory {
  const releases = extensions.flatMap(({ id, versions }) => versions.map((each) => releaseOf(id, each)));
  const attachments = Object.fromEntries(
    releases.flatMap(({ key, assets }) => assets.map(({ name, digest }) => [`${key}/${name}`, { digest: digest! }])),
  );
  const records = extensions.map(({ id, versions }) => [
    id,
    Object.fromEntries(versions.map((each) => [each.version, recordOf(each)])),
  ]);
  return {
    ...emptyMemory(),
    sources: { gitea: { releases, findings: [], attachments } },
    versions: Object.fromEntries(records),
  };
}

function releaseOf(id: ExtensionId, { version, publishedAt, notes, about, assets }: CatalogueVersion): Release {
  return {
    id,
    version,
    tag: version,
    key: `${id}#${version}`,
    published_at: publishedAt,
    ...(notes !== undefined && { notes }),
    about,
    assets: assets.map(({ name, size, mediaType, digest, digestOrigin, primary, locations }) => ({
      name,
      size,
      media_type: mediaType,
      ...(primary && { primary }),
      location: locations[0]!,
      digest: digest!,
      digest_origin: digestOrigin!,
    })),
  };
}

function recordOf({ firstSeen, assets }: CatalogueVersion): VersionRecord {
  const digests = Object.fromEntries(assets.map(({ name, digest }) => [name, digest!]));
  return { first_seen: firstSeen, checksum: assets[0]!.digest!, digests };
}

async function openCurrent(storage: ReturnType<typeof createFolderStorage>): Promise<Current | undefined> {
  const found = await readPointer(storage);
  return found && { ...found, manifest: (await openSite(storage, found.pointer)).manifest };
}
