import type { Catalogue } from '../model/catalogue.ts';
import { digestOf, type Digest } from '../model/digest.ts';
import type { DocumentReference, Item, Manifest } from '../model/documents.ts';
import { compareText, extensionId, type ExtensionId } from '../model/extension.ts';
import { assignRows, type Memory } from '../model/memory.ts';
import { renderBadge } from './badges.ts';
import { renderFiles } from './files.ts';
import { renderExtension, renderItem, renderNotes, renderVersion, type RenderOptions } from './items.ts';
import {
  badgePath,
  blobOf,
  extensionPath,
  LIST,
  MAX_LISTED,
  MEMORY,
  notesPath,
  PAGE_SIZE,
  pagePath,
  postingsPath,
  recordsPath,
  SEARCH,
  sourcePath,
  typePath,
  versionsPath,
} from './layout.ts';
import { renderSearchShards } from './search/render-shards.ts';
import { renderSearchDocument } from './search.ts';

/** A document's path and its bytes, ready to be written. */
export interface RenderedDocument {
  path: string;
  bytes: Buffer;
  reference: DocumentReference;
}

export interface SiteOptions extends RenderOptions {
  /** Names that have a document of their own even while they have no extension. */
  types: readonly string[];
  sources: readonly string[];
  /** A badge for each extension: a third more files. */
  badges?: boolean;
  /** Extensions up to which search is one list, and shards above; 10,000 without it. */
  maxListed?: number;
}

/**
 * Every document of a generation but its manifest. Pure: the same catalogue, memory and options give the same bytes,
 * so a generation is known by its manifest's digest.
 */
export function* renderSite(
  catalogue: Catalogue,
  memory: Memory,
  options: SiteOptions,
): Generator<RenderedDocument, void, undefined> {
  const items: Item[] = [];
  for (const extension of catalogue.extensions) {
    const { id, versions } = extension;
    const item = renderItem(extension, options);
    items.push(item);
    yield renderDocument(extensionPath(id), renderExtension(extension, options));
    yield renderDocument(
      versionsPath(id),
      versions.map((each) => renderVersion(id, each, options)),
    );
    yield renderDocument(notesPath(id), renderNotes(versions));
    if (options.badges === true) yield renderDocument(badgePath(id), renderBadge(item));
  }
  yield* renderLists(items, options);
  for (const { path, text } of renderFiles({ catalogue, memory, items }, options)) yield documentOf(path, text);
  const { maxListed = MAX_LISTED } = options;
  const ids = catalogue.extensions.map((each) => each.id);
  // Whoever has once had shards may have them again, with the same rows.
  const rows = memory.rows !== undefined || ids.length > maxListed ? assignRows(memory.rows ?? [], ids) : undefined;
  if (rows !== undefined && ids.length > maxListed) yield* renderShards(items, rows);
  else yield renderDocument(SEARCH, renderSearchDocument(items));
  yield renderDocument(MEMORY, rows === undefined ? memory : { ...memory, rows });
}

/** The shards of search, then their head, which names them. */
function* renderShards(
  items: readonly Item[],
  rows: readonly ExtensionId[],
): Generator<RenderedDocument, void, undefined> {
  const known = new Map(items.map((item) => [extensionId(item.type, item.name), item]));
  const shards = renderSearchShards(
    rows.map((id) => known.get(id)).map((item) => (item?.yanked === true ? undefined : item)),
  );
  const postings: Digest[] = [];
  for (const [number, shard] of shards.postings.entries()) {
    const document = renderDocument(postingsPath(number), shard);
    postings.push(document.reference.digest);
    yield document;
  }
  const records: Digest[] = [];
  for (const [number, shard] of shards.records.entries()) {
    const document = renderDocument(recordsPath(number), shard);
    records.push(document.reference.digest);
    yield document;
  }
  yield renderDocument(SEARCH, shards.head(postings, records));
}

/** Path -> digest and size, in the order of the paths. */
export function renderManifest(references: ReadonlyMap<string, DocumentReference>): Manifest {
  const sorted = [...references].sort(([a], [b]) => compareText(a, b));
  return {
    schema: 1,
    documents: Object.fromEntries(sorted.map(([path, { digest, size }]) => [path, { digest, size }])),
  };
}

/** One line of JSON; the order of its fields is the order in which the value was built. */
export function renderDocument(path: string, value: unknown): RenderedDocument {
  return documentOf(path, `${JSON.stringify(value)}\n`);
}

function documentOf(path: string, text: string): RenderedDocument {
  const bytes = Buffer.from(text);
  const digest = digestOf(bytes);
  return { path, bytes, reference: { path: blobOf(digest), digest, size: bytes.length } };
}

/** The list whole, by type, by source and in pages; there is always a first page. */
function* renderLists(items: readonly Item[], options: SiteOptions): Generator<RenderedDocument, void, undefined> {
  yield renderDocument(LIST, items);
  const types = new Set([...options.types, ...items.map((each) => each.type)]);
  for (const type of [...types].sort(compareText)) {
    yield renderDocument(
      typePath(type),
      items.filter((each) => each.type === type),
    );
  }
  for (const source of options.sources.toSorted(compareText)) {
    yield renderDocument(
      sourcePath(source),
      items.filter((each) => each.sources?.includes(source)),
    );
  }
  for (let page = 1; page === 1 || (page - 1) * PAGE_SIZE < items.length; page += 1) {
    yield renderDocument(pagePath(page), items.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE));
  }
}
