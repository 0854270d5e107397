import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { DocumentReference } from '../../indexer/model/documents.ts';
import { collectBlobs } from '../../indexer/publish/collect.ts';
import { renderDocument, renderManifest } from '../../indexer/site/documents.ts';
import { BLOBS } from '../../indexer/site/layout.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
import { NOON, temporaryFolder } from '../builders.ts';
import { dyingAt, Killed } from './dying-storage.ts';

const DAY = 86_400_000;

let names = 0;
async function openStorage(): Promise<SiteStorage> {
  const root = await temporaryFolder();
  return createFolderStorage({ root, now: () => NOON, temporaryName: () => `t${(names += 1)}` });
}

/** Writes a document that is so many days old. */
async function write(storage: SiteStorage, value: unknown, days: number): Promise<DocumentReference> {
  const { bytes, reference } = renderDocument('', value);
  await storage.create(reference.path, bytes);
  const seconds = (NOON - days * DAY) / 1000;
  await utimes(join(storage.name, reference.path), seconds, seconds);
  return reference;
}

async function writeManifest(storage: SiteStorage, documents: Record<string, DocumentReference>, days: number) {
  const manifest = renderManifest(new Map(Object.entries(documents)));
  return write(storage, manifest, days);
}

async function blobsIn(storage: SiteStorage): Promise<string[]> {
  const found = await readdir(join(storage.name, BLOBS), { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return files.map((each) => each.slice(storage.name.length + 1)).sort();
}

const paths = (...references: DocumentReference[]): string[] => references.map((each) => each.path).sort();

/** A site of a current and a kept generation, and what is of neither. */
async function siteOf(storage: SiteStorage) {
  const now = await write(storage, 'now', 90);
  const before = await write(storage, 'before', 90);
  const kept = await writeManifest(storage, { list: before, same: now }, 90);
  const current = await writeManifest(storage, { list: now, same: now }, 8);
  return {
    now,
    before,
    kept,
    current,
    options: { current: new Set(paths(now, current)), others: [kept], nowMs: NOON },
  };
}

describe('collectBlobs', () => {
  test('removes what is older than a week and named by no kept generation', async () => {
    const storage = await openStorage();
    const { now, before, kept, current, options } = await siteOf(storage);
    const young = await write(storage, 'of an unfinished run', 6.9);
    const useless = [await write(storage, 'long forgotten', 7.1), await writeManifest(storage, { list: before }, 400)];
    expect(await collectBlobs(storage, options)).toBe(useless.length);
    expect(await blobsIn(storage)).toEqual(paths(now, before, kept, current, young));
  });

  test('leaves alone what is not ours', async () => {
    const storage = await openStorage();
    const { options } = await siteOf(storage);
    const { path } = await write(storage, 'old', 90);
    const file = `${path.slice(0, -5)}.json.gz`;
    await writeFile(join(storage.name, file), '');
    await utimes(join(storage.name, file), 0, 0);
    await collectBlobs(storage, options);
    expect(await blobsIn(storage)).toContain(file);
  });

  test('removes nothing young where the clock was set back, and leaves no folder empty', async () => {
    const storage = await openStorage();
    const { options } = await siteOf(storage);
    const useless = await write(storage, 'old', 90);
    const count = (await blobsIn(storage)).length;
    expect(await collectBlobs(storage, { ...options, nowMs: NOON - 400 * DAY })).toBe(0);
    expect(await blobsIn(storage)).toHaveLength(count);
    await collectBlobs(storage, options);
    const folder = join(storage.name, useless.path.slice(0, -70));
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('reads no other manifest while nothing old is in question', async () => {
    const storage = await openStorage();
    const { options } = await siteOf(storage);
    const blind = { ...storage, read: () => Promise.reject(new Error('Nobody should read.')) };
    const others = [{ path: 'nowhere', digest: digestOf(''), size: 0 }];
    const all = { ...options, current: new Set(await blobsIn(storage)), others };
    expect(await collectBlobs(blind, all)).toBe(0);
  });

  test('lets a kept generation go whose manifest is lost', async () => {
    const storage = await openStorage();
    const { now, before, kept, current, options } = await siteOf(storage);
    await storage.remove(kept.path);
    await collectBlobs(storage, options);
    expect(await blobsIn(storage)).toEqual(paths(now, current));
    expect(await blobsIn(storage)).not.toContain(before.path);
  });

  test('that is killed in the middle has removed nothing that is needed, and ends the next time', async () => {
    for (let n = 1; n <= 4; n += 1) {
      const storage = await openStorage();
      const { now, before, kept, current, options } = await siteOf(storage);
      for (let number = 0; number < 4; number += 1) await write(storage, `useless ${number}`, 30);
      await expect(collectBlobs(dyingAt(storage, n), options)).rejects.toThrow(Killed);
      const left = await blobsIn(storage);
      expect(left).toHaveLength(4 + 4 - (n - 1));
      expect(left).toEqual(expect.arrayContaining(paths(now, before, kept, current)));
      expect(await collectBlobs(storage, options)).toBe(4 - (n - 1));
      expect(await blobsIn(storage)).toEqual(paths(now, before, kept, current));
    }
  });
});
