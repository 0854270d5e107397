import type { Catalogue, CatalogueVersion } from '../model/catalogue.ts';
import { compareText, typeOf, type ExtensionId } from '../model/extension.ts';
import type { Memory } from '../model/memory.ts';
import { webAddress } from '../model/text.ts';
import { bornAt, entryId, feedId } from './feed-ids.ts';
import { SITE_FEED, typeFeedPath } from './layout.ts';
import { extensionPage, linksFrom, linksOf, type Links } from './links.ts';
import { markup, markupText, type Markup } from './markup.ts';
import type { RenderedFile } from './rendered-file.ts';

/** How many versions a feed announces. */
export const FEED_ENTRIES = 50;
/** So many are collected before the oldest of them are let go: sorting each time would cost more. */
const MAX_COLLECTED = 20 * FEED_ENTRIES;
const AUTHOR = 'Extension registry';

export interface FeedOptions {
  /** Names that have a feed even while they have no extension. */
  types: readonly string[];
  /** Without a slash at its end; links are relative without it. */
  publicUrl?: string;
}

/** A version that feeds may tell of. */
interface News {
  id: ExtensionId;
  version: CatalogueVersion;
}

/**
 * Atom feeds (RFC 4287) of the versions that were first seen last: one of all, one for each type. Every time in them is one
 * that the memory holds, so an unchanged world gives the same bytes. There is none before the first version: a feed would
 * have no time of its own yet, and no id.
 */
export function* renderFeeds(
  catalogue: Catalogue,
  memory: Memory,
  { types, publicUrl }: FeedOptions,
): Generator<RenderedFile, void, undefined> {
  const born = bornAt(memory);
  if (born === undefined) return;
  const perType = new Map(types.map((type) => [type, createNewest()]));
  for (const { id, versions } of catalogue.extensions) {
    const newest = perType.get(typeOf(id)) ?? createNewest();
    perType.set(typeOf(id), newest);
    // A version that is withdrawn is not announced, or no longer.
    for (const version of versions) if (version.yanked === undefined) newest.add({ id, version });
  }
  const all = createNewest();
  const sorted = [...perType].sort(([a], [b]) => compareText(a, b));
  for (const [, newest] of sorted) for (const each of newest.take()) all.add(each);

  const render = (path: string, title: string, news: readonly News[]): RenderedFile => {
    const links = publicUrl === undefined ? linksFrom(path) : linksOf(publicUrl);
    return { path, text: renderFeed({ path, title, born, news, links }).markup };
  };
  yield render(SITE_FEED, 'Extension registry: new versions', all.take());
  for (const [type, newest] of sorted) {
    yield render(typeFeedPath(type), `Extension registry: new versions of type ${type}`, newest.take());
  }
}

/** Keeps the newest of what is added; of equally new ones those that came first. */
function createNewest(): { add: (news: News) => void; take: () => readonly News[] } {
  let collected: News[] = [];
  const cut = (): News[] => (collected = collected.sort(compareNews).slice(0, FEED_ENTRIES));
  return {
    add: (news) => {
      if (collected.push(news) >= MAX_COLLECTED) cut();
    },
    take: cut,
  };
}

/** What one crawl saw first is in the order of its publishing, so that a first crawl announces what is new, too. */
function compareNews({ version: a }: News, { version: b }: News): number {
  return compareText(b.firstSeen, a.firstSeen) || compareText(b.publishedAt, a.publishedAt);
}

interface Feed {
  path: string;
  title: string;
  born: string;
  news: readonly News[];
  links: Links;
}

function renderFeed({ path, title, born, news, links }: Feed): Markup {
  return markup`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${feedId(born, path)}</id>
<title>${title}</title>
<updated>${news[0]?.version.firstSeen ?? born}</updated>
<author><name>${AUTHOR}</name></author>
<link rel="self" type="application/atom+xml" href="${links.api(path)}"/>
<link rel="alternate" type="text/html" href="${links.page('index.html')}"/>
${news.map((each) => renderEntry(each, links))}</feed>
`;
}

function renderEntry({ id, version }: News, links: Links): Markup {
  const { about, deprecated, prerelease } = version;
  const mark = deprecated !== undefined ? ' (deprecated)' : prerelease ? ' (prerelease)' : '';
  const repository = webAddress(about.repository);
  return markup`<entry>
<id>${entryId(id, version)}</id>
<title>${id} ${version.version}${mark}</title>
<updated>${version.firstSeen}</updated>
${markupText(about.author).trim() === '' ? [] : markup`<author><name>${about.author}</name></author>\n`}<category term="${typeOf(id)}"/>
<link rel="alternate" type="text/html" href="${links.page(extensionPage(id, version.version))}"/>
${repository === undefined ? [] : markup`<link rel="related" type="text/html" href="${repository}"/>\n`}<summary>${summaryOf(version)}</summary>
</entry>
`;
}

/** Never empty, since it stands in for the content (RFC 4287, section 4.1.1.1). */
function summaryOf({ about, deprecated, publishedAt, sources }: CatalogueVersion): string {
  const instead = deprecated?.replacement === undefined ? '' : ` (use ${deprecated.replacement} instead)`;
  return [
    ...(deprecated === undefined ? [] : [`Deprecated${instead}: ${deprecated.message}`]),
    ...(about.description === '' ? [] : [about.description]),
    `Published ${publishedAt.slice(0, 10)} at ${sources.join(', ')}.`,
  ].join('\n');
}
