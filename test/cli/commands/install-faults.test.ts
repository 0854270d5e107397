import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { canEveryoneReach } from '../../real/ordinary-user.ts';
import { createTar } from '../install/archives.ts';
import {
  openWorkplace,
  publishedWorld,
  startInstallWorld,
  type InstallWorld,
  type Workplace,
} from './install-world.ts';

const ATTACHMENT = /^GET \/attachments\//;

/** A workplace in which `aws 1.0.0` is in use. */
async function placeWithOld(world: InstallWorld): Promise<Workplace> {
  const place = await openWorkplace(world);
  expect((await place.run('install', 'aws@1.0.0')).code).toBe(0);
  return place;
}

/** Runs something that must change nothing, and leave nothing behind. */
async function expectUnchanged(place: Workplace, run: () => Promise<void>): Promise<void> {
  const state = async () => [
    await place.installed(),
    await place.read('extensions.toml'),
    await place.read('extensions.lock'),
    await readdir(join(place.root, '.changes')),
    (await readdir(place.folder)).sort(),
  ];
  const before = await state();
  await run();
  expect(await state()).toEqual(before);
}

describe('extension install of several, one of which', () => {
  test('is a hostile archive, installs none', async () => {
    const world = await publishedWorld();
    const evil = gzipSync(createTar([{ name: 'good' }, { name: '../../../evil', content: 'evil' }]));
    world.release('evil_cluster', { '1.0.0': [{ name: 'evil.tar.gz', content: evil }] });
    await world.publish();
    const place = await placeWithOld(world);
    await expectUnchanged(place, async () => {
      const ended = await place.run('install', 'aws@^1', 'evil', 'redis');
      expect(ended.code).toBe(1);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).toContain(
        'evil.tar.gz is not installed. Its entry "../../../evil" leads out of its folder. Tell its publisher',
      );
    });
  });

  test('has wrong bytes at its source, installs none', async () => {
    const world = await publishedWorld();
    const place = await placeWithOld(world);
    world.gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes' } });
    await expectUnchanged(place, async () => {
      expect((await place.run('install', 'aws@^1', 'redis')).code).not.toBe(0);
    });
    world.gitea.heal();
  });

  test('cannot be put in use, puts the others out of use again', async () => {
    const place = await placeWithOld(await publishedWorld());
    // A folder of that name can be no link.
    await mkdir(join(place.root, 'taskserv', 'redis', 'current', 'full'), { recursive: true });
    await expectUnchanged(place, async () => {
      const before = await place.installed();
      const ended = await place.run('install', 'aws@1.1.0', 'redis');
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot make ') as string });
      expect(await place.installed()).toMatchObject(before);
      // What was unpacked is there, and in use by nobody.
      for (const each of ['provider/aws', 'taskserv/redis']) {
        expect((await place.run('remove', `${each}@${each === 'provider/aws' ? '1.1.0' : '7.4.0'}`)).code).toBe(0);
      }
    });
  });
});

describe('extension install that is interrupted', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s in a download changes nothing, and says so', async (signal) => {
    const world = await publishedWorld();
    const place = await placeWithOld(world);
    world.gitea.forget();
    world.gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 20 } });
    await expectUnchanged(place, async () => {
      const { child, ended } = place.start('install', 'aws@^1', 'redis');
      while (world.downloads() === 0) await new Promise((resolve) => setImmediate(resolve));
      child.kill(signal);
      expect(await ended).toEqual({
        code: 130,
        stdout: '',
        stderr: 'extension: Interrupted: nothing is half done; run it again.\n',
      });
    });
    world.gitea.heal();
    expect((await place.run('install', 'aws@^1', 'redis')).code).toBe(0);
  });

  test('by one press that comes several times is interrupted as by one', async () => {
    const world = await publishedWorld();
    const place = await placeWithOld(world);
    world.gitea.forget();
    world.gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 20 } });
    const { child, ended } = place.start('install', 'aws@^1', 'redis');
    while (world.downloads() === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let press = 0; press < 20; press += 1) {
      child.kill('SIGINT');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted') as string });
  });

  test('while it waits for another run changes nothing', async () => {
    const world = await publishedWorld();
    const place = await placeWithOld(world);
    // A holder that nobody can see the end of: it lives as long as its heartbeat is young.
    const holder = {
      token: 'other',
      host: 'elsewhere',
      boot_id: '',
      pid_namespace: '',
      pid: 1,
      started: '',
      since: 'noon',
    };
    await mkdir(join(place.root, '.changes', '.tmp'));
    await writeFile(join(place.root, '.changes', '.lock'), JSON.stringify(holder));
    await expectUnchanged(place, async () => {
      const { child, ended, says } = place.start('install', 'aws@^1');
      await says(`Another run (process 1 on elsewhere, since noon) changes ${place.root}; waiting for it.`);
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
    });
  });
});

