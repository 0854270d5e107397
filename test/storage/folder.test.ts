import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import type { SiteStorage } from '../../indexer/storage/storage.ts';
import { NOON, temporaryFolder } from '../builders.ts';
import { describeSiteStorage } from './contract.ts';

const FILE = 'extensions/index.json';
const FOLDER_MODULE = new URL('../../indexer/storage/folder.ts', import.meta.url);

let names = 0;
function storageIn(root: string, now = Date.now): SiteStorage {
  return createFolderStorage({ root, now, temporaryName: () => `temporary-${(names += 1)}` });
}

async function filesIn(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => !each.isDirectory());
  return files.map((each) => join(each.parentPath, each.name).slice(root.length + 1)).sort();
}

async function secondOf(root: string, file: string): Promise<number> {
  return Math.floor((await stat(join(root, file))).mtimeMs / 1000);
}

async function setSecond(root: string, file: string, second: number): Promise<void> {
  await utimes(join(root, file), second, second);
}

describeSiteStorage('a folder', {
  open: async () => storageIn(join(await temporaryFolder(), 'v1')),
  list: async (storage) => filesIn(storage.name).catch(() => []),
});

describe('a folder’s files', () => {
  test('share one inode between a by-hash file and each friendly path of it', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    await storage.create('by-hash/a', Buffer.from('[]'));
    await storage.expose('by-hash/a', 'one/index.json');
    await storage.expose('by-hash/a', 'two/index.json');
    const inodes = ['by-hash/a', 'one/index.json', 'two/index.json'].map(
      async (each) => (await stat(join(root, each))).ino,
    );
    expect(new Set(await Promise.all(inodes)).size).toBe(1);
  });

  test('go with the folders that they leave empty, up to the site’s own', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    await storage.replace('extensions/provider/aws/notes/index.json', Buffer.from('[]'));
    await storage.remove('extensions/provider/aws/notes/index.json');
    expect(await readdir(root)).toEqual(['.tmp']);
  });
});

describe('a folder’s file times', () => {
  const contents = ['aaa', 'bbb', 'ccc'];

  test('never let two contents that follow each other share a second', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    const seconds: number[] = [];
    for (const text of contents) {
      await storage.replace(FILE, Buffer.from(text));
      seconds.push(await secondOf(root, FILE));
    }
    expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => a - b));
  });

  test.each([
    ['replace', (storage: SiteStorage) => storage.replace(FILE, Buffer.from('new'))],
    ['swap', (storage: SiteStorage) => storage.swap(FILE, Buffer.from('old'), Buffer.from('new'))],
    ['expose', (storage: SiteStorage) => storage.expose('by-hash/new', FILE)],
  ])('grow with %s also when the clock jumped back', async (_verb, change) => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    await storage.create('by-hash/new', Buffer.from('new'));
    await storage.replace(FILE, Buffer.from('old'));
    const future = Math.floor(Date.now() / 1000) + 86_400;
    await setSecond(root, FILE, future);
    await change(storage);
    expect(await secondOf(root, FILE)).toBe(future + 1);
    expect(await readFile(join(root, FILE), 'utf8')).toBe('new');
  });

  test('are the clock’s own where that is enough', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root, () => NOON);
    await storage.create('by-hash/a', Buffer.from('a'));
    await storage.replace(FILE, Buffer.from('b'));
    await setSecond(root, 'by-hash/a', 1_000);
    await setSecond(root, FILE, 2_000);
    await storage.expose('by-hash/a', FILE);
    expect(await secondOf(root, FILE)).toBe(NOON / 1000);
  });

  test.each([
    ['a file of the past', NOON / 1000 - 90 * 86_400, NOON / 1000],
    ['a file of the future, left as it is', NOON / 1000 + 60, NOON / 1000 + 60],
  ])('are the clock’s own where it is touched: %s', async (_which, second, expected) => {
    const root = await temporaryFolder();
    const storage = storageIn(root, () => NOON);
    await storage.create('by-hash/a', Buffer.from('a'));
    await setSecond(root, 'by-hash/a', second);
    await storage.touch('by-hash/a');
    expect(await secondOf(root, 'by-hash/a')).toBe(expected);
  });

  test('stay as they are when a file is exposed that is exposed already', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    await storage.create('by-hash/a', Buffer.from('a'));
    await storage.expose('by-hash/a', FILE);
    await setSecond(root, FILE, 1_000);
    await storage.expose('by-hash/a', FILE);
    expect(await secondOf(root, FILE)).toBe(1_000);
  });

  test('never make one ETag of two contents, with files shared by several paths and a clock that jumps', async () => {
    const root = await temporaryFolder();
    const storage = storageIn(root);
    for (const text of contents) await storage.create(`by-hash/${text}`, Buffer.from(text));
    const paths = ['one', 'two', 'three'];
    const tags = new Map<string, string>();
    for (let step = 0, random = 7; step < 120; step += 1) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      const path = paths[random % 3]!;
      const text = contents[(random >> 8) % 3]!;
      await storage.expose(`by-hash/${text}`, path);
      // As if the file had been written before the clock was set back by some seconds.
      if (step % 10 === 9) await setSecond(root, path, (await secondOf(root, path)) + 5);
      for (const each of paths.slice(0, Math.min(step, 3))) {
        const found = await readFile(join(root, each), 'utf8').catch(() => undefined);
        if (found === undefined) continue;
        const tag = `${each} ${await secondOf(root, each)}`;
        expect(tags.get(tag) ?? found, `step ${step}: ${tag}`).toBe(found);
        tags.set(tag, found);
      }
    }
    expect(tags.size).toBeGreaterThan(20);
  });
});

