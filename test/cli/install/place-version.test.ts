import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { placeVersion } from '../../../cli/install/place-version.ts';
import { changeRoot } from '../../../cli/install/root-lock.ts';
import { versionFolder } from '../../../cli/project/install-root.ts';
import { readRecord, type InstallRecord } from '../../../cli/project/record.ts';
import { temporaryFolder } from '../../builders.ts';

const AWS = parseExtensionId('provider/aws');
const ONE = parseVersion('1.0.0');
const RECORD: InstallRecord = {
  schema: 1,
  extension: AWS,
  version: ONE,
  range: '^1',
  installed_at: '2026-06-01T12:00:00Z',
  site: 'https://extensions.example.org/api/v1/',
  generation: 7,
  asset: { name: 'aws.zip', size: 3, digest: digestOf('aws') },
  files: { a: { size: 1, digest: digestOf('a') } },
};

/** Places a folder with this file as version 1.0.0; without one a folder that is not there. */
async function place(root: string, content?: string): Promise<void> {
  const options = { root, now: Date.now, signal: new AbortController().signal, note: () => undefined };
  await changeRoot(options, async (change) => {
    const staged = change.temporary();
    if (content !== undefined) {
      await mkdir(staged);
      await writeFile(join(staged, 'a'), content);
    }
    await placeVersion(root, { record: RECORD, staged }, change);
  });
}

const contentIn = (root: string) => readFile(join(versionFolder(root, AWS, ONE), 'a'), 'utf8');

describe('placeVersion', () => {
  test('gives a version its folder and its record, and puts nothing in use', async () => {
    const root = await temporaryFolder();
    await place(root, 'a');
    expect(await contentIn(root)).toBe('a');
    expect(await readRecord(root, AWS, ONE)).toEqual(RECORD);
    expect((await readdir(join(root, 'provider/aws'))).sort()).toEqual(['.installed', '1.0.0']);
  });

  test('replaces what is there, and leaves nothing of it', async () => {
    const root = await temporaryFolder();
    await place(root, 'old');
    await writeFile(join(versionFolder(root, AWS, ONE), 'extra'), '');
    await place(root, 'new');
    expect(await contentIn(root)).toBe('new');
    expect(await readdir(versionFolder(root, AWS, ONE))).toEqual(['a']);
    expect(await readdir(join(root, '.changes'))).toEqual([]);
  });

  test('gives back what was there where it cannot place the new one', async () => {
    const root = await temporaryFolder();
    await place(root, 'old');
    await expect(place(root)).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(/^Cannot install provider\/aws 1.0.0 to .*ENOENT/) as string,
    });
    expect(await contentIn(root)).toBe('old');
  });
});
