import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { createTar, createZip } from '../install/archives.ts';
import { archiveOf, openWorkplace, publishedWorld, startInstallWorld } from './install-world.ts';

const AWS_1_1 = {
  'provider/aws/1.1.0/README.md': 'aws 1.1.0\n',
  'provider/aws/1.1.0/bin/run': '*#!/bin/sh\n',
  'provider/aws/current': '-> 1.1.0',
};
const REDIS = {
  'taskserv/redis/7.4.0/redis.conf': 'redis 7.4.0\n',
  'taskserv/redis/current': '-> 7.4.0',
};

describe('extension install with names', () => {
  test('unpacks each, puts it in use, and records it', async () => {
    const world = await publishedWorld();
    const place = await openWorkplace(world);
    const { code, stdout, stderr } = await place.run('install', 'provider/aws@^1', 'redis');
    expect({ code, stderr: stderr.split('\n').sort() }).toEqual({
      code: 0,
      stderr: [
        '',
        expect.stringMatching(/^provider\/aws 1.1.0: downloaded, \d+ B$/),
        expect.stringMatching(/^taskserv\/redis 7.4.0: downloaded, \d+ B$/),
      ],
    });
    expect(stdout).toBe(
      'installed provider/aws 1.1.0: 2 files in .provisioning/extensions/provider/aws/1.1.0\n' +
        'installed taskserv/redis 7.4.0: 1 file in .provisioning/extensions/taskserv/redis/7.4.0\n',
    );
    expect(await place.installed()).toEqual({ ...AWS_1_1, ...REDIS });
    expect(await place.read('extensions.toml')).toBe(
      '[extensions]\n"provider/aws" = "^1"\n"taskserv/redis" = "^7.4.0"\n',
    );
    const archive = archiveOf({ 'README.md': 'aws 1.1.0\n', 'bin/run': '#!/bin/sh\n' });
    expect(await place.read('extensions.lock')).toContain(`
[[extension]]
id = "provider/aws"
version = "1.1.0"
asset = "aws-1.1.0.tar.gz"
size = ${archive.length}
digest = "${digestOf(archive)}"
site = "${world.url}/"
generation = 2

[[extension]]
id = "taskserv/redis"
`);
    const record = await place.read('.provisioning/extensions/provider/aws/.installed/1.1.0.json');
    expect(JSON.parse(record)).toEqual({
      schema: 1,
      extension: 'provider/aws',
      version: '1.1.0',
      range: '^1',
      installed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      site: `${world.url}/`,
      generation: 2,
      asset: { name: 'aws-1.1.0.tar.gz', size: archive.length, digest: digestOf(archive) },
      files: {
        'README.md': { size: 10, digest: digestOf('aws 1.1.0\n') },
        'bin/run': { size: 10, digest: digestOf('#!/bin/sh\n'), executable: true },
      },
    });
    expect(await readdir(join(place.root, '.changes'))).toEqual([]);
    expect((await readdir(place.folder)).sort()).toEqual(['.provisioning', 'extensions.lock', 'extensions.toml']);
  });

  test('prints one JSON value where it is asked to', async () => {
    const place = await openWorkplace(await publishedWorld());
    await place.run('install', 'aws@1.0.0');
    expect(await place.json('install', 'aws@1.1.0', 'redis')).toEqual({
      installed: [
        {
          extension: 'provider/aws',
          version: '1.1.0',
          previous: '1.0.0',
          changed: true,
          folder: join(place.root, 'provider/aws/1.1.0'),
          files: 2,
          asset: 'aws-1.1.0.tar.gz',
          size: expect.any(Number) as number,
          digest: expect.stringMatching(/^sha256:/) as string,
        },
        expect.objectContaining({ extension: 'taskserv/redis', previous: null }),
      ],
    });
  });

  test('leaves alone what is there, keeps the versions before, and goes back to one without a download', async () => {
    const world = await publishedWorld();
    const place = await openWorkplace(world);
    await place.run('install', 'aws@1.0.0');
    const upgraded = await place.run('install', 'aws@1.1.0');
    expect(upgraded.stdout).toBe(
      'installed provider/aws 1.1.0 (was 1.0.0): 2 files in .provisioning/extensions/provider/aws/1.1.0\n',
    );
    world.gitea.forget();
    expect((await place.run('install', 'aws')).stdout).toBe(
      `Nothing to do: 1 installed in ${place.root}, as extensions.lock has it.\n`,
    );
    expect(await place.installed()).toMatchObject(AWS_1_1);
    await rm(join(place.cache, 'downloads'), { recursive: true });
    expect((await place.run('install', 'aws@1.0.0')).code).toBe(0);
    expect(world.downloads()).toBe(0);
    expect(await place.installed()).toMatchObject({
      'provider/aws/current': '-> 1.0.0',
      'provider/aws/1.1.0/README.md': 'aws 1.1.0\n',
    });
  });

  test('keeps what people wrote into extensions.toml', async () => {
    const place = await openWorkplace(await publishedWorld());
    const file = '# Ours.\n[extensions]\n# Clouds\n"provider/aws" = "1.0.0" # till June\n\n# The end.\n';
    await place.write('extensions.toml', file);
    expect((await place.run('install', 'redis@7.2.0', 'aws@^1')).code).toBe(0);
    expect(await place.read('extensions.toml')).toBe(
      file.replace('"1.0.0" # till June\n', '"^1" # till June\n"taskserv/redis" = "7.2.0"\n'),
    );
  });

  test('takes prereleases only when asked', async () => {
    const place = await openWorkplace(await publishedWorld());
    await place.run('install', 'aws');
    expect(await place.installed()).toMatchObject({ 'provider/aws/current': '-> 2.0.0' });
    await place.run('install', 'aws@>=2', '--prereleases');
    expect(await place.installed()).toMatchObject({ 'provider/aws/current': '-> 2.1.0-rc.1' });
    expect(await place.read('extensions.toml')).toContain('"provider/aws" = { version = ">=2", prereleases = true }');
    expect((await place.run('install', '--frozen')).code).toBe(0);
  });

  test('unpacks zip and zstd, and takes a plain file as it is', async () => {
    const world = await startInstallWorld();
    world.release('zip_prov', { '1.0.0': [{ name: 'zip.zip', content: createZip([{ name: 'a', content: 'zip' }]) }] });
    const tar = createTar([{ name: 'a', content: 'zst' }]);
    world.release('zst_prov', { '1.0.0': [{ name: 'zst.tar.zst', content: zstdCompressSync(tar) }] });
    world.release('tar_prov', { '1.0.0': [{ name: 'tar.tar', content: createTar([{ name: 'a', content: 'tar' }]) }] });
    world.release('plain_prov', { '1.0.0': [{ name: 'tool-linux', content: 'plain' }] });
    await world.publish();
    const place = await openWorkplace(world);
    expect((await place.run('install', 'zip', 'zst', 'tar', 'plain')).code).toBe(0);
    expect(await place.installed()).toMatchObject({
      'provider/zip/1.0.0/a': 'zip',
      'provider/zst/1.0.0/a': 'zst',
      'provider/tar/1.0.0/a': 'tar',
      'provider/plain/1.0.0/tool-linux': 'plain',
    });
  });

  test('installs an asset that extensions.toml names, where none is primary', async () => {
    const world = await startInstallWorld();
    const assets = ['linux', 'darwin'].map((os) => ({ name: `${os}.tar.gz`, content: archiveOf({ os }) }));
    world.release('many_cluster', { '1.0.0': assets });
    await world.publish();
    const place = await openWorkplace(world);
    const refused = await place.run('install', 'many');
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        'cluster/many 1.0.0 has no primary asset, but "darwin.tar.gz", "linux.tar.gz"; choose one: extension install cluster/many --asset "darwin.tar.gz"',
      ) as string,
    });
    await place.write('extensions.toml', '[extensions]\n"cluster/many" = { asset = "linux.tar.gz" }\n');
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'cluster/many/1.0.0/os': 'linux' });
    expect(await place.read('extensions.lock')).toContain('asset = "linux.tar.gz"');
    await place.write('extensions.toml', '[extensions]\n"cluster/many" = { asset = "darwin.tar.gz" }\n');
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'cluster/many/1.0.0/os': 'darwin' });
  });

  test('installs the asset that --asset names, and goes on with it', async () => {
    const world = await startInstallWorld();
    const assets = ['linux', 'darwin'].map((os) => ({ name: `${os}.tar.gz`, content: archiveOf({ os }) }));
    world.release('many_cluster', { '1.0.0': assets });
    await world.publish();
    const place = await openWorkplace(world);
    expect(await place.run('install', 'many', '--asset', 'linux.tar.gz')).toMatchObject({ code: 0 });
    expect(await place.installed()).toMatchObject({ 'cluster/many/1.0.0/os': 'linux' });
    expect(await place.read('extensions.toml')).toContain(
      '"cluster/many" = { version = "^1.0.0", asset = "linux.tar.gz" }',
    );
    expect((await place.run('install', '--frozen')).code).toBe(0);
    world.release('many_cluster', { '1.1.0': assets });
    await world.publish();
    expect((await place.run('upgrade')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'cluster/many/1.1.0/os': 'linux' });
    expect((await place.run('install', 'many', '--asset', 'darwin.tar.gz')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'cluster/many/1.1.0/os': 'darwin' });
  });

  test.each([
    [['install', 'aws', '--asset', 'x'], 3, /provider\/aws \S+ has no asset "x", but .*--asset/],
    [['install', 'aws', 'redis', '--asset', 'x'], 2, /install --asset takes one name/],
    [['install', '--asset', 'x'], 2, /install --asset takes the name of an extension/],
    [['install', 'nothing'], 3, /There is no extension "nothing"/],
    [['install', 'awz'], 3, /did you mean provider\/aws\?/],
    [['install', 'aws@9'], 3, /provider\/aws has no version that 9 admits/],
    [['install', 'aws@one'], 2, /"one" is neither a version nor a range/],
    [['install', 'aws@'], 2, /aws@ names no version after its @/],
    [['install', 'aws', 'provider/aws@1'], 2, /provider\/aws is named twice/],
    [['install', 'aws', '--frozen'], 2, /install --frozen takes no names/],
    [['install'], 2, /There is no extensions.toml in .*; name what to install: extension install type\/name/],
  ])('%j ends with exit code %d, and changes nothing', async (args, code, message) => {
    const place = await openWorkplace(await publishedWorld());
    const ended = await place.run(...args);
    expect(ended).toMatchObject({ code, stderr: expect.stringMatching(message) as string });
    expect(await readdir(place.folder)).toEqual([]);
  });

  test('honours what a machine allows and blocks', async () => {
    const world = await publishedWorld();
    const place = await openWorkplace(world, { PROVISIONING_BLOCKED_EXTENSIONS: 'aws' });
    const blocked = await place.run('install', 'aws', 'redis');
    expect(blocked).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('provider/aws is blocked by PROVISIONING_BLOCKED_EXTENSIONS') as string,
    });
    expect(await readdir(place.folder)).toEqual([]);
    place.env = { ...place.env, PROVISIONING_BLOCKED_EXTENSIONS: '', PROVISIONING_ALLOWED_EXTENSIONS: 'provider/aws' };
    expect((await place.run('install', 'aws')).code).toBe(0);
    expect((await place.run('install', 'redis')).code).toBe(6);
  });

  test('installs into another root where it is told', async () => {
    const place = await openWorkplace(await publishedWorld());
    expect((await place.run('install', 'aws@^1', '--root', 'elsewhere')).code).toBe(0);
    expect((await readdir(join(place.folder, 'elsewhere'))).sort()).toEqual(['.changes', 'provider']);
    place.env = { ...place.env, PROVISIONING_EXTENSIONS_PATH: join(place.folder, 'third') };
    expect((await place.run('install')).code).toBe(0);
    expect(await readFile(join(place.folder, 'third/provider/aws/current/README.md'), 'utf8')).toBe('aws 1.1.0\n');
  });
});