describe('a folder that cannot be written', () => {
  const remedy = { code: 'storage', message: expect.stringMatching(/^Cannot .*permissions and the free space/) };

  test('is told with its remedy where a file stands in place of the folder', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const storage = storageIn(join(folder, 'file', 'v1'));
    await expect(storage.create('by-hash/a', Buffer.from('a'))).rejects.toMatchObject(remedy);
    await expect(storage.replace(FILE, Buffer.from('a'))).rejects.toMatchObject(remedy);
    await expect(storage.swap('index.json', undefined, Buffer.from('a'))).rejects.toMatchObject(remedy);
  });

  test('is told so also where even cleaning up is not possible', async () => {
    const storage = storageIn(await temporaryFolder());
    const file = `${'a'.repeat(300)}/index.json`;
    await expect(storage.replace(file, Buffer.from('a'))).rejects.toMatchObject(remedy);
    await expect(storage.create(file, Buffer.from('a'))).rejects.toMatchObject(remedy);
    await expect(storage.read(file)).rejects.toMatchObject(remedy);
    await expect(storage.remove(file)).rejects.toMatchObject(remedy);
  });

  test('is left without a trace where a folder stands in place of the file', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, FILE, 'x'), { recursive: true });
    await expect(storageIn(root).replace(FILE, Buffer.from('a'))).rejects.toMatchObject(remedy);
    await expect(storageIn(root).read(FILE)).rejects.toMatchObject(remedy);
    await expect(storageIn(root).remove(FILE)).rejects.toMatchObject(remedy);
    expect(await filesIn(root)).toEqual([]);
  });

  test('is left as it was when a write is cut short by a limit on file sizes', async () => {
    const root = await temporaryFolder();
    await storageIn(root).replace(FILE, Buffer.from('old'));
    // 512-byte blocks: the first bytes are written, the rest are refused, as on a full disk.
    const program = `
      import { createFolderStorage } from ${JSON.stringify(FOLDER_MODULE.href)};
      const storage = createFolderStorage({ root: ${JSON.stringify(root)}, now: Date.now, temporaryName: () => 'child' });
      const failures = [];
      const note = (error) => void failures.push(error.code + ' ' + error.cause.code);
      await storage.replace('extensions/index.json', Buffer.alloc(100_000, 'x')).catch(note);
      await storage.create('by-hash/a', Buffer.alloc(100_000, 'x')).catch(note);
      process.stdout.write(failures.join());`;
    const command = 'ulimit -f 8 && exec "$0" --input-type=module --eval "$1"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, program]);
    expect(stdout).toBe('storage EFBIG,storage EFBIG');
    expect(await readFile(join(root, FILE), 'utf8')).toBe('old');
    expect(await filesIn(root)).toEqual([FILE]);
  });
});
