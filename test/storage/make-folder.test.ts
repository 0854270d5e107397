import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../../indexer/storage/make-folder.ts';
import { temporaryFolder } from '../builders.ts';

describe('makeFolder', () => {
  test('makes a folder with all that it lies in, and may come twice or at once', async () => {
    const path = join(await temporaryFolder(), 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, 'd'))]);
    await makeFolder(path);
    expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
  });

  test('ends where none can be made, in which the function of Node goes on for ever', async () => {
    await expect(makeFolder('/proc/nope/a/b')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('tells of a file on the way', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