describe('extension install of what has no digest', () => {
  test('needs --allow-unverified, and is held to what it was from then on', async () => {
    const world = await startInstallWorld({ digests: 'sidecar' });
    world.release('aws_prov', { '1.0.0': { a: 'one' } });
    await world.publish();
    const place = await openWorkplace(world);
    const refused = await place.run('install', 'aws');
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('--allow-unverified') as string });
    expect((await place.run('install', 'aws', '--allow-unverified')).code).toBe(0);
    const digest = digestOf(archiveOf({ a: 'one' }));
    expect(await place.read('extensions.lock')).toContain(`digest = "${digest}"`);
    expect(await place.run('install', '--frozen')).toMatchObject({ code: 0, stderr: '' });
    await rm(place.root, { recursive: true });
    expect((await place.run('install', '--frozen')).code).toBe(0);

    await place.write('extensions.lock', (await place.read('extensions.lock')).replace(digest, digestOf('other')));
    await rm(place.root, { recursive: true });
    expect(await place.run('install')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(`was locked with ${digestOf('other')}, and ${digest} was downloaded`) as string,
    });
    expect(await place.installed()).toEqual({});
  });
});

describe('extension install over a folder', () => {
  test('reads the site there, and downloads from the proxy', async () => {
    const world = await publishedWorld();
    const place = await openWorkplace({ url: world.v1 });
    const none = await place.run('install', 'aws@^1');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('--proxy');
    expect((await place.run('install', 'aws@^1', '--proxy', world.proxy.url)).code).toBe(0);
    expect(await place.installed()).toEqual(AWS_1_1);
    expect((await place.run('install', '--offline', '--frozen')).code).toBe(0);
  });
});
