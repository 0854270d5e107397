import type { Deprecation, Item } from '../model/documents.ts';
import { extensionId, type ExtensionId } from '../model/extension.ts';
import { webAddress } from '../model/text.ts';
import { extensionPath, fileOf, notesPath, versionsPath } from './layout.ts';
import { linksOf, type Links } from './links.ts';
import { markup, type Fragment, type Markup } from './markup.ts';

/** What the page shows of one extension. */
export interface Listed {
  item: Item;
  /** The name of the primary asset, where there is one. */
  file?: string | undefined;
}

export interface ListedOptions {
  /** From the page's place. */
  links: Links;
  /** Without a slash at its end. */
  publicUrl: string | undefined;
}

/** A whole one is a thousand characters, and the list is to be looked through; in code points. */
const MAX_DESCRIPTION = 300;
/** What a shell takes as it stands. */
const SHELL_WORD = /^[\w./:@%+=,-]+$/;

/** An extension at its shown version: what it is, where its files and documents are, and the commands that get it. */
export function renderListed({ item, file }: Listed, { links, publicUrl }: ListedOptions): Markup {
  const id = extensionId(item.type, item.name);
  const versions = links.api(fileOf(versionsPath(id)));
  const download = `${extensionPath(id)}/${encodeURIComponent(item.version)}`;
  const address = publicUrl === undefined ? links.api(download) : linksOf(publicUrl).api(download);
  const count = item.version_count ?? 1;
  const isOffered = item.download_url !== undefined && item.yanked !== true;
  return markup`<article id="${item.name}">
<h2>${item.name} <small>${item.version}${item.prerelease === true ? ' (prerelease)' : ''}</small></h2>
${notesOn(item)}${item.description === '' ? [] : markup`<p dir="auto">${clip(item.description)}</p>\n`}<ul>
${isOffered ? markup`<li><a href="${address}">${file ?? 'Download'}</a>${sizeOf(item)}</li>\n` : []}<li><a href="${versions}">${count === 1 ? '1 version' : `${count} versions`} (JSON)</a></li>
<li><a href="${links.api(fileOf(notesPath(id)))}">Release notes (JSON)</a></li>
${outside(item.repository, 'Repository')}${outside(item.homepage, 'Homepage')}<li>Published <time datetime="${item.published_at}">${item.published_at.slice(0, 10)}</time>${item.author === '' ? [] : markup` by <bdi>${item.author}</bdi>`}</li>
</ul>
${isOffered ? commandsOf(id, { item, file, publicUrl }) : []}</article>
`;
}

function notesOn({ yanked, deprecated }: Item): Fragment {
  if (yanked === true)
    return markup`<p><strong>Withdrawn:</strong> every version has been yanked; its versions say why.</p>\n`;
  return deprecated === undefined ? [] : deprecationOf(deprecated);
}

function deprecationOf({ message, replacement }: Deprecation): Markup {
  const instead = replacement === undefined ? '' : ` (use ${replacement} instead)`;
  return markup`<p><strong>Deprecated${instead}:</strong> ${clip(message)}</p>\n`;
}

/** Only http and https become links, whatever an upstream called its repository. */
function outside(address: string | undefined, label: string): Fragment {
  const href = webAddress(address);
  return href === undefined ? [] : markup`<li><a href="${href}" rel="nofollow noopener noreferrer">${label}</a></li>\n`;
}

function sizeOf({ size }: Item): string {
  if (size === undefined) return '';
  if (size < 1_000) return `, ${size} bytes`;
  if (size < 1_000_000) return `, ${(size / 1_000).toFixed(1)} kB`;
  return `, ${(size / 1_000_000).toFixed(1)} MB`;
}

interface Commands extends Listed {
  publicUrl: string | undefined;
}

/** The client's, which checks the digest itself; and what every machine has. */
function commandsOf(id: ExtensionId, { item, file = 'download', publicUrl }: Commands): Markup {
  const path = `${extensionPath(id)}/${encodeURIComponent(item.version)}`;
  const install = `extension install ${id}@${item.version}`;
  const [site, url] =
    publicUrl === undefined
      ? ['', `"$EXTENSION_REGISTRY_URL/${path}"`]
      : [` --site ${shellWord(`${publicUrl}/api/v1`)}`, shellWord(linksOf(publicUrl).api(path))];
  const check = item.checksum?.slice('sha256:'.length);
  return markup`<pre><code>${install}${site}</code></pre>
<pre><code>curl -fLo ${shellWord(file)} ${url}${check === undefined ? [] : markup`\necho ${shellWord(`${check}  ${file}`)} | sha256sum -c`}</code></pre>
`;
}

/** One word for a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return SHELL_WORD.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function clip(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MAX_DESCRIPTION ? text : `${characters.slice(0, MAX_DESCRIPTION - 1).join('')}…`;
}
