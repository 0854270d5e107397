import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { archiveOf, openWorkplace, publishedWorld, type InstallWorld, type Workplace } from './install-world.ts';

async function installedPlace(): Promise<{ world: InstallWorld; place: Workplace }> {
  const world = await publishedWorld();
  const place = await openWorkplace(world);
  expect((await place.run('install', 'aws@1.0.0', 'redis@7.2.0')).code).toBe(0);
  return { world, place };
}

const AWS = '.provisioning/extensions/provider/aws/1.0.0';

describe('extension verify', () => {
  test('says of each that it is as it was installed', async () => {
    const { place } = await installedPlace();
    expect(await place.run('verify')).toEqual({
      code: 0,
      stdout: 'provider/aws 1.0.0: ok, 2 files\ntaskserv/redis 7.2.0: ok, 1 file\n',
      stderr: '',
    });
    expect((await place.run('verify', 'redis')).stdout).toBe('taskserv/redis 7.2.0: ok, 1 file\n');
    expect(await place.run('verify', 'reddis')).toMatchObject({ code: 3 });
  });

  test('names each file that differs, is missing or extra, and how to repair it', async () => {
    const { place } = await installedPlace();
    await place.write(`${AWS}/README.md`, 'aws 9.9.9\n');
    await place.write(`${AWS}/bin/new`, '');
    await chmod(join(place.folder, AWS, 'bin/run'), 0o644);
    await rm(join(place.root, 'taskserv/redis/7.2.0/redis.conf'));
    await symlink('/etc/passwd', join(place.root, 'taskserv/redis/7.2.0/link'));
    const ended = await place.run('verify');
    expect(ended).toEqual({
      code: 5,
      stdout: `provider/aws 1.0.0: differs
  changed: README.md (other bytes)
  extra: bin/new
  changed: bin/run (other permission to execute)
taskserv/redis 7.2.0: differs
  extra: link
  missing: redis.conf
`,
      stderr: 'To repair it: extension install provider/aws\nTo repair it: extension install taskserv/redis\n',
    });
    expect((await place.run('install', 'aws', 'redis')).code).toBe(0);
    expect((await place.run('verify')).code).toBe(0);
  });

  test('prints one JSON value where it is asked to', async () => {
    const { place } = await installedPlace();
    await place.write(`${AWS}/README.md`, 'short');
    expect(await place.json('verify')).toEqual([
      {
        extension: 'provider/aws',
        version: '1.0.0',
        current: true,
        ok: false,
        files: 2,
        differences: [{ path: 'README.md', difference: 'changed', detail: '5 bytes instead of 10' }],
        faults: [],
      },
      { extension: 'taskserv/redis', version: '7.2.0', current: true, ok: true, files: 1, differences: [], faults: [] },
    ]);
  });

  test('looks at versions that are not in use, too', async () => {
    const { place } = await installedPlace();
    await place.run('install', 'aws@1.1.0');
    await rm(join(place.folder, AWS), { recursive: true });
    expect((await place.run('verify')).code).toBe(0);
    await place.run('install', 'aws@1.0.0');
    await place.run('install', 'aws@1.1.0');
    await rm(join(place.folder, AWS, 'README.md'));
    expect(await place.run('verify', 'aws')).toMatchObject({
      code: 5,
      stderr: 'To repair it: extension remove provider/aws@1.0.0\n',
    });
  });

  test('names every file of a version in use whose folder is gone', async () => {
    const { place } = await installedPlace();
    await rm(join(place.folder, AWS), { recursive: true });
    expect((await place.run('verify', 'aws')).stdout).toBe(
      'provider/aws 1.0.0: differs\n  missing: README.md\n  missing: bin/run\n',
    );
  });

  test('tells of a record that is damaged', async () => {
    const { place } = await installedPlace();
    await place.write('.provisioning/extensions/provider/aws/.installed/1.0.0.json', '{"files":{"a":{"size":1}}}');
    const ended = await place.run('verify');
    expect(ended.code).toBe(5);
    expect(ended.stdout).toMatch(
      /provider\/aws 1.0.0: differs\n  .*1.0.0.json is damaged.*\ntaskserv\/redis 7.2.0: ok/,
    );
  });
});

describe('extension verify against the site', () => {
  test('finds a version whose bytes the site names otherwise', async () => {
    const { place } = await installedPlace();
    const record = '.provisioning/extensions/provider/aws/.installed/1.0.0.json';
    const digest = digestOf(archiveOf({ 'README.md': 'aws 1.0.0\n', 'bin/run': '#!/bin/sh\n' }));
    await place.write(record, (await place.read(record)).replace(digest, digestOf('other')));
    expect(await place.run('verify', 'aws')).toMatchObject({
      code: 5,
      stdout: `provider/aws 1.0.0: differs\n  the site has ${digest} for "aws-1.0.0.tar.gz", and ${digestOf('other')} was installed\n`,
    });
  });

  test('finds what the site does not have any more, and warns of what is yanked', async () => {
    const { world, place } = await installedPlace();
    await world.publish(
      '[[hide]]\nmatch = "provider/aws@1.0.0"\nreason = "A key is in it."\n[[yank]]\nmatch = "taskserv/redis"\nreason = "It leaks."\n',
    );
    expect(await place.run('verify')).toEqual({
      code: 5,
      stdout:
        'provider/aws 1.0.0: differs\n  the site does not have this version any more\ntaskserv/redis 7.2.0: ok, 1 file\n',
      stderr: 'warning: taskserv/redis 7.2.0 is yanked: "It leaks."\n',
    });
    await world.publish('[[hide]]\nmatch = "provider/aws"\nreason = "A key is in it."\n');
    expect((await place.run('verify', 'aws')).stdout).toContain('the site does not have this extension any more');
  });

  test('that does not answer compares the files all the same, and says so', async () => {
    const { world, place } = await installedPlace();
    await world.proxy.app.close();
    await rm(place.cache, { recursive: true });
    const ended = await place.run('verify');
    expect(ended.code).toBe(4);
    expect(ended.stdout).toBe('provider/aws 1.0.0: ok, 2 files\ntaskserv/redis 7.2.0: ok, 1 file\n');
    expect(ended.stderr).toMatch(/^warning: not compared with the site: /);
    await place.write(`${AWS}/README.md`, 'changed');
    expect((await place.run('verify')).code).toBe(5);
  });

  test('that nobody named compares the files alone', async () => {
    const { place } = await installedPlace();
    place.env = { ...place.env, EXTENSION_REGISTRY_URL: '' };
    const ended = await place.run('verify');
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/not compared with the site: Name the registry's site/);
  });
});
