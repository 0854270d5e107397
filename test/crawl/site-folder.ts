import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { openSite, readPointer } from '../../indexer/read-site.ts';
import { openReader } from '../../indexer/storage/open-reader.ts';
import type { SiteReader } from '../../indexer/storage/storage.ts';
import { temporaryFolder } from '../builders.ts';

/** The files that every run rewrites; the others are of a generation. */
export const OF_EVERY_RUN = ['crawl/index.json', 'crawl/looks/index.json', 'index.json', 'status/index.json'];

/** File -> digest and modification time. */
export async function treeOf(folder: string): Promise<Map<string, { digest: string; mtimeMs: number }>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const entries = files.sort().map(async (file) => {
    const { mtimeMs } = await stat(file);
    return [file.slice(folder.length + 1), { digest: digestOf(await readFile(file)), mtimeMs }] as const;
  });
  return new Map(await Promise.all(entries));
}

/** File -> digest. */
export async function bytesOf(folder: string): Promise<Record<string, string>> {
  return Object.fromEntries([...(await treeOf(folder))].map(([file, { digest }]) => [file, digest]));
}

/** The same configuration with a site of its own. */
export async function elsewhere(config: Config): Promise<Config> {
  return { ...config, site: { ...config.site, path: await temporaryFolder() }, indexer: { ...config.indexer } };
}

/** A published site to start from, by its folder or URL. */
export function openPrevious(place: string): SiteReader {
  const reader = openReader(place, { timeoutMs: 2_000, random: () => 0.5 });
  onTestFinished(() => reader.close());
  return reader;
}

/** Changes a letter in the by-hash file of a site's memory. */
export async function flipMemory(v1: string): Promise<void> {
  const reader = openPrevious(v1);
  const site = await openSite(reader, (await readPointer(reader))!.pointer);
  const hex = site.manifest.documents['memory']!.digest.slice('sha256:'.length);
  const file = join(v1, 'by-hash/sha256', hex.slice(0, 2), `${hex}.json`);
  await writeFile(file, (await readFile(file, 'utf8')).replace('aws', 'awz'));
}
