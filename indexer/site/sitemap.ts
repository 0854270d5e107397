import type { Item } from '../model/documents.ts';
import { extensionId } from '../model/extension.ts';
import { HTML_INDEX, SITEMAP_INDEX, sitemapPath } from './layout.ts';
import { extensionPage, linksOf } from './links.ts';
import { markup } from './markup.ts';
import type { RenderedFile } from './rendered-file.ts';

/** A fifth of what one file may hold (sitemaps.org, protocol 0.9), so that a new extension rewrites no more than this. */
const MAX_URLS = 10_000;
const NAMESPACE = 'http://www.sitemaps.org/schemas/sitemap/0.9';

/**
 * The pages that a search engine should know. Without `lastmod`: with it each new version would rewrite a file of all
 * extensions, while the feeds tell of versions.
 * @param publicUrl without a slash at its end
 */
export function* renderSitemap(items: readonly Item[], publicUrl: string): Generator<RenderedFile, void, undefined> {
  const links = linksOf(publicUrl);
  const extensions = items
    .filter((each) => each.yanked !== true)
    .map(({ type, name }) => links.page(extensionPage(extensionId(type, name))));
  const urls = [links.page(''), links.api(HTML_INDEX), ...extensions];
  const parts = Array.from({ length: Math.ceil(urls.length / MAX_URLS) }, (_, at) =>
    urls.slice(at * MAX_URLS, (at + 1) * MAX_URLS),
  );
  for (const [at, part] of parts.entries()) {
    const { markup: text } = markup`<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="${NAMESPACE}">
${part.map((url) => markup`<url><loc>${url}</loc></url>\n`)}</urlset>
`;
    yield { path: sitemapPath(at + 1), text };
  }
  const { markup: text } = markup`<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="${NAMESPACE}">
${parts.map((_, at) => markup`<sitemap><loc>${links.api(sitemapPath(at + 1))}</loc></sitemap>\n`)}</sitemapindex>
`;
  yield { path: SITEMAP_INDEX, text };
}
