import { describe, expect, test } from 'vitest';
import type { SiteStorage } from '../../indexer/storage/storage.ts';

export interface StorageUnderTest {
  /** An empty place of its own. */
  readonly open: () => Promise<SiteStorage>;
  /** The names of all files that are there, whatever made them. */
  readonly list: (storage: SiteStorage) => Promise<string[]>;
}

const bytes = (text: string) => Buffer.from(text);
const FILE = 'extensions/provider/aws/index.json';
const BLOB = 'by-hash/sha256/ab/abc.json';
/** More than one write call's worth, so that a half-written file would be seen. */
const large = (letter: string) => Buffer.alloc(300_000, letter);

async function textOf(storage: SiteStorage, file: string): Promise<string | undefined> {
  return (await storage.read(file))?.toString('utf8');
}

/** Reads a file over and over while it is being written, and gives each first letter and whether the rest was like it. */
async function watch(storage: SiteStorage, file: string, writing: Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>();
  const over = new AbortController();
  const written = writing.finally(() => over.abort());
  while (!over.signal.aborted) {
    const found = await storage.read(file);
    const first = found?.subarray(0, 1).toString() ?? 'none';
    const whole = found === undefined || found.equals(large(first));
    seen.add(whole ? first : `${first}, and only ${found.length} bytes or mixed`);
  }
  await written;
  return seen;
}

