import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openWorkplace, publishedWorld, type Workplace } from './install-world.ts';

/** `aws` at 1.1.0, with 1.0.0 beside it, and `redis`. */
async function installedPlace(): Promise<Workplace> {
  const place = await openWorkplace(await publishedWorld());
  expect((await place.run('install', 'aws@1.0.0', 'redis@7.2.0')).code).toBe(0);
  expect((await place.run('install', 'aws@^1')).code).toBe(0);
  return place;
}

describe('extension remove', () => {
  test('takes an extension out of the root and of both files', async () => {
    const place = await installedPlace();
    expect(await place.run('remove', 'aws')).toEqual({
      code: 0,
      stdout: 'removed provider/aws 1.1.0 1.0.0\n',
      stderr: '',
    });
    expect(await place.installed()).toEqual({
      'taskserv/redis/7.2.0/redis.conf': 'redis 7.2.0\n',
      'taskserv/redis/current': '-> 7.2.0',
    });
    expect((await readdir(place.root)).sort()).toEqual(['.changes', 'taskserv']);
    expect(await readdir(join(place.root, '.changes'))).toEqual([]);
    expect(await place.read('extensions.toml')).toBe('[extensions]\n"taskserv/redis" = "7.2.0"\n');
    expect(await place.read('extensions.lock')).not.toContain('aws');
    expect((await place.run('install', '--frozen')).code).toBe(0);
  });

  test('takes one version, and leaves the others and the files', async () => {
    const place = await installedPlace();
    const files = [await place.read('extensions.toml'), await place.read('extensions.lock')];
    expect(await place.json('remove', 'provider/aws@1.0.0')).toEqual({
      removed: [{ extension: 'provider/aws', versions: ['1.0.0'] }],
    });
    expect(Object.keys(await place.installed()).filter((each) => each.includes('/aws/'))).toEqual([
      'provider/aws/1.1.0/README.md',
      'provider/aws/1.1.0/bin/run',
      'provider/aws/current',
    ]);
    expect(await readdir(join(place.root, 'provider/aws/.installed'))).toEqual(['1.1.0.json']);
    expect([await place.read('extensions.toml'), await place.read('extensions.lock')]).toEqual(files);
  });

  test('takes the version in use, and says that it is wanted still', async () => {
    const place = await installedPlace();
    const { code, stderr } = await place.run('remove', 'aws@1.1.0');
    expect(code).toBe(0);
    expect(stderr).toContain('extensions.lock still has provider/aws 1.1.0: extension install brings it back.');
    const left = await place.installed();
    expect(left).toHaveProperty(['provider/aws/1.0.0/README.md']);
    expect(left).not.toHaveProperty(['provider/aws/current']);
    expect((await place.run('install')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'provider/aws/current': '-> 1.1.0' });
  });

  test('takes what is wanted and was never installed', async () => {
    const place = await installedPlace();
    await place.write('extensions.toml', `${await place.read('extensions.toml')}"cluster/gone" = "^1"\n`);
    expect((await place.run('remove', 'gone')).code).toBe(0);
    expect(await place.read('extensions.toml')).not.toContain('gone');
  });

  test('leaves no empty folders, and makes no files', async () => {
    const place = await installedPlace();
    await place.run('remove', 'redis@7.2.0');
    expect((await readdir(place.root)).sort()).toEqual(['.changes', 'provider']);
    const other = await openWorkplace({ url: 'http://127.0.0.1:9/api/v1' });
    expect((await other.run('remove', 'aws@1.0.0', '--root', place.root)).code).toBe(0);
    expect(await readdir(other.folder)).toEqual([]);
  });

  test.each([
    [['nothing'], 3, /"nothing" is not installed; extension installed lists what is/],
    [['awss'], 3, /did you mean provider\/aws\?/],
    [['aws@3.0.0'], 3, /provider\/aws 3.0.0 is not installed in .*; 1.1.0, 1.0.0 is\./],
    [['aws@^1'], 2, /is not a semantic version/],
    [['redis', 'nothing'], 3, /"nothing" is not installed; extension installed lists what is/],
  ])('%j ends with exit code %d, and removes nothing', async (args, code, message) => {
    const place = await installedPlace();
    const before = await place.installed();
    expect(await place.run('remove', ...args)).toMatchObject({
      code,
      stderr: expect.stringMatching(message) as string,
    });
    expect(await place.installed()).toEqual(before);
  });
});

describe('extension installed', () => {
  test('lists every version, and which one is in use', async () => {
    const place = await installedPlace();
    expect((await place.run('installed')).stdout).toMatch(
      /^EXTENSION +VERSION +IN USE +SIZE +INSTALLED\nprovider\/aws +1.1.0 +yes +20 B +(?:now|\d+ seconds? ago)\nprovider\/aws +1.0.0 +20 B +\S.*\ntaskserv\/redis +7.2.0 +yes +12 B +\S.*\n$/,
    );
    const all = await place.json<object[]>('installed');
    expect(all).toHaveLength(3);
    expect(all[0]).toEqual({
      extension: 'provider/aws',
      version: '1.1.0',
      current: true,
      range: '^1',
      installed_at: expect.stringMatching(/Z$/) as string,
      folder: join(place.root, 'provider/aws/1.1.0'),
      files: 2,
      size: 20,
      asset: { name: 'aws-1.1.0.tar.gz', size: expect.any(Number) as number, digest: expect.any(String) as string },
      site: expect.stringMatching(/^http/) as string,
      generation: 2,
    });
  });

  test('of nothing says so, and asks no site', async () => {
    const place = await openWorkplace({ url: 'http://127.0.0.1:9/api/v1' });
    expect(await place.run('installed')).toEqual({
      code: 0,
      stdout: `Nothing is installed in ${place.root}.\n`,
      stderr: '',
    });
    expect(await place.json('installed')).toEqual([]);
  });

  test('goes on where a record is damaged', async () => {
    const place = await installedPlace();
    await place.write('.provisioning/extensions/provider/aws/.installed/1.0.0.json', '{}');
    const { code, stdout, stderr } = await place.run('installed');
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 4 });
    expect(stderr).toMatch(/warning: .*1.0.0.json is damaged, or of a newer program/);
  });
});
