import type { Catalogue } from '../model/catalogue.ts';
import type { Item } from '../model/documents.ts';
import type { Memory } from '../model/memory.ts';
import { renderFeeds } from './feeds.ts';
import { renderHtml } from './html.ts';
import { shownVersion } from './items.ts';
import type { RenderedFile } from './rendered-file.ts';
import { renderSitemap } from './sitemap.ts';

export interface FileOptions {
  types: readonly string[];
  publicUrl?: string;
}

/** What browsers, feed readers and search engines read, beside the JSON. */
export function* renderFiles(
  { catalogue, memory, items }: { catalogue: Catalogue; memory: Memory; items: readonly Item[] },
  options: FileOptions,
): Generator<RenderedFile, void, undefined> {
  yield* renderFeeds(catalogue, memory, options);
  const listed = catalogue.extensions.flatMap(({ versions }, at) => {
    const item = items[at];
    const primary = shownVersion(versions).assets.find((each) => each.primary);
    return item === undefined ? [] : [{ item, file: primary?.name }];
  });
  yield* renderHtml(listed, options);
  if (options.publicUrl !== undefined) yield* renderSitemap(items, options.publicUrl);
}
