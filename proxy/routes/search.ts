import type { ExtensionDocument, Item } from '../../indexer/model/documents.ts';
import { extensionId } from '../../indexer/model/extension.ts';
import { extensionPath, LIST } from '../../indexer/site/layout.ts';
import {
  openSearch,
  type FoundExtension,
  type OpenedSearch,
  type SearchRequest,
} from '../../indexer/site/search/open-search.ts';
import { blobDigestOf } from '../document-path.ts';
import type { Document } from '../document.ts';
import type { Documents } from '../documents.ts';
import { ApiError } from '../error-table.ts';
import type { Generation } from '../site-view.ts';

export interface FoundItems {
  /** Best first. */
  items: (Item & { score: number })[];
  total: number;
  /** Whether nothing more can pass the filters. */
  complete: boolean;
}

/** Of 64 records each: a few milliseconds for the query that has a word of every extension and a filter beside it. */
const MAX_SHARDS = 200;

/** Answers queries from the documents of a generation, in whatever form its search is published. */
export function createSearchByGeneration(
  documents: Documents,
): (generation: Generation, request: SearchRequest) => Promise<FoundItems> {
  const opened = new WeakMap<object, Promise<OpenedSearch>>();
  const open = (generation: Generation): Promise<OpenedSearch> => {
    const known = opened.get(generation.site);
    if (known !== undefined) return known;
    const opening = openSearch({
      file: generation.pointer.search.path,
      maxShards: MAX_SHARDS,
      read: async (file) => {
        const digest = blobDigestOf(file);
        const document = digest === undefined ? undefined : await documents.readBlob(generation, digest);
        return required(document).json();
      },
    }).catch((error: unknown) => {
      opened.delete(generation.site);
      throw error;
    });
    opened.set(generation.site, opening);
    return opening;
  };
  const listed = createListedItems(documents);

  return async (generation, request) => {
    const { search, list } = await open(generation);
    const { hits, total, complete } = await search(request);
    // The list of more extensions than search has in one would be too much to hold for twenty of them.
    const itemOf =
      list === undefined
        ? (hit: FoundExtension) => readItem(documents, generation, hit)
        : await listed(generation).then((items) => (hit: FoundExtension) => items.get(hit.id));
    const items = await Promise.all(
      hits.map(async (hit) => {
        const item = await itemOf(hit);
        return item === undefined ? [] : [{ ...item, score: hit.score }];
      }),
    );
    return { items: items.flat(), total, complete };
  };
}

/** The items of the list by their ids, for as long as the list is the same. */
function createListedItems(documents: Documents): (generation: Generation) => Promise<ReadonlyMap<string, Item>> {
  const known = new WeakMap<object, ReadonlyMap<string, Item>>();
  return async (generation) => {
    const list = required(await documents.read(generation, LIST)).json<Item[]>();
    const items = known.get(list) ?? new Map(list.map((item) => [`${item.type}/${item.name}`, item]));
    known.set(list, items);
    return items;
  };
}

async function readItem(
  documents: Documents,
  generation: Generation,
  { type, name }: FoundExtension,
): Promise<Item | undefined> {
  const document = await documents.read(generation, extensionPath(extensionId(type, name)));
  if (document === undefined) return undefined;
  const {
    title: _title,
    archived: _archived,
    latest_prerelease: _latest,
    assets: _assets,
    versions: _versions,
    ...item
  } = document.json<ExtensionDocument>();
  return item;
}

function required(document: Document | undefined): Document {
  if (document !== undefined) return document;
  throw new ApiError('unavailable', 'The published site has no search data; run the indexer again.');
}
