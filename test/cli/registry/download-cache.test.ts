import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanCache, listCache, measureCache } from '../../../cli/registry/download-cache.ts';
import { isAbandoned, temporaryName } from '../../../cli/registry/temporary-name.ts';
import { digestOf, hexOf } from '../../../indexer/model/digest.ts';
import { NOON, temporaryFolder } from '../../builders.ts';

const DAY_MS = 86_400_000;

async function put(cacheFolder: string, text: string, daysAgo: number): Promise<string> {
  const hex = hexOf(digestOf(text));
  const folder = join(cacheFolder, 'downloads', hex.slice(0, 2));
  await mkdir(folder, { recursive: true });
  const file = join(folder, hex);
  const label = { id: 'provider/aws', version: '1.0.0', name: `${text.slice(0, 5)}.tar.gz` };
  await writeFile(file, text);
  await writeFile(`${file}.json`, JSON.stringify(label));
  const seconds = (NOON - daysAgo * DAY_MS) / 1_000;
  await utimes(file, seconds, seconds);
  return file;
}

async function cacheOf(...assets: [text: string, daysAgo: number][]) {
  const cacheFolder = await temporaryFolder();
  for (const [text, daysAgo] of assets) await put(cacheFolder, text, daysAgo);
  return cacheFolder;
}

const namesIn = async (cacheFolder: string) => (await listCache(cacheFolder)).map(({ name }) => name);

describe('listCache', () => {
  test('gives the assets, the last used first', async () => {
    const cacheFolder = await cacheOf(['first', 3], ['second', 1]);
    expect(await listCache(cacheFolder)).toEqual([
      {
        digest: digestOf('second'),
        size: 6,
        usedMs: NOON - DAY_MS,
        id: 'provider/aws',
        version: '1.0.0',
        name: 'secon.tar.gz',
      },
      {
        digest: digestOf('first'),
        size: 5,
        usedMs: NOON - 3 * DAY_MS,
        id: 'provider/aws',
        version: '1.0.0',
        name: 'first.tar.gz',
      },
    ]);
    expect(await measureCache(cacheFolder)).toEqual({ files: 2, bytes: 11 });
  });

  test('gives none of a cache that is not there', async () => {
    const cacheFolder = join(await temporaryFolder(), 'none');
    expect(await listCache(cacheFolder)).toEqual([]);
    expect(await measureCache(cacheFolder)).toEqual({ files: 0, bytes: 0 });
    expect(await cleanCache(cacheFolder, Infinity)).toEqual({ files: 0, bytes: 0 });
  });

  test('lives with damaged labels', async () => {
    const cacheFolder = await temporaryFolder();
    const file = await put(cacheFolder, 'first', 0);
    for (const damaged of ['', 'null', '{"id":7}']) {
      await writeFile(`${file}.json`, damaged);
      expect(await listCache(cacheFolder)).toEqual([{ digest: digestOf('first'), size: 5, usedMs: NOON }]);
    }
  });
});

describe('cleanCache', () => {
  test('removes what was not used since then', async () => {
    const cacheFolder = await cacheOf(['first', 3], ['second', 1]);
    expect(await cleanCache(cacheFolder, NOON - 2 * DAY_MS)).toEqual({ files: 1, bytes: 5 });
    expect(await namesIn(cacheFolder)).toEqual(['secon.tar.gz']);
  });

  test('removes the longest unused first where all are more than so many bytes', async () => {
    const cacheFolder = await cacheOf(['first', 3], ['second', 1], ['third', 2]);
    expect(await cleanCache(cacheFolder, 0, 11)).toEqual({ files: 1, bytes: 5 });
    expect(await namesIn(cacheFolder)).toEqual(['secon.tar.gz', 'third.tar.gz']);
  });

  test('removes all, documents and broken downloads included, but what a process is at', async () => {
    const cacheFolder = await cacheOf(['first', 3]);
    const partial = join(cacheFolder, 'downloads', 'partial');
    const documents = join(cacheFolder, 'documents', 'ab');
    for (const each of [partial, documents]) await mkdir(each, { recursive: true });
    const hex = hexOf(digestOf('x'));
    await writeFile(join(partial, `${hex}.0-1-x`), '12');
    await writeFile(join(partial, `${hex}.999999999-1-x`), '123');
    const living = `${hex}.${temporaryName(Math.random)}`;
    await writeFile(join(partial, living), '1234');
    await writeFile(join(documents, `${hex}.json`), '[]');
    expect(await cleanCache(cacheFolder, Infinity)).toEqual({ files: 3, bytes: 10 });
    expect(await readdir(partial)).toEqual([living]);
    expect(await readdir(documents)).toEqual([]);
  });

  test('touches nothing that is no part of the cache', async () => {
    const cacheFolder = await cacheOf(['first', 3]);
    const folder = join(cacheFolder, 'downloads', 'ab');
    await mkdir(folder, { recursive: true });
    const others = [
      join(cacheFolder, 'notes.txt'),
      join(cacheFolder, 'downloads', 'notes.txt'),
      join(folder, 'notes.txt'),
    ];
    for (const each of others) await writeFile(each, 'mine');
    const link = join(folder, hexOf(digestOf('x')));
    await symlink('notes.txt', link);
    await cleanCache(cacheFolder, Infinity);
    expect(await Promise.all([...others, link].map((each) => readFile(each, 'utf8')))).toEqual(Array(4).fill('mine'));
  });
});

describe('isAbandoned', () => {
  test.each<[name: string, abandoned: boolean]>([
    [temporaryName(Math.random), false],
    [`${process.ppid}-x-1`, false],
    [`${process.pid}-x-1`, true],
    ['999999999-x-1', true],
    ['0-x-1', true],
    ['', true],
  ])('of %j is %s', (name, abandoned) => {
    expect(isAbandoned(name)).toBe(abandoned);
  });
});
