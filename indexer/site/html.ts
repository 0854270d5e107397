import { HTML_INDEX, htmlPath, typeFeedPath, typePath, fileOf } from './layout.ts';
import { renderListed, type Listed } from './html-extension.ts';
import { renderHtmlPage } from './html-page.ts';
import { linksFrom } from './links.ts';
import { markup, type Fragment, type Markup } from './markup.ts';
import type { RenderedFile } from './rendered-file.ts';

export interface HtmlOptions {
  /** Without a slash at its end. */
  publicUrl?: string | undefined;
}

/** A page is over with the first of the two that it reaches. */
const MAX_LISTED = 100;
const MAX_BYTES = 250_000;
/** Of a larger registry the first page has letters and counts only, or it would be too large itself. */
const MAX_NAMED = 500;

/** One type's extensions of one first letter, cut into pages. */
interface Letter {
  letter: string;
  /** The extensions of each page, as they are shown. */
  pages: { path: string; listed: readonly Listed[]; content: Fragment[] }[];
}

/**
 * The list as plain pages, for readers without JavaScript and for search engines. A new version changes the one page that
 * shows it; only a new or lost extension moves others of its letter, and the first page.
 * @param listed in the order of the list
 */
export function* renderHtml(
  listed: readonly Listed[],
  { publicUrl }: HtmlOptions,
): Generator<RenderedFile, void, undefined> {
  const types = [...Map.groupBy(listed, (each) => each.item.type)].map(([type, ofType]) => ({
    type,
    count: ofType.length,
    letters: [...Map.groupBy(ofType, (each) => each.item.name.charAt(0))].map(([letter, ofLetter]): Letter => ({
      letter,
      pages: cutIntoPages(ofLetter, { type, letter, publicUrl }),
    })),
  }));
  for (const { type, letters } of types) {
    for (const each of letters) yield* renderLetter(type, each, publicUrl);
  }
  yield renderHtmlPage({
    path: HTML_INDEX,
    title: 'All extensions',
    description: `${countOf(listed.length)}, as plain pages.`,
    publicUrl,
    content: [
      markup`<p>${countOf(listed.length)}, as plain pages. <a href="../../../index.html">The catalogue</a> has search, and needs JavaScript.</p>\n`,
      ...types.map((each) => renderType(each, listed.length <= MAX_NAMED)),
    ],
  });
}

interface Place {
  type: string;
  letter: string;
  publicUrl: string | undefined;
}

function cutIntoPages(listed: readonly Listed[], { type, letter, publicUrl }: Place): Letter['pages'] {
  const pages: { path: string; listed: Listed[]; content: Markup[]; bytes: number }[] = [];
  // Every page of a type is in one folder, so what is on it looks the same on each.
  const links = linksFrom(htmlPath(type, letter, 1));
  for (const each of listed) {
    const content = renderListed(each, { links, publicUrl });
    const bytes = Buffer.byteLength(content.markup);
    let page = pages.at(-1);
    if (page === undefined || page.listed.length === MAX_LISTED || page.bytes + bytes > MAX_BYTES) {
      page = { path: htmlPath(type, letter, pages.length + 1), listed: [], content: [], bytes: 0 };
      pages.push(page);
    }
    page.listed.push(each);
    page.content.push(content);
    page.bytes += bytes;
  }
  return pages;
}

function* renderLetter(
  type: string,
  { letter, pages }: Letter,
  publicUrl: string | undefined,
): Generator<RenderedFile, void, undefined> {
  for (const [at, { path, content }] of pages.entries()) {
    const part = pages.length === 1 ? '' : `, page ${at + 1} of ${pages.length}`;
    yield renderHtmlPage({
      path,
      title: `${type} extensions: ${letter}${part}`,
      description: `Extensions of type ${type} whose name begins with ${letter}${part}.`,
      type,
      publicUrl,
      content: [...(publicUrl === undefined ? [ADDRESS_HINT] : []), ...content, pagerOf(pages, at)],
    });
  }
}

const ADDRESS_HINT = markup`<p>The commands take the address of this registry from the variable <code>EXTENSION_REGISTRY_URL</code>: set it to what stands before <code>/html/</code> in the address of this page.</p>
`;

function pagerOf(pages: Letter['pages'], at: number): Fragment {
  const link = (page: Letter['pages'][number] | undefined, rel: string, label: string): Fragment =>
    page === undefined ? [] : markup`<a rel="${rel}" href="${fileNameOf(page.path)}">${label}</a> `;
  if (pages.length === 1) return [];
  return markup`<nav aria-label="Pages">${link(pages[at - 1], 'prev', 'Previous page')}${link(pages[at + 1], 'next', 'Next page')}</nav>\n`;
}

interface Type {
  type: string;
  count: number;
  letters: readonly Letter[];
}

function renderType({ type, count, letters }: Type, withNames: boolean): Markup {
  const links = linksFrom(HTML_INDEX);
  const entries = letters.map(({ letter, pages }) => {
    const first = pages[0]?.path ?? '';
    const names = pages.flatMap(({ path, listed }) =>
      listed.map(({ item }) => markup` <a href="${links.api(path)}#${item.name}">${item.name}</a>`),
    );
    const total = pages.reduce((sum, each) => sum + each.listed.length, 0);
    return markup`<li><a href="${links.api(first)}">${letter}</a>:${withNames ? names : ` ${total}`}</li>\n`;
  });
  return markup`<section>
<h2>${type}</h2>
<p>${countOf(count)}, also as <a href="${links.api(fileOf(typePath(type)))}">JSON</a>; <a href="${links.api(typeFeedPath(type))}">new versions (Atom)</a></p>
<ul>
${entries}</ul>
</section>
`;
}

function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function countOf(count: number): string {
  return count === 1 ? '1 extension' : `${count} extensions`;
}
