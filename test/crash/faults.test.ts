import { execFile } from 'node:child_process';
import { chmod, cp, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createFolderStorage } from '../../indexer/storage/folder.ts';
import { NOON, runIndexer, v1Of } from '../builders.ts';
import { elsewhere, treeOf } from '../crawl/site-folder.ts';
import { expectValidSite, HOUR, smallWorld } from '../crawl/world.ts';
import { dyingAt, livedThrough } from '../publish/dying-storage.ts';
import { canEveryoneReach } from '../real/ordinary-user.ts';
import { startChangingWorld } from './changing-world.ts';
import { checkAfterKill, checkCompleted, readPublished } from './check-site.ts';
import { runWatched } from './watched-run.ts';

const MAIN = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url));
let names = 0;

interface Failed {
  code: number;
  stderr: string;
}

/** The real program, which is expected to fail. */
async function runFailing(command: string, configFile: string, user = {}): Promise<Failed> {
  const argv = ['-c', `${command} exec "$0" "$1" --config "$2" --quiet`, process.execPath, MAIN, configFile];
  return promisify(execFile)('sh', argv, user).then(
    () => ({ code: 0, stderr: '' }),
    (error: Failed) => ({ code: error.code, stderr: error.stderr }),
  );
}

describe('a limit on file sizes', () => {
  // In blocks of 512 bytes: too small for the lock, for a document of many, for the memory.
  test.each([0, 1, 8, 24])('(%d blocks) ends a run with exit code 1 and leaves the old site', async (blocks) => {
    const world = await startChangingWorld(Math.random, { extensions: 20 });
    const { root, configFile } = world;
    expect(await runWatched({ configFile, root })).toMatchObject({ code: 0 });
    const { pointer, documents } = await readPublished(root);
    world.change();
    const { code, stderr } = await runFailing(`ulimit -f ${blocks} &&`, configFile);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Cannot (?:write|lock) \/.*EFBIG.*; raise the limit on file sizes \(ulimit -f\), then run again/,
    );
    await checkAfterKill(root, documents, new Set([pointer.manifest.digest]));
    expect((await readPublished(root)).pointer).toEqual(pointer);
    expect(await runWatched({ configFile, root })).toMatchObject({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
  });
});

/** Root may write anywhere, so the program then runs as nobody, who must be able to read it: so it is in CI, where the clone is. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
const canRun = user === undefined || (await canEveryoneReach(MAIN));

describe.skipIf(!canRun)('a folder that may not be written to', () => {
  test('ends a run with exit code 1 and leaves the old site', async () => {
    const world = await startChangingWorld(Math.random, { extensions: 20 });
    const { root, configFile } = world;
    expect(await runWatched({ configFile, root })).toMatchObject({ code: 0 });
    const { pointer } = await readPublished(root);
    world.change();
    const site = join(root, '..', '..');
    await chmod(site, 0o755);
    await chmod(root, 0o555);
    const { code, stderr } = await runFailing('', configFile, user);
    await chmod(root, 0o755);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Cannot lock \/.*\/api\/v1: EACCES.*; see its permissions and the free space, then run again/,
    );
    expect((await readPublished(root)).pointer).toEqual(pointer);
    expect(await runWatched({ configFile, root })).toMatchObject({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
  });
});

describe('a clock that jumps back', () => {
  test('makes no two contents of one path the same to a web server, and no generation fall', async () => {
    const world = await smallWorld();
    await world.run();
    const before = await treeOf(v1Of(world.config));
    // As if all had been written a day later.
    const ahead = Math.floor(Date.now() / 1000) + 86_400;
    for (const file of before.keys()) await utimes(join(v1Of(world.config), file), ahead, ahead);
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
    await world.run({ now: () => NOON - 24 * HOUR });
    expect(await world.pointer()).toMatchObject({ generation: 2, created: '2026-05-31T12:00:00Z' });
    for (const [file, { digest, mtimeMs }] of await treeOf(v1Of(world.config))) {
      const old = before.get(file);
      if (old !== undefined && old.digest !== digest) expect(Math.floor(mtimeMs / 1000), file).toBeGreaterThan(ahead);
    }
    await world.run();
    expect(await world.pointer()).toMatchObject({ generation: 2, checked_at: '2026-06-01T15:00:00Z' });
  });

  test('in the middle of a run that is then killed leaves a whole site, and the next run completes', async () => {
    const world = await smallWorld();
    await world.run();
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
    world.gitea.removeRepository('acme', 'redis_taskserv');
    world.oci.removeRepository('acme/redis-taskserv');
    for (let n = 1, lived = false; !lived; n += 5) {
      const config = await elsewhere(world.config);
      await cp(world.config.site.path, config.site.path, { recursive: true });
      let looks = 0;
      const now = () => NOON - (looks += 1) * HOUR;
      const storage = createFolderStorage({ root: v1Of(config), now, temporaryName: () => `jump-${(names += 1)}` });
      lived = await livedThrough(runIndexer(config, { now, storage: dyingAt(storage, n) }));
      const { pointer } = await readPublished(v1Of(config));
      expect([1, 2]).toContain(pointer.generation);
      await runIndexer(config);
      await expectValidSite(config);
      expect((await readPublished(v1Of(config))).pointer.generation).toBe(2);
      expect((await readdir(v1Of(config))).filter((each) => each.startsWith('.'))).toEqual([]);
    }
  });
});
