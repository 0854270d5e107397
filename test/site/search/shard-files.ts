import { digestOf, type Digest } from '../../../indexer/model/digest.ts';
import type { Item } from '../../../indexer/model/documents.ts';
import { blobOf } from '../../../indexer/site/layout.ts';
import { renderSearchDocument } from '../../../indexer/site/search.ts';
import type { OpenSearchOptions } from '../../../indexer/site/search/open-search.ts';
import { renderSearchShards } from '../../../indexer/site/search/render-shards.ts';

/** What a reader of a site finds of its search: file -> JSON. */
export interface SearchFiles extends OpenSearchOptions {
  files: ReadonlyMap<string, string>;
}

export function listFiles(items: readonly Item[]): SearchFiles {
  const file = 'search/index.json';
  return readerOf(new Map([[file, JSON.stringify(renderSearchDocument(items))]]), file);
}

/** @param rows row -> item; undefined where there is none any more */
export function shardFiles(rows: readonly (Item | undefined)[]): SearchFiles {
  const files = new Map<string, string>();
  const put = (document: unknown): Digest => {
    const text = JSON.stringify(document);
    const digest = digestOf(text);
    files.set(blobOf(digest), text);
    return digest;
  };
  const { postings, records, head } = renderSearchShards(rows);
  const file = blobOf(put(head(postings.map(put), records.map(put))));
  return readerOf(files, file);
}

function readerOf(files: ReadonlyMap<string, string>, file: string): SearchFiles {
  const read = (path: string): Promise<unknown> => {
    const text = files.get(path);
    return text === undefined ? Promise.reject(new Error(`There is no ${path}.`)) : Promise.resolve(JSON.parse(text));
  };
  return { files, read, file };
}
