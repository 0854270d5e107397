import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openWorkplace, publishedWorld, type InstallWorld, type Workplace } from './install-world.ts';

/** `aws ^1` at 1.0.0 and `redis 7.2.0` exactly, since they were installed; newer ones of both are there by now. */
async function olderPlace(): Promise<{ world: InstallWorld; place: Workplace }> {
  const world = await publishedWorld();
  const place = await openWorkplace(world);
  expect((await place.run('install', 'aws@1.0.0', 'redis@7.2.0')).code).toBe(0);
  await place.write('extensions.toml', '[extensions]\n"provider/aws" = "^1" # us\n"taskserv/redis" = "7.2.0"\n');
  return { world, place };
}

const PUBLISHED = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

describe('extension upgrade', () => {
  test('installs the newest within each range, and changes the lock file only', async () => {
    const { place } = await olderPlace();
    const toml = await place.read('extensions.toml');
    expect((await place.run('upgrade')).stdout).toBe(
      'installed provider/aws 1.1.0 (was 1.0.0): 2 files in .provisioning/extensions/provider/aws/1.1.0\n',
    );
    expect(await place.installed()).toMatchObject({
      'provider/aws/current': '-> 1.1.0',
      'taskserv/redis/current': '-> 7.2.0',
    });
    expect(await place.read('extensions.toml')).toBe(toml);
    expect(await place.read('extensions.lock')).toMatch(/id = "provider\/aws"\nversion = "1.1.0"/);
    expect((await place.run('install', '--frozen')).code).toBe(0);
    expect((await place.run('upgrade')).stdout).toBe(
      'Nothing to upgrade within the ranges; extension outdated shows what is past them.\n',
    );
  });

  test('goes past the ranges when it is asked to, and records new ones', async () => {
    const { place } = await olderPlace();
    expect((await place.run('upgrade', '--major')).code).toBe(0);
    expect(await place.installed()).toMatchObject({
      'provider/aws/current': '-> 2.0.0',
      'taskserv/redis/current': '-> 7.4.0',
    });
    expect(await place.read('extensions.toml')).toBe(
      '[extensions]\n"provider/aws" = "^2.0.0" # us\n"taskserv/redis" = "7.4.0"\n',
    );
    expect((await place.run('install', '--frozen')).code).toBe(0);
    expect((await place.run('upgrade', '--major')).stdout).toBe('Nothing to upgrade: all are the newest.\n');
  });

  test('upgrades what is named only', async () => {
    const { place } = await olderPlace();
    expect((await place.run('upgrade', 'redis', '--major')).code).toBe(0);
    expect(await place.installed()).toMatchObject({
      'provider/aws/current': '-> 1.0.0',
      'taskserv/redis/current': '-> 7.4.0',
    });
    expect(await place.run('upgrade', 'rediss')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean taskserv/redis?') as string,
    });
  });

  test('takes a prerelease only when asked', async () => {
    const { place } = await olderPlace();
    expect((await place.run('upgrade', 'aws', '--major', '--prereleases')).code).toBe(0);
    expect(await place.installed()).toMatchObject({ 'provider/aws/current': '-> 2.1.0-rc.1' });
    expect(await place.read('extensions.toml')).toContain(
      '"provider/aws" = { version = "^2.1.0-rc.1", prereleases = true } # us',
    );
  });

  test('--dry-run shows from, to and published, and changes nothing', async () => {
    const { place } = await olderPlace();
    const before = await place.installed();
    const { code, stdout } = await place.run('upgrade', '--major', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^EXTENSION +FROM +TO +PUBLISHED\nprovider\/aws +1.0.0 +2.0.0 +\S.*\ntaskserv\/redis +7.2.0 +7.4.0 +\S.*\n$/,
    );
    expect(await place.json('upgrade', '--dry-run')).toEqual({
      upgrades: [
        {
          extension: 'provider/aws',
          from: '1.0.0',
          to: '1.1.0',
          published_at: expect.stringMatching(PUBLISHED) as string,
          range: '^1',
        },
      ],
    });
    expect(await place.installed()).toEqual(before);
  });

  test('does not go back from a version that is yanked by now', async () => {
    const { world, place } = await olderPlace();
    await place.run('upgrade');
    await world.publish('[[yank]]\nmatch = "provider/aws@1.1.0"\nreason = "It leaks."\n');
    expect((await place.run('upgrade')).stdout).toContain('Nothing to upgrade');
    expect(await place.installed()).toMatchObject({ 'provider/aws/current': '-> 1.1.0' });
  });

  test('of nothing says so', async () => {
    const place = await openWorkplace(await publishedWorld());
    expect(await place.run('upgrade')).toEqual({ code: 0, stdout: 'Nothing is installed.\n', stderr: '' });
    expect(await place.run('upgrade', 'aws')).toMatchObject({ code: 3 });
  });

  test('without a project goes by the ranges that were recorded in the root', async () => {
    const { place } = await olderPlace();
    await place.run('install', 'aws@^1');
    await place.run('install', 'aws@1.0.0');
    await place.run('install', 'aws@~1.0');
    await rm(`${place.folder}/extensions.toml`);
    await rm(`${place.folder}/extensions.lock`);
    expect((await place.run('upgrade')).stdout).toContain('Nothing to upgrade within the ranges');
    expect((await place.run('upgrade', '--major', 'aws')).code).toBe(0);
    expect(await place.read('extensions.toml')).toBe('[extensions]\n"provider/aws" = "~2.0.0"\n');
  });
});

describe('extension outdated', () => {
  test('shows what is newer within the range, and past it', async () => {
    const { place } = await olderPlace();
    const { code, stdout } = await place.run('outdated');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^EXTENSION +CURRENT +IN RANGE +NEWEST +PUBLISHED\nprovider\/aws +1.0.0 +1.1.0 +2.0.0 +\S.*\ntaskserv\/redis +7.2.0 +- +7.4.0 +\S.*\n$/,
    );
    const published = expect.stringMatching(PUBLISHED) as string;
    expect(await place.json('outdated')).toEqual([
      {
        extension: 'provider/aws',
        current: '1.0.0',
        range: '^1',
        within: { version: '1.1.0', published_at: published },
        beyond: { version: '2.0.0', published_at: published },
      },
      {
        extension: 'taskserv/redis',
        current: '7.2.0',
        range: '7.2.0',
        within: null,
        beyond: { version: '7.4.0', published_at: published },
      },
    ]);
  });

  test('ends with exit code 7 only where that was asked for', async () => {
    const { place } = await olderPlace();
    expect((await place.run('outdated', '--exit-code')).code).toBe(7);
    await place.run('upgrade', '--major');
    expect(await place.run('outdated', '--exit-code')).toEqual({
      code: 0,
      stdout: 'All 2 are the newest.\n',
      stderr: '',
    });
  });

  test('with nothing new is one conditional request', async () => {
    const { place } = await olderPlace();
    await place.run('upgrade', '--major');
    await place.run('outdated');
    const { stderr } = await place.run('outdated', '--verbose');
    expect(stderr.split('\n').filter((each) => !each.includes('from the cache'))).toEqual([
      expect.stringMatching(/^GET http:\S+\/api\/v1\/index.json: 304 /),
      '',
    ]);
  });

  test('of nothing says so', async () => {
    const place = await openWorkplace(await publishedWorld());
    expect((await place.run('outdated', '--exit-code')).stdout).toBe('Nothing is installed.\n');
  });
});
