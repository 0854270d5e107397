import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { compareFiles } from '../../../cli/project/compare-files.ts';
import {
  extensionFolder,
  readCurrent,
  recordFile,
  versionFolder,
  writeCurrent,
} from '../../../cli/project/install-root.ts';
import { clearStaleRecords, findInstalled, listInstalled, listVersions } from '../../../cli/project/installed.ts';
import { temporaryFolder } from '../../builders.ts';

const AWS = parseExtensionId('provider/aws');
const ONE = parseVersion('1.0.0');
const TWO = parseVersion('2.0.0+b.1');

async function rootWith(...versions: (typeof ONE)[]): Promise<string> {
  const root = await temporaryFolder();
  for (const version of versions) {
    await mkdir(versionFolder(root, AWS, version), { recursive: true });
    await mkdir(join(extensionFolder(root, AWS), '.installed'), { recursive: true });
    const asset = { name: 'a', size: 1, digest: digestOf('a') };
    const record = { schema: 1, extension: AWS, version, range: '^1', asset, files: {} };
    await writeFile(recordFile(root, AWS, version), JSON.stringify(record));
  }
  return root;
}

/** As symlink(2) of a file system that has none. */
async function noLinks(): Promise<never> {
  throw Object.assign(new Error('EPERM: operation not permitted, symlink'), { code: 'EPERM' });
}

describe('current', () => {
  test.each([
    ['a link', symlink],
    ['a file, where there are no links', noLinks],
  ])('is %s that is replaced as a whole', async (_, link) => {
    const root = await rootWith(ONE, TWO);
    expect(await readCurrent(root, AWS)).toBeUndefined();
    for (const version of [ONE, TWO, ONE]) {
      await writeCurrent({ root, id: AWS, version, temporary: join(root, 'temporary'), link });
      expect(await readCurrent(root, AWS)).toBe(version);
    }
    const path = join(extensionFolder(root, AWS), 'current');
    const isLink = (await lstat(path)).isSymbolicLink();
    expect(isLink ? await readlink(path) : await readFile(path, 'utf8')).toBe(link === symlink ? '1.0.0' : '1.0.0\n');
    await writeCurrent({ root, id: AWS, version: undefined, temporary: join(root, 'temporary') });
    expect(await readCurrent(root, AWS)).toBeUndefined();
    expect((await readdir(root)).sort()).toEqual(['provider']);
  });

  test.each(['../../../etc', '/etc', 'latest', '1.0.0/x'])('that leads to %s is none', async (target) => {
    const root = await rootWith(ONE);
    await symlink(target, join(extensionFolder(root, AWS), 'current'));
    expect(await readCurrent(root, AWS)).toBeUndefined();
  });

  test('that is a folder or a large file is none', async () => {
    const root = await rootWith(ONE);
    const path = join(extensionFolder(root, AWS), 'current');
    await writeFile(path, '1'.repeat(1_000));
    expect(await readCurrent(root, AWS)).toBeUndefined();
    const other = await rootWith(ONE);
    await mkdir(join(extensionFolder(other, AWS), 'current'));
    expect(await readCurrent(other, AWS)).toBeUndefined();
    await expect(
      writeCurrent({ root: other, id: AWS, version: ONE, temporary: join(other, 'temporary') }),
    ).rejects.toMatchObject({ code: 'storage' });
  });
});

