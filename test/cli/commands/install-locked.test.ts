import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { serveFolder } from '../../storage/static-server.ts';
import { archiveOf, openWorkplace, publishedWorld, type InstallWorld, type Workplace } from './install-world.ts';

/** A workplace in which `aws ^1` and `redis` were installed, and its world, which has newer versions by now. */
async function lockedPlace(): Promise<{ world: InstallWorld; place: Workplace; lock: string }> {
  const world = await publishedWorld();
  const place = await openWorkplace(world);
  expect((await place.run('install', 'aws@^1', 'redis')).code).toBe(0);
  world.release('aws_prov', { '1.9.0': { 'README.md': 'aws 1.9.0\n' } });
  world.release('redis_taskserv', { '7.5.0': { 'redis.conf': 'redis 7.5.0\n' } });
  await world.publish();
  return { world, place, lock: await place.read('extensions.lock') };
}

const CURRENT = { 'provider/aws/current': '-> 1.1.0', 'taskserv/redis/current': '-> 7.4.0' };

describe('extension install without names', () => {
  test('installs exactly what the lock file has, also when there is newer', async () => {
    const { world, place, lock } = await lockedPlace();
    expect(await place.run('install')).toEqual({
      code: 0,
      stdout: `Nothing to do: 2 installed in ${place.root}, as extensions.lock has it.\n`,
      stderr: '',
    });
    await rm(place.root, { recursive: true });
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toMatchObject(CURRENT);
    expect(await place.read('extensions.lock')).toBe(lock);
    // The download cache has it.
    expect(world.downloads()).toBe(0);
  });

  test('takes what the cache has where the site does not answer, or may not be asked', async () => {
    const { world, place, lock } = await lockedPlace();
    // What the site said of the newest generation was never asked for.
    await place.run('list');
    await rm(place.root, { recursive: true });
    await world.proxy.app.close();
    for (const args of [['install', '--offline'], ['install']]) {
      const ended = await place.run(...args);
      expect(ended).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(
          /^warning: provider\/aws 1.1.0 is taken as it was locked, since the site/,
        ) as string,
      });
      expect(await place.installed()).toMatchObject(CURRENT);
    }
    expect(await place.read('extensions.lock')).toBe(lock);
    await rm(place.cache, { recursive: true });
    await rm(place.root, { recursive: true });
    expect((await place.run('install', '--offline')).code).toBe(4);
  });

  test.each([503, 429])('takes what the cache has where the site answers %i, and else exits with 4', async (status) => {
    const { world, place } = await lockedPlace();
    await rm(place.root, { recursive: true });
    const site = await serveFolder(world.v1);
    site.refuse(status);
    place.env = { ...place.env, EXTENSION_REGISTRY_URL: site.url };
    expect(await place.run('install')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('since the site does not answer') as string,
    });
    expect(await place.installed()).toMatchObject(CURRENT);
    expect((await place.run('list')).code).toBe(4);
  });

  test('resolves what is missing in the lock file, and nothing else', async () => {
    const { place, lock } = await lockedPlace();
    const block = /\n\[\[extension\]\]\nid = "taskserv\/redis"[\s\S]*$/;
    await place.write('extensions.lock', lock.replace(block, ''));
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ ...CURRENT, 'taskserv/redis/current': '-> 7.5.0' });
    const now = await place.read('extensions.lock');
    expect(now.replace(block, '')).toBe(lock.replace(block, ''));
    expect(now).toContain('version = "7.5.0"');
  });

  test('resolves anew what the lock file has otherwise than is wanted, and drops what is not wanted', async () => {
    const { place } = await lockedPlace();
    await place.write('extensions.toml', '[extensions]\n"provider/aws" = "^2"\n');
    const { code, stderr } = await place.run('install');
    expect(code).toBe(0);
    expect(stderr).toContain('taskserv/redis is not wanted any more and leaves extensions.lock');
    expect(await place.read('extensions.lock')).toMatch(/id = "provider\/aws"\nversion = "2.0.0"/);
    expect(await place.read('extensions.lock')).not.toContain('redis');
    expect(await place.installed()).toMatchObject({ ...CURRENT, 'provider/aws/current': '-> 2.0.0' });
  });

  test('repairs what somebody has changed', async () => {
    const { place } = await lockedPlace();
    const before = await place.installed();
    await place.write('.provisioning/extensions/provider/aws/1.1.0/README.md', 'changed');
    await place.write('.provisioning/extensions/provider/aws/1.1.0/extra', 'extra');
    await rm(`${place.root}/taskserv/redis/current`);
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toEqual(before);
  });

  test('repairs a record that is damaged', async () => {
    const { place } = await lockedPlace();
    await place.write('.provisioning/extensions/provider/aws/.installed/1.1.0.json', '{');
    expect((await place.run('install')).code).toBe(0);
    expect((await place.run('verify')).code).toBe(0);
  });

  test('names the line of a lock file that is wrong', async () => {
    const { place, lock } = await lockedPlace();
    await place.write('extensions.lock', lock.replace('generation = 2', 'generation = "2"'));
    expect(await place.run('install')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('extensions.lock, line 11 ') as string,
    });
  });
});

