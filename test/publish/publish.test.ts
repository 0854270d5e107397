import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../indexer/model/documents.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { UNFINISHED_FILE } from '../../indexer/publish/unfinished.ts';
import { openSite, readPointer } from '../../indexer/read-site.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
import { temporaryFolder } from '../builders.ts';
import { dyingAt, livedThrough } from './dying-storage.ts';
import {
  expectFriendlyPathsOf,
  NEW,
  NEXT,
  OLD,
  publish,
  readThroughPointer,
  storageIn,
  type World,
} from './small-site.ts';

/** The same storage, with a log of what it was told to change. */
function recording(storage: SiteStorage): { storage: SiteStorage; log: string[] } {
  const log: string[] = [];
  const recorded: SiteStorage = {
    ...storage,
    create: async (file, bytes) => {
      const written = await storage.create(file, bytes);
      if (written) log.push('create');
      return written;
    },
    expose: (blob, file) => (log.push(`expose ${file}`), storage.expose(blob, file)),
    replace: (file, bytes) => (log.push(`replace ${file}`), storage.replace(file, bytes)),
    swap: (file, before, bytes) => (log.push(`swap ${file}`), storage.swap(file, before, bytes)),
    remove: (file) => (log.push(`remove ${file}`), storage.remove(file)),
  };
  return { storage: recorded, log };
}

/** Whether it lived to the end. */
function publishOrDie(root: string, world: World, n: number): Promise<boolean> {
  return livedThrough(publish(dyingAt(storageIn(root), n), world));
}

describe('publishSite', () => {
  test('publishes into an empty place', async () => {
    const root = await temporaryFolder();
    expect(await publish(storageIn(root), OLD)).toMatchObject({ changed: true, written: 10, removed: 0 });
    await expectFriendlyPathsOf(root, OLD);
  });

  test('changes what has changed, adds and removes', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    expect(await publish(storageIn(root), NEW)).toMatchObject({
      changed: true,
      written: 7,
      removed: 3,
      pointer: { generation: 2 },
    });
    await expectFriendlyPathsOf(root, NEW);
  });

  test('keeps the by-hash files of the generation before', async () => {
    const root = await temporaryFolder();
    const { pointer } = await publish(storageIn(root), OLD);
    await publish(storageIn(root), NEW);
    const site = await openSite(storageIn(root), pointer);
    expect((await site.readDocument('e/gone'))?.toString()).toBe('"gone"\n');
  });

  test('goes in one order: by-hash files, friendly paths, reports, the pointer, removals', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const { storage, log } = recording(storageIn(root));
    await publish(storage, NEW);
    expect(log).toEqual([
      // Two fewer than the documents that are new: `e/c/versions` has the bytes of `e/same`, `html/e/c.html` those of `e/c`.
      ...Array.from({ length: 5 }, () => 'create'),
      'replace .unfinished.json',
      'expose list/index.json',
      'expose e/a/index.json',
      'expose e/c/index.json',
      'expose e/c/versions/index.json',
      'expose feeds/index.xml',
      'expose html/e/c.html',
      'expose manifest/index.json',
      'replace status/index.json',
      'replace crawl/index.json',
      'swap index.json',
      'remove e/b/index.json',
      'remove e/gone/index.json',
      'remove html/e/b.html',
      // No path is left to be set right, only what is of no use any more.
      'replace .unfinished.json',
      'replace generations/index.json',
      'remove .unfinished.json',
    ]);
  });

  test('rewrites only status, crawl and pointer where nothing has changed', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const { storage, log } = recording(storageIn(root));
    expect(await publish(storage, OLD)).toMatchObject({ changed: false, written: 0, removed: 0 });
    expect(log).toEqual(['replace status/index.json', 'replace crawl/index.json', 'swap index.json']);
  });

  test('takes back what it wrote where it cannot write everything, so that a full disk gets no fuller', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const before = await readdir(root, { recursive: true });
    const storage = storageIn(root);
    let writes = 0;
    const full: SiteStorage = {
      ...storage,
      create: (file, bytes) =>
        (writes += 1) > 4 ? Promise.reject(new RegistryError('storage', 'Full.')) : storage.create(file, bytes),
    };
    await expect(publish(full, NEW)).rejects.toThrow('Full.');
    expect((await readdir(root, { recursive: true })).sort()).toEqual(before.sort());
    await publish(storage, NEW);
    await expectFriendlyPathsOf(root, NEW);
  });

  test('lets another indexer’s pointer stand', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const storage = storageIn(root);
    const overtaken: SiteStorage = {
      ...storage,
      swap: async (file, before, bytes) => {
        await publish(storageIn(root), NEXT);
        return storage.swap(file, before, bytes);
      },
    };
    await expect(publish(overtaken, NEW)).rejects.toMatchObject({ code: 'conflict' });
    expect(await readThroughPointer(root)).toEqual(NEXT);
  });

  test('has whole documents for those who read while it publishes', async () => {
    const root = await temporaryFolder();
    await publish(storageIn(root), OLD);
    const worlds = [NEW, NEXT, OLD, NEW, NEXT, OLD];
    const over = new AbortController();
    const publishing = (async () => {
      for (const world of worlds) await publish(storageIn(root), world);
    })().finally(() => over.abort());
    while (!over.signal.aborted) expect([OLD, NEW, NEXT]).toContainEqual(await readThroughPointer(root));
    await publishing;
  });
});

