import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import { extensionOf, publishExtensions } from '../bench/published-site.ts';
import { configOf, temporaryFolder } from '../builders.ts';
import { PUBLIC_FOLDER, startProxy, type AtEnd } from '../proxy/world.ts';
import { serveFolder, type StaticServer } from '../storage/static-server.ts';

/*
 * Sites of given extensions, and the hosts that people put them on.
 */

/** Served by the proxy; it goes with the test. */
export async function proxyOf(extensions: readonly CatalogueExtension[]): Promise<string> {
  const folder = await temporaryFolder();
  await publishExtensions(folder, extensions);
  const { url } = await startProxy(configOf(folder, []), {
    atEnd: (close) => onTestFinished(async () => void (await close())),
  });
  return url;
}

/** The pages and a published site's `api/v1` in one folder below `/repo/` of a plain file server. */
export async function serveBelowPath(site: string): Promise<StaticServer & { base: string }> {
  const folder = await temporaryFolder();
  await cp(PUBLIC_FOLDER, join(folder, 'repo'), {
    recursive: true,
    filter: (source) => !/\/public\/(?:api|src)$/.test(source),
  });
  await cp(join(site, 'api'), join(folder, 'repo', 'api'), { recursive: true });
  const server = await serveFolder(folder);
  return { ...server, base: `${server.url}/repo` };
}

export interface LargeSite {
  url: string;
  /** Of an extension somewhere in the middle. */
  name: string;
}

/** So many extensions, without the documents of single ones, which no list reads; served by the proxy. */
export async function serveLargeSite(count: number, atEnd: AtEnd): Promise<LargeSite> {
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-page-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const extensions = Array.from({ length: count }, (_, at) => extensionOf(at)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const { ids } = await publishExtensions(folder, extensions, { has: (path) => !/^extensions\/./.test(path) });
  const { url } = await startProxy(configOf(folder, []), { atEnd });
  return { url, name: ids[Math.floor(count / 2)]?.split('/')[1] ?? '' };
}

/** With the first two letters in the wrong order. */
export function swapped([first = '', second = '', ...rest]: string): string {
  return [second, first, ...rest].join('');
}