describe('listInstalled', () => {
  test('lists what has a folder and a record, newest first', async () => {
    const root = await rootWith(ONE, TWO);
    await symlink('1.0.0', join(extensionFolder(root, AWS), 'current'));
    await mkdir(versionFolder(root, AWS, parseVersion('3.0.0')));
    await writeFile(recordFile(root, AWS, parseVersion('4.0.0')), '{}');
    await mkdir(join(root, 'Not a type', 'x'), { recursive: true });
    await mkdir(join(root, 'provider', 'empty'));
    await writeFile(join(root, 'file'), '');
    expect(await listInstalled(root)).toEqual([{ id: AWS, current: ONE, versions: [TWO, ONE] }]);
    expect(await listInstalled(join(root, 'nowhere'))).toEqual([]);
  });

  test('lists a version in use whose folder somebody removed', async () => {
    const root = await rootWith();
    await mkdir(join(extensionFolder(root, AWS), '.installed'), { recursive: true });
    await writeFile(recordFile(root, AWS, ONE), '{}');
    await symlink('1.0.0', join(extensionFolder(root, AWS), 'current'));
    expect(await findInstalled(root, AWS)).toEqual({ id: AWS, current: ONE, versions: [ONE] });
  });

  test('listVersions tells of a record that is damaged, and goes on', async () => {
    const root = await rootWith(ONE, TWO);
    await writeFile(recordFile(root, AWS, TWO), '{"schema":1');
    expect(await listVersions(root)).toMatchObject([
      {
        version: TWO,
        record: undefined,
        fault: expect.stringMatching(/2.0.0\+b.1.json is damaged.*: remove it/) as string,
      },
      { version: ONE, record: { range: '^1' } },
    ]);
  });

  test('clearStaleRecords takes away the records of what was never installed', async () => {
    const root = await rootWith(ONE);
    await writeFile(recordFile(root, AWS, TWO), '{}');
    await clearStaleRecords(root, AWS);
    expect(await readdir(join(extensionFolder(root, AWS), '.installed'))).toEqual(['1.0.0.json']);
  });
});

describe('compareFiles', () => {
  const signal = new AbortController().signal;
  const FILES = {
    a: { size: 1, digest: digestOf('a') },
    'bin/run': { size: 3, digest: digestOf('run'), executable: true as const },
    link: { link: 'a' },
  };

  async function installed(): Promise<string> {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'a'), 'a');
    await writeFile(join(folder, 'bin', 'run'), 'run', { mode: 0o755 });
    await symlink('a', join(folder, 'link'));
    return folder;
  }

  test('finds nothing where all is as it was', async () => {
    const folder = await installed();
    await mkdir(join(folder, 'empty'));
    expect(await compareFiles(folder, FILES, signal)).toEqual([]);
  });

  test('names each file that is missing, extra or changed', async () => {
    const folder = await installed();
    const files = {
      ...FILES,
      'bin/run': { size: 3, digest: digestOf('ruN') },
      b: { size: 2, digest: digestOf('b') },
      __proto__x: { link: 'x' },
    };
    await writeFile(join(folder, 'b'), 'b');
    await writeFile(join(folder, 'bin', 'extra'), '');
    expect(await compareFiles(folder, files, signal)).toEqual([
      { path: '__proto__x', difference: 'missing' },
      { path: 'b', difference: 'changed', detail: '1 bytes instead of 2' },
      { path: 'bin/extra', difference: 'extra' },
      { path: 'bin/run', difference: 'changed', detail: 'other bytes' },
    ]);
  });

  test('minds kinds, targets and permissions', async () => {
    const folder = await installed();
    const files = {
      a: { link: 'a' },
      'bin/run': { size: 3, digest: digestOf('run') },
      link: { link: 'bin' },
    };
    expect(await compareFiles(folder, files, signal)).toEqual([
      { path: 'a', difference: 'changed', detail: 'no link any more' },
      { path: 'bin/run', difference: 'changed', detail: 'other permission to execute' },
      { path: 'link', difference: 'changed', detail: 'a link to another place' },
    ]);
    const link = { link: { size: 1, digest: digestOf('a') } };
    expect(await compareFiles(folder, { ...FILES, ...link }, signal)).toEqual([
      { path: 'link', difference: 'changed', detail: 'no file any more' },
    ]);
  });

  test('of a folder that is gone names every file', async () => {
    const folder = join(await temporaryFolder(), 'gone');
    expect((await compareFiles(folder, FILES, signal)).map((each) => each.difference)).toEqual(
      Array(3).fill('missing'),
    );
  });

  test('ends when it is told to', async () => {
    const aborted = AbortSignal.abort(new Error('by the user'));
    await expect(compareFiles(await installed(), FILES, aborted)).rejects.toThrow('by the user');
  });
});
