import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKPOINT_FILE, openCheckpoint } from '../indexer/checkpoint.ts';
import { digestOf } from '../indexer/model/digest.ts';
import { emptyMemory } from '../indexer/model/memory.ts';
import { createFolderStorage } from '../indexer/storage/folder.ts';
import { NOON, temporaryFolder } from './builders.ts';

const known = (content: string) => ({ digest: digestOf(content) });

async function start() {
  const root = await temporaryFolder();
  const clock = { nowMs: NOON };
  let names = 0;
  const storage = createFolderStorage({ root, now: () => clock.nowMs, temporaryName: () => `t${(names += 1)}` });
  const open = (memory = emptyMemory()) => openCheckpoint(storage, { memory, now: () => clock.nowMs });
  const written = async () => JSON.parse(await readFile(join(root, CHECKPOINT_FILE), 'utf8')) as unknown;
  return { clock, open, written };
}

describe('a checkpoint', () => {
  test('writes the first digest at once, and further ones every five seconds or when it is told to', async () => {
    const { clock, open, written } = await start();
    const checkpoint = await open();
    await checkpoint.note('gitea', 'one', known('1'));
    expect(await written()).toEqual({ gitea: { one: known('1') } });
    clock.nowMs += 4_999;
    await checkpoint.note('gitea', 'two', known('2'));
    expect(await written()).toEqual({ gitea: { one: known('1') } });
    clock.nowMs += 1;
    await checkpoint.note('mirror', 'three', known('3'));
    const three = { gitea: { one: known('1'), two: known('2') }, mirror: { three: known('3') } };
    expect(await written()).toEqual(three);
    await checkpoint.note('mirror', 'four', known('4'));
    expect(await written()).toEqual(three);
    await checkpoint.flush();
    expect(await written()).toEqual({ ...three, mirror: { three: known('3'), four: known('4') } });
  });

  test('gives the next run what it has, beside what was published, which goes first', async () => {
    const { open } = await start();
    const first = await open();
    await first.note('gitea', 'one', known('1'));
    await first.note('gitea', 'two', known('2'));
    await first.flush();
    const published = { releases: [], findings: [], attachments: { one: known('published'), zero: known('0') } };
    const { memory } = await open({ ...emptyMemory(), sources: { gitea: published, oci: published } });
    expect(memory.sources).toEqual({
      gitea: {
        releases: [],
        findings: [],
        attachments: { one: known('published'), zero: known('0'), two: known('2') },
      },
      oci: published,
    });
  });

  test('is gone once it is cleared, and stays so', async () => {
    const { open, written } = await start();
    const checkpoint = await open();
    await checkpoint.note('gitea', 'one', known('1'));
    await checkpoint.clear();
    await checkpoint.note('gitea', 'two', known('2'));
    await checkpoint.flush();
    await expect(written()).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await open()).memory).toEqual(emptyMemory());
  });

  test('writes nothing where nothing was read', async () => {
    const { open, written } = await start();
    const checkpoint = await open();
    await checkpoint.flush();
    await expect(written()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
