import { HTML_INDEX, SITE_FEED, typeFeedPath } from './layout.ts';
import { linksFrom, linksOf } from './links.ts';
import { markup, type Fragment, type Markup } from './markup.ts';
import type { RenderedFile } from './rendered-file.ts';

export interface HtmlPage {
  path: string;
  title: string;
  /** One sentence for search engines and previews. */
  description: string;
  /** The type that the page is about, whose feed it names. */
  type?: string;
  /** Without a slash at its end. */
  publicUrl?: string | undefined;
  content: Fragment;
}

/** For hosts that send no policy of their own: nothing of a page of plain text is ever run or fetched but its style. */
const POLICY = markup`default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'`;
const SITE_NAME = 'Extension registry';

/** A whole page. Its links are relative, so it is right below any base path, and from a disk. */
export function renderHtmlPage(page: HtmlPage): RenderedFile {
  const { path, title, content, type } = page;
  const links = linksFrom(path);
  const feed = type === undefined ? SITE_FEED : typeFeedPath(type);
  const text = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${SITE_NAME}</title>
<meta name="description" content="${page.description}">
<link rel="stylesheet" href="${links.page('plain.css')}">
<link rel="alternate" type="application/atom+xml" title="New versions" href="${links.api(feed)}">
${previewOf(page)}</head>
<body>
<header><nav><a href="${links.page('index.html')}">${SITE_NAME}</a> <a href="${links.api(HTML_INDEX)}">All extensions</a> <a href="${links.api(feed)}">New versions (Atom)</a></nav></header>
<main>
<h1>${title}</h1>
${content}</main>
</body>
</html>
`;
  return { path, text: text.markup };
}

/** What a chat or a search engine shows of a link (ogp.me): it wants absolute addresses, so only where one is known. */
function previewOf({ path, title, description, publicUrl }: HtmlPage): Markup | [] {
  if (publicUrl === undefined) return [];
  const url = linksOf(publicUrl).api(path);
  return markup`<link rel="canonical" href="${url}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="${SITE_NAME}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${url}">
`;
}
