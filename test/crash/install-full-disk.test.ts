import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { openWorkplace, startInstallWorld, type Contents, type Workplace } from '../cli/commands/install-world.ts';

const run = promisify(execFile);
const KIB = 1024;
const FULL = /Cannot (lock|make|write|unpack|install) \S+.*ENOSPC.*; make room on its file system, then run again/;

/** A small file system of its own, in memory; only root may mount one. */
async function mountSmall(options: string): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', options, 'extension-registry-test', folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  return folder;
}

const contentsFor = (version: string): Contents =>
  Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`f${at}`, `${version} ${at}\n`.repeat(400)]));

const versionOf = (each: string) => ({ [each]: contentsFor(each) });

/** A workplace whose install root is on that file system, with version 1.0.0 in use, and 1.1.0 to come. */
async function placeOn(folder: string): Promise<Workplace> {
  const world = await startInstallWorld();
  world.release('aws_prov', { ...versionOf('1.0.0'), ...versionOf('1.1.0') });
  await world.publish();
  const root = join(folder, 'root');
  await mkdir(root);
  const place = await openWorkplace(world, { PROVISIONING_EXTENSIONS_PATH: root });
  expect((await place.run('install', 'aws@1.0.0')).code).toBe(0);
  return { ...place, root };
}

/** Root may mount, but not in every container. CI runs as root, and where it may. */
const canMount = process.getuid?.() === 0 && (await tryMount());

async function tryMount(): Promise<boolean> {
  try {
    await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'extension-registry-test', '/mnt']);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount)('a full disk', () => {
  test('that gets a little more room each time leaves the old version, until one install completes', async () => {
    const folder = await mountSmall('size=16m');
    const place = await placeOn(folder);
    const before = await place.installed();
    const ballast = join(folder, 'ballast');
    const { bavail, bsize } = await statfs(folder);
    let ballastKib = (bavail * bsize) / KIB;
    await writeFile(ballast, Buffer.alloc(ballastKib * KIB));
    const failed = new Map<string, number>();
    for (let code: number | null = 1; code !== 0;) {
      const ended = await place.run('install', 'aws@1.1.0');
      ({ code } = ended);
      if (code !== 0) {
        expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(FULL) as string });
        const [, what = ''] = FULL.exec(ended.stderr)!;
        failed.set(what, (failed.get(what) ?? 0) + 1);
        expect(await place.installed()).toEqual(before);
        // Nothing but perhaps the empty folder that a lock could not be written to.
        const left = await readdir(join(place.root, '.changes'), { recursive: true });
        expect(left.filter((each) => each !== '.tmp')).toEqual([]);
        expect(await place.read('extensions.toml')).toContain('"1.0.0"');
      }
      await truncate(ballast, (ballastKib -= 32) * KIB);
    }
    process.stdout.write(`installs that a full disk ended: ${[...failed].map((each) => each.join(' ')).join(', ')}\n`);
    expect(failed.get('unpack')).toBeGreaterThan(2);
    expect(await place.run('verify')).toMatchObject({ code: 0, stderr: '' });
    await rm(ballast);
  });

  test('without a free inode is told likewise', async () => {
    const folder = await mountSmall('size=16m,nr_inodes=200');
    const place = await placeOn(folder);
    const before = await place.installed();
    const { ffree } = await statfs(folder);
    for (let left = ffree - 20; left > 0; left -= 1) await writeFile(join(folder, `${left}`), '');
    const ended = await place.run('install', 'aws@1.1.0');
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(FULL) as string });
    expect(await place.installed()).toEqual(before);
  });
});

describe.skipIf(!canMount)('a file system that is mounted read-only', () => {
  test('is told with the remedy, and still serves what is installed', async () => {
    const folder = await mountSmall('size=16m');
    const place = await placeOn(folder);
    await run('mount', ['-o', 'remount,ro', folder]);
    expect(await place.run('install', 'aws@1.1.0')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Cannot (?:make|lock) \S+.*EROFS.*; mount its file system writable, then run again/,
      ) as string,
    });
    // Nothing is to be changed by these.
    expect((await place.run('install')).code).toBe(0);
    expect((await place.run('verify')).code).toBe(0);
    expect((await place.run('installed')).code).toBe(0);
    await run('mount', ['-o', 'remount,rw', folder]);
    expect((await place.run('install', 'aws@1.1.0')).code).toBe(0);
  });

  test('is told where not even the root is there', async () => {
    const folder = await mountSmall('size=16m');
    const place = await placeOn(folder);
    await run('mount', ['-o', 'remount,ro', folder]);
    const root = join(folder, 'not', 'there');
    expect(await place.run('install', 'aws@1.1.0', '--root', root)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Cannot make \S+.*EROFS.*; mount its file system writable/) as string,
    });
  });
});