/** What every place that a site can be published to must do (design, section 4). */
export function describeSiteStorage(name: string, { open, list }: StorageUnderTest): void {
  describe(name, () => {
    test('has no file that nobody wrote', async () => {
      const storage = await open();
      expect(await storage.read(FILE)).toBeUndefined();
      expect(await storage.read('index.json')).toBeUndefined();
    });

    test('creates a file once and leaves it alone afterwards', async () => {
      const storage = await open();
      expect(await storage.create(BLOB, bytes('one'))).toBe(true);
      expect(await storage.create(BLOB, bytes('two'))).toBe(false);
      expect(await textOf(storage, BLOB)).toBe('one');
    });

    test('creates a file anew where only a part of it had been written', async () => {
      const storage = await open();
      await storage.create(BLOB, bytes('on'));
      expect(await storage.create(BLOB, bytes('one'))).toBe(true);
      expect(await textOf(storage, BLOB)).toBe('one');
    });

    test('replaces a file whether or not it is there', async () => {
      const storage = await open();
      await storage.replace(FILE, bytes('one'));
      expect(await textOf(storage, FILE)).toBe('one');
      await storage.replace(FILE, bytes('three'));
      expect(await textOf(storage, FILE)).toBe('three');
      await storage.replace(FILE, bytes(''));
      expect(await textOf(storage, FILE)).toBe('');
    });

    test('exposes a created file under another name, again and again', async () => {
      const storage = await open();
      await storage.create(BLOB, bytes('one'));
      await storage.create(`${BLOB}2`, bytes('two'));
      for (const [blob, text] of [
        [BLOB, 'one'],
        [BLOB, 'one'],
        [`${BLOB}2`, 'two'],
        [BLOB, 'one'],
      ] as const) {
        await storage.expose(blob, FILE);
        expect(await textOf(storage, FILE)).toBe(text);
      }
      expect(await textOf(storage, BLOB)).toBe('one');
      expect(await textOf(storage, `${BLOB}2`)).toBe('two');
      expect(await list(storage)).toEqual([BLOB, `${BLOB}2`, FILE].sort());
    });

    test('changes no created file by replacing one that exposed it', async () => {
      const storage = await open();
      await storage.create(BLOB, bytes('one'));
      await storage.expose(BLOB, FILE);
      await storage.replace(FILE, bytes('two'));
      expect(await textOf(storage, BLOB)).toBe('one');
    });

    test('does not expose what is not there', async () => {
      const storage = await open();
      await expect(storage.expose(BLOB, FILE)).rejects.toMatchObject({ code: 'storage' });
      expect(await list(storage)).toEqual([]);
    });

    test('swaps a file that is still as it was read, or still absent', async () => {
      const storage = await open();
      await storage.swap('index.json', undefined, bytes('one'));
      await storage.swap('index.json', bytes('one'), bytes('two'));
      expect(await textOf(storage, 'index.json')).toBe('two');
    });

    test.each([
      ['changed', bytes('one'), bytes('other')],
      ['appeared', undefined, bytes('other')],
      ['vanished', bytes('one'), undefined],
    ])('refuses to swap a file that has %s meanwhile', async (_how, before, now) => {
      const storage = await open();
      if (now !== undefined) await storage.replace('index.json', now);
      await expect(storage.swap('index.json', before, bytes('mine'))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('another indexer'),
      });
      expect(await storage.read('index.json')).toEqual(now);
    });

    test('removes a file, and does not mind one that is not there', async () => {
      const storage = await open();
      await storage.replace('extensions/provider/aws/versions/index.json', bytes('[]'));
      await storage.replace(FILE, bytes('one'));
      await storage.remove(FILE);
      await storage.remove(FILE);
      await storage.remove('extensions/provider/gcp/index.json');
      expect(await list(storage)).toEqual(['extensions/provider/aws/versions/index.json']);
    });

    test('can have a file where a removed one had a folder, and the other way round', async () => {
      const storage = await open();
      await storage.replace('a/b/index.json', bytes('one'));
      await storage.remove('a/b/index.json');
      await storage.replace('a', bytes('two'));
      expect(await textOf(storage, 'a')).toBe('two');
      await storage.remove('a');
      await storage.replace('a/b', bytes('three'));
      expect(await textOf(storage, 'a/b')).toBe('three');
    });

    test('lists the names in a folder, and none of one that is not there', async () => {
      const storage = await open();
      expect(await storage.list('by-hash')).toEqual([]);
      await storage.create(BLOB, bytes('one'));
      await storage.create('by-hash/sha256/ab/b.json', bytes('two'));
      expect((await storage.list('by-hash/sha256/ab')).sort()).toEqual(['abc.json', 'b.json']);
      expect(await storage.list('by-hash/sha256')).toEqual(['ab']);
    });

    test('tells when a file was written, and nothing of one that is not there', async () => {
      const storage = await open();
      expect(await storage.modifiedMs(BLOB)).toBeUndefined();
      const before = Date.now();
      await storage.create(BLOB, bytes('one'));
      expect(Math.abs((await storage.modifiedMs(BLOB))! - before)).toBeLessThan(10_000);
    });

    test('dates a file anew, never further back, and does not mind one that is not there', async () => {
      const storage = await open();
      await storage.touch(BLOB);
      await storage.create(BLOB, bytes('one'));
      const written = (await storage.modifiedMs(BLOB))!;
      await storage.touch(BLOB);
      expect(await storage.modifiedMs(BLOB)).toBeGreaterThanOrEqual(written);
      expect(await textOf(storage, BLOB)).toBe('one');
      expect(await list(storage)).toEqual([BLOB]);
    });

    test('lets one writer in at a time', async () => {
      const storage = await open();
      const lock = (await storage.lock?.())!;
      await expect(storage.lock?.()).rejects.toMatchObject({ code: 'locked' });
      await lock.assertHeld();
      await lock.release();
      await (await storage.lock?.())?.release();
      expect(await list(storage)).toEqual([]);
    });

    test('refuses to read a file larger than the reader allows', async () => {
      const storage = await open();
      await storage.replace(FILE, bytes('12345'));
      expect(await storage.read(FILE, 5)).toEqual(bytes('12345'));
      await expect(storage.read(FILE, 4)).rejects.toMatchObject({ code: 'too_large' });
    });

    test.each(['../x', 'a/../../x', '/../x', '..', '', '.', 'a/..'])(
      'refuses the name %j for all it does',
      async (file) => {
        const storage = await open();
        await storage.create(BLOB, bytes('one'));
        const refused = { code: 'storage', message: expect.stringContaining('not within') };
        await expect(storage.read(file)).rejects.toMatchObject(refused);
        await expect(storage.create(file, bytes('x'))).rejects.toMatchObject(refused);
        await expect(storage.replace(file, bytes('x'))).rejects.toMatchObject(refused);
        await expect(storage.expose(BLOB, file)).rejects.toMatchObject(refused);
        await expect(storage.expose(file, FILE)).rejects.toMatchObject(refused);
        await expect(storage.swap(file, undefined, bytes('x'))).rejects.toMatchObject(refused);
        await expect(storage.remove(file)).rejects.toMatchObject(refused);
        await expect(storage.list(file)).rejects.toMatchObject(refused);
        await expect(storage.modifiedMs(file)).rejects.toMatchObject(refused);
        await expect(storage.touch(file)).rejects.toMatchObject(refused);
        expect(await list(storage)).toEqual([BLOB]);
      },
    );

    test('shows a reader whole files only, however they are changed', async () => {
      const storage = await open();
      await storage.create('by-hash/a', large('a'));
      await storage.create('by-hash/b', large('b'));
      const writing = (async () => {
        for (let turn = 0; turn < 15; turn += 1) {
          await storage.replace(FILE, large('c'));
          await storage.expose('by-hash/a', FILE);
          await storage.swap(FILE, large('a'), large('d'));
          await storage.expose('by-hash/b', FILE);
        }
      })();
      const seen = await watch(storage, FILE, writing);
      await writing;
      for (const each of seen) expect(['none', 'a', 'b', 'c', 'd']).toContain(each);
      expect(await storage.read(FILE)).toEqual(large('b'));
    });

    test('leaves nothing behind but the files themselves', async () => {
      const storage = await open();
      await storage.create(BLOB, bytes('one'));
      await storage.expose(BLOB, FILE);
      await storage.expose(BLOB, FILE);
      await storage.replace('status/index.json', bytes('s'));
      await storage.swap('index.json', undefined, bytes('p'));
      expect(await list(storage)).toEqual([BLOB, FILE, 'index.json', 'status/index.json'].sort());
    });
  });
}