describe('two installs at once', () => {
  test('of different extensions both come about, in the root and in both files', async () => {
    const world = await publishedWorld();
    const place = await openWorkplace(world);
    const ends = await Promise.all([place.run('install', 'aws@^1'), place.run('install', 'redis')]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await place.installed()).toMatchObject({
      'provider/aws/current': '-> 1.1.0',
      'taskserv/redis/current': '-> 7.4.0',
    });
    expect((await place.run('install', '--frozen')).stdout).toContain('Nothing to do: 2 installed');
    expect((await place.run('verify')).code).toBe(0);
    expect(await readdir(join(place.root, '.changes'))).toEqual([]);
  });

  test('of the same extension leave it whole', async () => {
    const place = await placeWithOld(await publishedWorld());
    const ends = await Promise.all(['1.1.0', '1.1.0', '2.0.0'].map((each) => place.run('install', `aws@${each}`)));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await place.run('verify')).code).toBe(0);
    const current = (await place.installed())['provider/aws/current'];
    expect(['-> 1.1.0', '-> 2.0.0']).toContain(current);
    const [, locked] = /version = "(.*)"/.exec(await place.read('extensions.lock'))!;
    expect(current).toBe(`-> ${locked}`);
  });
});

describe('litter of runs that were killed', () => {
  test('is cleared by the next', async () => {
    const place = await placeWithOld(await publishedWorld());
    const left = join(place.root, '.changes', '.tmp', 'half');
    await mkdir(join(left, 'sub'), { recursive: true });
    await writeFile(join(left, 'sub', 'file'), 'half');
    await writeFile(join(place.root, 'provider/aws/.installed/1.9.0.json'), '{}');
    await writeFile(join(place.folder, '.extensions.lock.new'), 'half');
    expect((await place.run('install', 'aws@^1')).code).toBe(0);
    expect(await readdir(join(place.root, '.changes'))).toEqual([]);
    expect((await readdir(join(place.root, 'provider/aws/.installed'))).sort()).toEqual(['1.0.0.json', '1.1.0.json']);
    expect((await readdir(place.folder)).sort()).toEqual(['.provisioning', 'extensions.lock', 'extensions.toml']);
  });

  test('is cleared also by one that has nothing to do, unless another run is at work', async () => {
    const place = await placeWithOld(await publishedWorld());
    const changes = join(place.root, '.changes');
    await mkdir(join(changes, '.tmp', 'half'), { recursive: true });
    const holder = {
      token: 'x',
      host: 'elsewhere',
      boot_id: '',
      pid_namespace: '',
      pid: 1,
      started: '',
      since: 'noon',
    };
    await writeFile(join(changes, '.lock'), JSON.stringify(holder));
    for (const command of ['install', 'upgrade']) {
      expect(await place.run(command)).toMatchObject({ code: 0, stderr: '' });
      expect(await readdir(join(changes, '.tmp'))).toEqual(['half']);
    }
    // Its heartbeat has been missing for more than a minute.
    await utimes(join(changes, '.lock'), 1_000, 1_000);
    expect((await place.run('install')).stdout).toContain('Nothing to do');
    expect(await readdir(changes)).toEqual([]);
  });
});

/** Root may write anywhere, so the program then runs as nobody, who must be able to read it: so it is in CI, where the clone is. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
const canRun = user === undefined || (await canEveryoneReach(join(import.meta.dirname, '../../../cli/main.ts')));

describe('a root that cannot be written to', () => {
  test.skipIf(!canRun)('is told with the remedy', async () => {
    const world = await startInstallWorld();
    world.release('aws_prov', { '1.0.0': { a: 'a' } });
    await world.publish();
    const place = await openWorkplace(world);
    await mkdir(place.root, { recursive: true });
    await Promise.all([place.folder, place.cache].map((each) => chmod(each, 0o777)));
    await chmod(place.root, 0o555);
    const ended = await place.runAs(user ?? {}, 'install', 'aws');
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Cannot make .*\/\.changes: EACCES.*; see its permissions and the free space, then run again/,
      ) as string,
    });
    expect(await readdir(place.folder)).toEqual(['.provisioning']);
  });

  test('by a limit on file sizes is told with the remedy, and leaves the old', async () => {
    const world = await publishedWorld();
    world.release('large_prov', { '1.0.0': { small: 'small', zeros: '\0'.repeat(400_000) } });
    await world.publish();
    const place = await placeWithOld(world);
    await expectUnchanged(place, async () => {
      // In blocks of 512 bytes: enough for the download, too little for what is in it.
      const ended = await place.runLimited('ulimit -f 200', 'install', 'large', 'aws@^1');
      expect(ended).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /Cannot unpack large-1.0.0.tar.gz to .*EFBIG.*; raise the limit on file sizes/,
        ) as string,
      });
    });
  });
});
