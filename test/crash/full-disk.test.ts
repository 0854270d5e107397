import { execFile } from 'node:child_process';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { startChangingWorld, type ChangingWorld } from './changing-world.ts';
import { checkAfterKill, checkCompleted, readPublished } from './check-site.ts';
import { runWatched } from './watched-run.ts';

const run = promisify(execFile);
const KIB = 1024;
const FULL = /Cannot (?:write|lock) (\/\S+): ENOSPC.*; make room on its file system, then run again/;

/** A small file system of its own, in memory; only root may mount one. */
async function mountSmall(options: string): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', options, 'extension-registry-test', folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  return folder;
}

async function freeKib(folder: string): Promise<number> {
  const { stdout } = await run('df', ['--output=avail', '-k', folder]);
  return Number(stdout.split('\n')[1]);
}

/** A world whose site is published on that file system, and then changes. */
async function publishedOn(folder: string): Promise<ChangingWorld> {
  const world = await startChangingWorld(Math.random, { extensions: 12, site: join(folder, 'site') });
  expect(await runWatched(world)).toMatchObject({ code: 0, stderr: '' });
  world.change();
  return world;
}

/** Only root may mount, as CI does. */
const canMount = process.getuid?.() === 0;

describe.skipIf(!canMount)('a full disk', () => {
  test('that gets a little more room each time ends runs with exit code 1 wherever it fills up, until one completes', async () => {
    const folder = await mountSmall('size=16m');
    const world = await publishedOn(folder);
    const { root } = world;
    const { pointer, documents } = await readPublished(root);
    const published = new Set([pointer.manifest.digest]);
    const ballast = join(folder, 'ballast');
    let ballastKib = await freeKib(folder);
    await writeFile(ballast, Buffer.alloc(ballastKib * KIB));
    const failed = new Map<string, number>();
    let code: number | null = 1;
    while (code !== 0) {
      const ended = await runWatched(world);
      ({ code } = ended);
      await checkAfterKill(root, documents, published);
      if (code !== 0) {
        expect(code).toBe(1);
        const [, path = ''] = FULL.exec(ended.stderr) ?? [ended.stderr, ended.stderr];
        const what = path.slice(root.length + 1).replace(/^by-hash.*/, 'by-hash') || 'lock';
        failed.set(what, (failed.get(what) ?? 0) + 1);
      }
      await truncate(ballast, (ballastKib -= 4) * KIB);
    }
    const counts = [...failed].map(([what, count]) => `${what} ${count}`);
    process.stdout.write(`runs that a full disk ended, by what they wrote: ${counts.join(', ')}\n`);
    expect([...failed.keys()]).toEqual(expect.arrayContaining(['lock', 'by-hash']));
    expect(failed.size).toBeGreaterThan(2);
    await rm(ballast);
    expect(await runWatched(world)).toMatchObject({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
  });

  test('without a free inode is told likewise', async () => {
    const folder = await mountSmall('size=64m,nr_inodes=2000');
    const world = await publishedOn(folder);
    const { root } = world;
    const { pointer, documents } = await readPublished(root);
    const { stdout } = await run('df', ['--output=iavail', folder]);
    for (let left = Number(stdout.split('\n')[1]) - 12; left > 0; left -= 1)
      await writeFile(join(folder, `${left}`), '');
    const { code, stderr } = await runWatched(world);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Cannot write \/.*ENOSPC.*; make room on its file system/);
    await checkAfterKill(root, documents, new Set([pointer.manifest.digest]));
    await run('find', [folder, '-maxdepth', '1', '-type', 'f', '-delete']);
    expect(await runWatched(world)).toMatchObject({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
  });
});

describe.skipIf(!canMount)('a file system that is mounted read-only', () => {
  test('ends a run with exit code 1, and the next one completes', async () => {
    const folder = await mountSmall('size=64m');
    const world = await publishedOn(folder);
    const { root } = world;
    const { pointer } = await readPublished(root);
    await run('mount', ['-o', 'remount,ro', folder]);
    const { code, stderr } = await runWatched(world);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Cannot lock \/.*EROFS.*; mount its file system writable, then run again/);
    expect((await readPublished(root)).pointer).toEqual(pointer);
    await run('mount', ['-o', 'remount,rw', folder]);
    expect(await runWatched(world)).toMatchObject({ code: 0, stderr: '' });
    await checkCompleted(root, world.extensions);
  });
});
