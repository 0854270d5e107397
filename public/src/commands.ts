import type { Pointer } from '../../indexer/model/documents.ts';

/*
 * Commands that work when they are pasted: names and addresses are quoted for a POSIX shell. PURE.
 */

export interface Download {
  id: string;
  version: string;
  url: URL;
  file: string;
  digest?: string;
}

/** A command and what it is for. */
export interface Command {
  title: string;
  text: string;
  /** Shown when somebody asks for it. */
  folded?: true;
}

const API_PATH = '/api/v1/';

/**
 * Where the bytes are: the path of a download below the proxy that the site names, else below the page's own place.
 * @param api where `api/v1/` of this site is
 */
export function downloadAddress(downloadUrl: string, { downloads }: Pick<Pointer, 'downloads'>, api: URL): URL {
  const { pathname } = new URL(downloadUrl, api);
  const below = pathname.slice(pathname.indexOf(API_PATH) + API_PATH.length);
  if (downloads === undefined) return new URL(below, api);
  const base = downloads.replace(/\/+$/, '');
  return new URL(`${base.endsWith('/api/v1') ? base : `${base}/api/v1`}/${below}`);
}

/** @param site where `api/v1` of this site is */
export function commandsFor({ id, version, url, file, digest }: Download, site: URL): Command[] {
  const where = site.href.replace(/\/$/, '');
  const wish = `${id}@${version}`;
  const fetched = `curl -fsSL -o ${quote(file)} ${quote(url.href)}`;
  const checked =
    digest === undefined ? [] : [`echo ${quote(`${digest.replace('sha256:', '')}  ${file}`)} | sha256sum -c`];
  return [
    { title: 'With the client', text: `extension install ${quote(wish)} --site ${quote(where)}` },
    { title: digest === undefined ? 'With curl' : 'With curl, checked', text: [fetched, ...checked].join('\n') },
    { title: 'From a program', text: loaderFor(wish, where), folded: true },
  ];
}

function loaderFor(wish: string, site: string): string {
  const [id = '', range = ''] = wish.split('@');
  return [
    "import { openRegistry } from 'extension-registry';",
    '',
    'const registry = openRegistry({',
    `  sites: [${JSON.stringify(site)}],`,
    "  cacheFolder: '.cache',",
    '  now: Date.now,',
    '  random: Math.random,',
    '});',
    `const id = await registry.identify(${JSON.stringify(id)});`,
    `const choice = await registry.resolve({ id, range: ${JSON.stringify(range)} });`,
    'const { file } = await registry.fetch(choice); // checked against its digest',
    'await registry.close();',
  ].join('\n');
}

/** As it is where nothing in it means anything to a shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
