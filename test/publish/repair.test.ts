import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSite, readPointer } from '../../indexer/read-site.ts';
import { renderDocument } from '../../indexer/site/documents.ts';
import { blobOf } from '../../indexer/site/layout.ts';
import { temporaryFolder } from '../builders.ts';
import { expectFriendlyPathsOf, NEW, OLD, publish, storageIn } from './small-site.ts';

describe('publishSite over a damaged site', () => {
  test('writes again a by-hash file that somebody removed, though nothing has changed', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const { manifest } = (await readPointer(storageIn(root)))?.pointer ?? {};
    await rm(join(root, manifest?.path ?? ''));
    const site = await openSite(storageIn(root), (await readPointer(storageIn(root)))!.pointer);
    const blob = blobOf(Object.values(site.manifest.documents)[0]!.digest);
    await rm(join(root, blob));
    expect(await publish(storageIn(root), OLD)).toMatchObject({ changed: false, written: 2 });
    await stat(join(root, blob));
    await stat(join(root, manifest?.path ?? ''));
    await expectFriendlyPathsOf(root, OLD);
  });

  test('writes anew a by-hash file of the right length and other bytes before it shows it, on every path', async () => {
    const root = await temporaryFolder();
    const other = { ...NEW, 'e/more': 'old a' };
    for (const world of [OLD, NEW]) await publish(storageIn(root), world);
    const { reference } = renderDocument('e/a', 'old a');
    await writeFile(join(root, reference.path), '"odd a"\n');
    await publish(storageIn(root), other);
    await expectFriendlyPathsOf(root, other);
    await publish(storageIn(root), OLD);
    await expectFriendlyPathsOf(root, OLD);
  });

  test('looks into no by-hash file that it does not show anew', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const storage = storageIn(root);
    const read: string[] = [];
    const counting = { ...storage, read: (file: string) => (read.push(file), storage.read(file)) };
    await publish(counting, OLD);
    const { manifest } = (await readPointer(storage))!.pointer;
    expect(read.filter((each) => each.startsWith('by-hash/') && each !== manifest.path)).toEqual([]);
  });

  test('sets every path right whose by-hash file it writes again, also those that share it', async () => {
    const root = await temporaryFolder();
    const world = { ...OLD, 'e/x': 'shared', 'e/y': 'shared' };
    await publish(storageIn(root), world);
    const { reference } = renderDocument('e/x', 'shared');
    // The two friendly files are the same file, damaged; its by-hash name is taken away as fsck does.
    await writeFile(join(root, reference.path), '"Shared"\n');
    await rm(join(root, reference.path));
    await publish(storageIn(root), world);
    await expectFriendlyPathsOf(root, world);
  });
});