describe('a run that is killed', () => {
  test('before the first pointer leaves nothing published, and the next run publishes', async () => {
    for (let n = 1, lived = false; !lived; n += 1) {
      const root = await temporaryFolder();
      lived = await publishOrDie(root, OLD, n);
      // Only a run that got past the pointer has published anything.
      if ((await readPointer(storageIn(root))) !== undefined) expect(await readThroughPointer(root)).toEqual(OLD);
      await publish(storageIn(root), NEXT);
      await expectFriendlyPathsOf(root, NEXT);
    }
  });

  test.each([
    ['the old world', OLD],
    ['the same new world', NEW],
    ['another world', NEXT],
  ])('at any step leaves a whole site, and a next run of %s sets every path right', async (_name, next) => {
    const found = new Set<unknown>();
    for (let n = 1, lived = false; !lived; n += 1) {
      const root = await temporaryFolder();
      await publish(storageIn(root), OLD);
      lived = await publishOrDie(root, NEW, n);
      const world = await readThroughPointer(root);
      expect([OLD, NEW], `killed at ${n}`).toContainEqual(world);
      found.add(JSON.stringify(world));
      await publish(storageIn(root), next);
      await expectFriendlyPathsOf(root, next);
    }
    expect(found.size).toBe(2);
  });

  test.each(['', '{"a":1}', '[1, 2'])(
    'and whose list of paths is damaged (%j) is set right all the same',
    async (damaged) => {
      const root = await temporaryFolder();
      await publish(storageIn(root), OLD);
      await publishOrDie(root, NEW, 12);
      await writeFile(join(root, UNFINISHED_FILE), damaged);
      await publish(storageIn(root), NEW);
      await expectFriendlyPathsOf(root, NEW);
      await expect(stat(join(root, UNFINISHED_FILE))).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  test('twice, at any two steps, is set right all the same', async () => {
    const worlds: World[] = [{ a: 1, gone: 1 }, { a: 2 }, { a: 1, c: 3 }, { a: 1, gone: 1 }];
    const [first, second, third, last] = worlds as [World, World, World, World];
    for (let n = 1, lived = false; !lived; n += 1) {
      let livedAgain = false;
      // Every third step, but other ones each time.
      for (let m = 1 + (n % 3); !livedAgain; m += 3) {
        const root = await temporaryFolder();
        await publish(storageIn(root), first);
        lived = await publishOrDie(root, second, n);
        livedAgain = await publishOrDie(root, third, m);
        expect([first, second, third], `killed at ${n} and ${m}`).toContainEqual(await readThroughPointer(root));
        await publish(storageIn(root), last);
        await expectFriendlyPathsOf(root, last);
      }
    }
  });
});

describe('the manifest', () => {
  test('lists every document but itself, the pointer and the reports', async () => {
    const root = await temporaryFolder();
    const { pointer } = await publish(storageIn(root), OLD);
    const manifest = JSON.parse(await readFile(join(root, pointer.manifest.path), 'utf8')) as Manifest;
    expect(Object.keys(manifest.documents)).toEqual([...Object.keys(OLD), 'memory', 'search'].sort());
  });
});
