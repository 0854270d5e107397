import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { Pointer } from '../../indexer/model/documents.ts';
import { publishSite, type Published } from '../../indexer/publish/publish.ts';
import { openSite, readPointer } from '../../indexer/read-site.ts';
import { renderDocument } from '../../indexer/site/documents.ts';
import { CRAWL, fileOf, GENERATIONS, MANIFEST, POINTER_FILE, STATUS } from '../../indexer/site/layout.ts';
import { renderPointer } from '../../indexer/site/reports.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';

/** Path -> document. */
export type World = Record<string, unknown>;

let names = 0;
export function storageIn(root: string): SiteStorage {
  return createFolderStorage({ root, now: Date.now, temporaryName: () => `temporary-${(names += 1)}` });
}

export async function publish(storage: SiteStorage, world: World): Promise<Published> {
  const found = await readPointer(storage);
  const current = found && { ...found, manifest: (await openSite(storage, found.pointer)).manifest };
  const documents = Object.entries({ ...world, search: [], memory: {} }).map(([path, value]) =>
    renderDocument(path, value),
  );
  return publishSite(storage, current, {
    documents,
    keepGenerations: 5,
    now: Date.now,
    conclude: ({ manifest, search }) => {
      const isSame = manifest.digest === found?.pointer.manifest.digest;
      const pointer = renderPointer(
        { extensions: [], problems: [] },
        {
          generation: (found?.pointer.generation ?? 0) + (isSame ? 0 : 1),
          created: '2026-06-01T12:00:00Z',
          checkedAt: '2026-06-01T12:00:00Z',
          manifest,
          search,
          sources: [],
        },
      );
      return { pointer, reports: [renderDocument(STATUS, { of: world }), renderDocument(CRAWL, {})] };
    },
  });
}

async function friendlyFiles(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
  return files.map((each) => each.slice(root.length + 1)).filter((each) => !each.startsWith('by-hash/'));
}

/** Through the pointer: every document is there and is what its digest says. */
export async function readThroughPointer(root: string): Promise<World> {
  const storage = storageIn(root);
  const { pointer } = (await readPointer(storage))!;
  const site = await openSite(storage, pointer);
  const world: World = {};
  for (const path of Object.keys(site.manifest.documents)) {
    world[path] = JSON.parse((await site.readDocument(path))!.toString('utf8'));
  }
  delete world['search'];
  delete world['memory'];
  return world;
}

export async function expectFriendlyPathsOf(root: string, world: World): Promise<void> {
  expect(await readThroughPointer(root)).toEqual(world);
  const reports = [POINTER_FILE, ...[MANIFEST, 'search', 'memory', STATUS, CRAWL, GENERATIONS].map(fileOf)];
  expect((await friendlyFiles(root)).sort()).toEqual([...reports, ...Object.keys(world).map(fileOf)].sort());
  for (const [path, value] of Object.entries(world)) {
    expect(JSON.parse(await readFile(join(root, fileOf(path)), 'utf8')), path).toEqual(value);
  }
  const pointer = JSON.parse(await readFile(join(root, POINTER_FILE), 'utf8')) as Pointer;
  expect(digestOf(await readFile(join(root, fileOf(MANIFEST))))).toBe(pointer.manifest.digest);
}

/** Documents of every kind: paths that are folders, some within each other, and paths that are files. */
export const OLD: World = {
  list: ['a', 'b'],
  'e/a': 'old a',
  'e/b': 'b',
  'e/gone': 'gone',
  'e/same': [],
  'feeds/index.xml': 'a, b',
  'html/e/b.html': 'b',
};
export const NEW: World = {
  list: ['a', 'c'],
  'e/a': 'new a',
  'e/c': 'c',
  'e/c/versions': [],
  'e/same': [],
  'feeds/index.xml': 'c, a, b',
  'html/e/c.html': 'c',
};
export const NEXT: World = { list: ['d'], 'e/a': 'old a', 'e/d': 'd', 'e/same': [], 'feeds/index.xml': 'd' };
