import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CHECKPOINT_FILE } from '../../indexer/checkpoint.ts';
import { exitCodeOf } from '../../indexer/exit-codes.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import { v1Of } from '../builders.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

const MAIN = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url));

/** Nine versions of `provider/aws` at Gitea alone, which are read one after the other, newest first. */
async function worldOfNine(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld({ order: ['gitea'], ...options, indexer: { concurrency: 1, ...options.indexer } });
  for (let minor = 0; minor < 9; minor += 1) world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
  return world;
}

/** The download of this version never ends. @returns a promise of its being asked for */
function hangAt(world: World, tag: string): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const path = world.attachmentPath('aws_prov', tag);
  const match = (each: { path: string }) => each.path === path && (asked.resolve(), true);
  world.gitea.misbehave({ match, fault: { kind: 'hang' } });
  return asked.promise;
}

async function expectOnlyTheRestIsRead(world: World, count: number): Promise<void> {
  world.gitea.heal();
  world.gitea.forget();
  const report = await world.run();
  expect(exitCodeOf(report)).toBe(0);
  expect(report.outcomes[0]?.counts.assets_read).toBe(count);
  expect(world.attachmentRequests()).toBe(count);
  const versions = await world.versions('provider/aws');
  expect(versions.map((each) => each.checksum)).toEqual(
    versions.map((each) => digestOf(each.version.split('.')[1] ?? '')),
  );
  expect(await readdir(v1Of(world.config))).not.toContain(CHECKPOINT_FILE);
}

/** The program itself, on the world's own site; it is ended by a signal. */
async function runUntil(world: World, until: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  const file = join(world.config.site.path, 'registry.toml');
  const { gitea, config } = world;
  await writeFile(
    file,
    `[gitea]\nurl = "${gitea.url}"\norganization = "acme"\n[site]\npath = ${JSON.stringify(config.site.path)}\n` +
      '[indexer]\nconcurrency = 1\n',
  );
  const child = spawn(process.execPath, [MAIN, '--config', file, '--quiet'], { stdio: 'ignore', timeout: 15_000 });
  await until;
  child.kill(signal);
  await once(child, 'exit');
}

describe('what was read before', () => {
  test('a kill -9 is read once: of two assets the first is known to the next run', async () => {
    const world = await worldOfNine();
    await runUntil(world, hangAt(world, '1.7.0'), 'SIGKILL');
    await expectOnlyTheRestIsRead(world, 8);
  });

  test('a SIGTERM is read once', async () => {
    const world = await worldOfNine();
    await runUntil(world, hangAt(world, '1.3.0'), 'SIGTERM');
    await expectOnlyTheRestIsRead(world, 4);
  });

  test('a run was given up is read once', async () => {
    const world = await worldOfNine();
    const stop = new AbortController();
    const reason = new RegistryError('source_failed', 'Stopped.');
    void hangAt(world, '1.3.0').then(() => stop.abort(reason));
    await expect(world.run({ signal: stop.signal })).rejects.toBe(reason);
    await expectOnlyTheRestIsRead(world, 4);
  });

  test('the deadline of a first crawl that can publish nothing is read once', async () => {
    const world = await worldOfNine({ indexer: { deadlineSeconds: 0.5 } });
    void hangAt(world, '1.3.0');
    const report = await world.run();
    expect(report.outcomes[0]?.failure).toMatchObject({ code: 'timeout' });
    expect(report.published).toBeUndefined();
    await expectOnlyTheRestIsRead(world, 4);
  });

  test('the deadline of a later crawl is read once, from what that crawl published', async () => {
    const world = await worldOfNine({ indexer: { deadlineSeconds: 0.5 }, order: ['gitea', 'oci'] });
    void hangAt(world, '1.3.0');
    expect(exitCodeOf(await world.run())).toBe(3);
    expect(await readdir(v1Of(world.config))).not.toContain(CHECKPOINT_FILE);
    expect(Object.keys((await world.memory()).sources['gitea']?.attachments ?? {})).toHaveLength(5);
    await expectOnlyTheRestIsRead(world, 4);
  });

  test('several interruptions is read once', async () => {
    const world = await worldOfNine({ indexer: { deadlineSeconds: 0.5 } });
    for (const tag of ['1.6.0', '1.2.0']) {
      world.gitea.heal();
      void hangAt(world, tag);
      await world.run();
    }
    await expectOnlyTheRestIsRead(world, 3);
  });
});

describe('a checkpoint', () => {
  test.each([
    ['is garbage', '{"gitea":'],
    ['is not an object', 'null'],
    ['has no attachments', '{"gitea":7}'],
    ['has no digests', '{"gitea":{"UUID":{"digest":"sha256:x"},"other":{}}}'],
  ])('that %s is passed over', async (_how, text) => {
    const world = await worldOfNine();
    await world.run();
    world.release('aws_prov', { '1.9.0': { 'a.zip': '9' } });
    const uuid = world.attachmentPath('aws_prov', '1.9.0').split('/').at(-1) ?? '';
    await writeFile(join(v1Of(world.config), CHECKPOINT_FILE), text.replace('UUID', uuid));
    await expectOnlyTheRestIsRead(world, 1);
  });

  test('of attachments that are gone leaves nothing behind', async () => {
    const world = await worldOfNine({ indexer: { deadlineSeconds: 0.5 } });
    void hangAt(world, '1.7.0');
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.8.0');
    await expectOnlyTheRestIsRead(world, 8);
    expect(Object.keys((await world.memory()).sources['gitea']?.attachments ?? {})).toHaveLength(8);
  });

  test('that cannot be written spoils no crawl', async () => {
    const world = await worldOfNine();
    await world.run();
    world.release('aws_prov', { '1.9.0': { 'a.zip': '9' } });
    const storage = createFolderStorage({ root: v1Of(world.config), now: Date.now, temporaryName: () => 'x' });
    const refusing: typeof storage = {
      ...storage,
      replace: async (file, bytes) => {
        if (file === CHECKPOINT_FILE) throw new RegistryError('storage', 'The disk is full.');
        await storage.replace(file, bytes);
      },
    };
    expect(exitCodeOf(await world.run({ storage: refusing }))).toBe(0);
    expect((await world.versions('provider/aws'))[0]).toMatchObject({ version: '1.9.0', checksum: digestOf('9') });
  });
});