describe('extension install --frozen', () => {
  test.each<[string, { toml?: string; lock?: (lock: string) => string | undefined }, string]>([
    ['no lock file', { lock: () => undefined }, 'There is no extensions.lock.'],
    [
      'one that is not locked',
      { lock: (lock) => lock.replace(/\n\[\[e[\s\S]*?(?=\n\[\[)/, '') },
      'provider/aws is wanted, and is not locked.',
    ],
    [
      'another range',
      { toml: '"provider/aws" = "^2"' },
      'provider/aws 1.1.0 (aws-1.1.0.tar.gz) is locked, and ^2 is wanted.',
    ],
    ['one that is not wanted', { toml: '"provider/aws" = "^1"' }, 'taskserv/redis is locked, and is not wanted.'],
  ])('fails on %s, says so, and changes nothing', async (_, { toml, lock: change }, message) => {
    const { place, lock } = await lockedPlace();
    if (toml !== undefined) await place.write('extensions.toml', `[extensions]\n${toml}\n`);
    const changed = change === undefined ? lock : change(lock);
    if (changed === undefined) await rm(`${place.folder}/extensions.lock`);
    else await place.write('extensions.lock', changed);
    await rm(place.root, { recursive: true });
    expect(await place.run('install', '--frozen')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(message) as string,
    });
    expect(await place.installed()).toEqual({});
    expect(await place.read('extensions.lock').catch(() => undefined)).toBe(changed);
  });

  test('installs what the lock file has, and touches neither file', async () => {
    const { place, lock } = await lockedPlace();
    const toml = await place.read('extensions.toml');
    await rm(place.root, { recursive: true });
    expect((await place.run('install', '--frozen')).code).toBe(0);
    expect(await place.installed()).toMatchObject(CURRENT);
    expect([await place.read('extensions.toml'), await place.read('extensions.lock')]).toEqual([toml, lock]);
  });
});

describe('a version that was locked', () => {
  test('installs with a warning when it is yanked by now, and is chosen by nobody else', async () => {
    const { world, place } = await lockedPlace();
    await world.publish('[[yank]]\nmatch = "provider/aws@1"\nreason = "It leaks."\n');
    await rm(place.root, { recursive: true });
    const ended = await place.run('install', '--frozen');
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('warning: provider/aws 1.1.0 is yanked (It leaks.), but locked.') as string,
    });
    const other = await openWorkplace(world);
    expect(await other.run('install', 'aws@1.1.0')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('provider/aws 1.1.0 is yanked: It leaks.') as string,
    });
    expect((await other.run('install', 'aws@^1')).code).toBe(3);
  });

  test('installs with a warning that names what replaces it, when it is deprecated', async () => {
    const { world, place } = await lockedPlace();
    const rule = 'match = "taskserv/redis"\nmessage = "No longer maintained."\nreplacement = "taskserv/valkey"\n';
    await world.publish(`[[deprecate]]\n${rule}`);
    expect((await place.run('install')).stderr).toContain(
      'warning: taskserv/redis 7.4.0 is deprecated: No longer maintained. Use taskserv/valkey instead.',
    );
  });

  test('is never replaced by other bytes of the same version', async () => {
    const { place, lock } = await lockedPlace();
    const digest = digestOf(archiveOf({ 'README.md': 'aws 1.1.0\n', 'bin/run': '#!/bin/sh\n' }));
    expect(lock).toContain(digest);
    await place.write('extensions.lock', lock.replace(digest, digestOf('what was locked')));
    const before = await place.installed();
    const ended = await place.run('install');
    expect(ended).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(
        `was locked with ${digestOf('what was locked')}, and the site names ${digest}`,
      ) as string,
    });
    expect(await place.installed()).toEqual(before);
  });

  test('is old enough, whatever the minimum age', async () => {
    const { place } = await lockedPlace();
    place.env = { ...place.env, EXTENSION_REGISTRY_MIN_AGE: '9999w' };
    expect((await place.run('install')).code).toBe(0);
    const young = await place.run('install', 'aws@^2');
    expect(young).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('too recently for the minimum age') as string,
    });
  });
});
