import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import { publishExtensions } from '../bench/published-site.ts';
import { configOf, temporaryFolder } from '../builders.ts';
import { PUBLIC_FOLDER, startProxy } from '../proxy/world.ts';
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
