import { describe, expect, test } from 'vitest';
import { problemsOf, startWorld } from './world.ts';

const ASSETS = [{ name: 'plugin.tar.gz', content: 'bytes' }];

describe('a Gitea repository', () => {
  test('is an extension by its ending, and anything else is of another purpose', async () => {
    const world = await startWorld();
    for (const name of ['aws_prov', 'redis_taskserv', 'k8s_cluster', 'website', 'aws-provider', '_prov']) {
      world.release(name, { '1.0.0': { 'plugin.tar.gz': name } });
    }
    const report = await world.run();
    expect((await world.items()).map((each) => `${each.type}/${each.name}`)).toEqual([
      'cluster/k8s',
      'provider/aws',
      'taskserv/redis',
    ]);
    expect(report.problems).toEqual([]);
  });

  test('with a name that no path can have is a problem, and is not listed', async () => {
    const world = await startWorld();
    world.release('AWS_prov', { '1.0.0': { 'plugin.tar.gz': 'x' } });
    expect(problemsOf(await world.run())).toEqual(['invalid_name acme/AWS_prov']);
    expect(await world.items()).toEqual([]);
  });

  test('gives description, topics, license and pages; its releases give author, notes and time', async () => {
    const world = await startWorld();
    world.gitea.addRepository('acme', {
      name: 'aws_prov',
      description: 'Amazon\n Web\u0000 Services',
      topics: ['cloud', 'aws'],
      licenses: ['MIT', 'Apache-2.0'],
      website: 'https://aws.example.org/docs',
    });
    world.gitea.addRelease('acme', 'aws_prov', {
      tag: 'v1.0.0',
      body: '# One\r\n',
      author: 'carol',
      createdAt: '2026-02-03T04:05:06+01:00',
      assets: ASSETS,
    });
    await world.run();
    expect(await world.extension('provider/aws')).toMatchObject({
      description: 'Amazon Web Services',
      author: 'carol',
      repository: `${world.gitea.url}/acme/aws_prov`,
      published_at: '2026-02-03T03:05:06Z',
      tags: ['cloud', 'aws'],
      license: 'MIT OR Apache-2.0',
      homepage: 'https://aws.example.org/docs',
      first_seen: '2026-06-01T13:00:00Z',
    });
    expect(await world.notes('provider/aws')).toEqual([
      { version: '1.0.0', published_at: '2026-02-03T03:05:06Z', notes: '# One' },
    ]);
  });

  test.each([
    [false, ['open']],
    [true, ['open', 'secret']],
  ])('that is private is listed only where the configuration says so (%s)', async (includePrivate, names) => {
    const world = await startWorld({ giteaSource: { secret: 'token', includePrivate } });
    world.gitea.addToken({ token: 'token' });
    for (const name of ['open', 'secret']) {
      world.gitea.addRepository('acme', { name: `${name}_prov`, private: name === 'secret' });
      world.gitea.addRelease('acme', `${name}_prov`, { tag: '1.0.0', assets: ASSETS });
    }
    await world.run();
    expect((await world.items()).map((each) => each.name)).toEqual(names);
  });

  test.each([
    [false, ['own']],
    [true, ['fork', 'mirror', 'own', 'template']],
  ])('that is a fork, template or mirror likewise (%s)', async (includeForks, names) => {
    const world = await startWorld({ giteaSource: { includeForks } });
    for (const name of ['own', 'fork', 'template', 'mirror']) {
      world.gitea.addRepository('acme', { name: `${name}_prov`, [name]: true });
      world.gitea.addRelease('acme', `${name}_prov`, { tag: '1.0.0', assets: ASSETS });
    }
    await world.run();
    expect((await world.items()).map((each) => each.name)).toEqual(names);
  });

  test('that is archived is listed and marked', async () => {
    const world = await startWorld();
    world.gitea.addRepository('acme', { name: 'aws_prov', archived: true });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets: ASSETS });
    await world.run();
    expect(await world.extension('provider/aws')).toMatchObject({ version: '1.0.0', archived: true });
  });

  test('is found on whatever page it is, and its oldest release on the last page of all', async () => {
    const world = await startWorld({ gitea: { maxLimit: 7, defaultLimit: 5 } });
    for (let i = 0; i < 15; i += 1) world.release(`p${i}_prov`, { '1.0.0': { 'plugin.tar.gz': `${i}` } });
    world.gitea.addRepository('acme', { name: 'busy_taskserv' });
    // A release that is made last on the tag that is the oldest has the tag's id and date, and stands last in the list.
    world.gitea.addRelease('acme', 'busy_taskserv', {
      tag: '9.0.0',
      id: 1,
      createdAt: '2020-01-01T00:00:00Z',
      assets: ASSETS,
    });
    for (let i = 0; i < 30; i += 1) {
      world.gitea.addRelease('acme', 'busy_taskserv', { tag: `1.${i}.0`, id: 100 + i, assets: ASSETS });
    }
    await world.run();
    expect(await world.items()).toHaveLength(16);
    expect(await world.extension('taskserv/busy')).toMatchObject({
      version: '9.0.0',
      version_count: 31,
      published_at: '2020-01-01T00:00:00Z',
    });
  });
});

describe('a Gitea release', () => {
  test('is a version by its tag, with or without a v; another tag is a problem', async () => {
    const world = await startWorld();
    world.release('aws_prov', {
      'v1.0.0': { 'plugin.tar.gz': '1' },
      '1.1.0': { 'plugin.tar.gz': '2' },
      '1.2.0+build.5': { 'plugin.tar.gz': '3' },
      nightly: { 'plugin.tar.gz': '4' },
      'v1.3': { 'plugin.tar.gz': '5' },
    });
    const report = await world.run();
    expect((await world.versions('provider/aws')).map((each) => each.version)).toEqual([
      '1.2.0+build.5',
      '1.1.0',
      '1.0.0',
    ]);
    expect(problemsOf(report)).toEqual(['invalid_tag acme/aws_prov "nightly"', 'invalid_tag acme/aws_prov "v1.3"']);
  });

  test('of the same version under two tags is listed once, and a problem', async () => {
    const world = await startWorld();
    world.release('aws_prov', { 'v1.0.0': { 'plugin.tar.gz': 'with v' }, '1.0.0': { 'plugin.tar.gz': 'without' } });
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['duplicate_version provider/aws@1.0.0']);
    expect(await world.versions('provider/aws')).toMatchObject([{ version: '1.0.0', size: 'without'.length }]);
  });

  test('that is a draft is never listed, though the token may see it', async () => {
    const world = await startWorld({ giteaSource: { secret: 'token' } });
    world.gitea.addToken({ token: 'token', scopes: ['all'], writes: true });
    world.release('aws_prov', { '1.0.0': { 'plugin.tar.gz': 'x' } });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '2.0.0', draft: true, assets: ASSETS });
    const report = await world.run();
    expect((await world.versions('provider/aws')).map((each) => each.version)).toEqual(['1.0.0']);
    expect(report.problems).toEqual([]);
  });

  test('is a prerelease by its version or its publisher’s mark, and never the shown version then', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': '1' }, '1.1.0-rc.1': { 'a.zip': '2' } });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '2.0.0', prerelease: true, assets: ASSETS });
    await world.run();
    expect((await world.versions('provider/aws')).map(({ version, prerelease }) => [version, prerelease])).toEqual([
      ['2.0.0', true],
      ['1.1.0-rc.1', true],
      ['1.0.0', undefined],
    ]);
    expect(await world.extension('provider/aws')).toMatchObject({ version: '1.0.0', latest_prerelease: '2.0.0' });
  });

  test('is shown by its version, never by its date', async () => {
    const world = await startWorld();
    world.gitea.addRepository('acme', { name: 'aws_prov' });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '2.0.0', createdAt: '2026-01-01T00:00:00Z', assets: ASSETS });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '1.9.1', createdAt: '2026-05-01T00:00:00Z', assets: ASSETS });
    await world.run();
    expect(await world.items()).toMatchObject([{ version: '2.0.0', published_at: '2026-01-01T00:00:00Z' }]);
  });

  test('without an asset is not listed, and a problem', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': {}, '0.9.0': { 'plugin.tar.gz': 'x' } });
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['no_asset provider/aws@1.0.0']);
    expect(await world.items()).toMatchObject([
      { version: '0.9.0', version_count: 1, problems: [{ code: 'no_asset', subject: 'provider/aws@1.0.0' }] },
    ]);
  });

  test.each([
    ['the repository’s own archive', { 'aws_prov.tar.gz': 'a', 'aws-1.0.0.tar.gz': 'b' }, 'aws_prov.tar.gz'],
    ['the archive of name and version', { 'aws-1.0.0.zip': 'a', 'other.zip': 'b' }, 'aws-1.0.0.zip'],
    ['the only archive', { 'x.tgz': 'a', 'README.md': 'b' }, 'x.tgz'],
    ['the only file', { 'plugin.wasm': 'a', 'plugin.wasm.sig': 'b', 'sbom.spdx.json': 'c' }, 'plugin.wasm'],
  ])('has for its primary asset %s', async (_rule, assets, name) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': assets });
    await world.run();
    const [entry] = await world.versions('provider/aws');
    expect(entry?.assets.filter((each) => each.primary).map((each) => each.name)).toEqual([name]);
    expect(entry).toMatchObject({ download_url: '/api/v1/extensions/provider/aws/1.0.0', size: 1 });
  });

  test('in which no asset stands out is listed without a download URL, and a problem that names them', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'linux.tar.gz': 'a', 'darwin.tar.gz': 'b' } });
    const report = await world.run();
    expect(report.problems).toMatchObject([
      { code: 'no_primary_asset', detail: expect.stringContaining('darwin.tar.gz, linux.tar.gz') },
    ]);
    const [item] = await world.items();
    expect(item).toMatchObject({ name: 'aws', version: '1.0.0' });
    expect(item).not.toHaveProperty('download_url');
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.download_url)).toEqual([
      '/api/v1/extensions/provider/aws/1.0.0/darwin.tar.gz',
      '/api/v1/extensions/provider/aws/1.0.0/linux.tar.gz',
    ]);
  });

  test('loses the assets whose names are unsafe, each of them a problem, and keeps the rest', async () => {
    const world = await startWorld();
    const hostile = ['..', '../../etc/passwd', 'a/b', 'a\nb', '-rf', '.env', 'index.json', 'Twice.txt', 'twice.TXT'];
    const assets = Object.fromEntries(['plugin.tar.gz', ...hostile].map((name) => [name, name]));
    world.release('aws_prov', { '1.0.0': assets });
    const report = await world.run();
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.name)).toEqual(['plugin.tar.gz']);
    expect(problemsOf(report)).toEqual(['unsafe_asset_name provider/aws@1.0.0']);
    for (const name of hostile) expect(report.problems[0]?.detail).toContain(JSON.stringify(name));
    expect(world.attachmentRequests()).toBe(1);
  });

  test('has no asset that is a link to elsewhere, and nobody fetches it', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'plugin.tar.gz': 'x', 'elsewhere.zip': 'y' } });
    world.gitea.misbehave({
      match: /releases$/,
      fault: {
        kind: 'replaceJson',
        replace: (releases) =>
          (releases as { assets: { name: string }[] }[]).map((release) => ({
            ...release,
            assets: release.assets.map((each) => ({
              ...each,
              type: each.name === 'elsewhere.zip' ? 'external' : 'attachment',
            })),
          })),
      },
    });
    await world.run();
    expect((await world.versions('provider/aws'))[0]?.assets.map((each) => each.name)).toEqual(['plugin.tar.gz']);
    expect(world.attachmentRequests()).toBe(1);
  });

  test('has its notes and texts cut to their limits, which is a problem', async () => {
    const world = await startWorld();
    world.gitea.addRepository('acme', { name: 'aws_prov', description: 'd'.repeat(2_000) });
    world.gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', body: '語'.repeat(10_000), assets: ASSETS });
    const report = await world.run();
    expect(report.problems).toMatchObject([
      {
        code: 'truncated_text',
        detail: expect.stringMatching(/description is cut.*notes are cut|notes are cut.*description is cut/),
      },
    ]);
    expect((await world.items())[0]?.description).toHaveLength(1_000);
    const [notes] = await world.notes('provider/aws');
    expect(Buffer.byteLength(notes?.notes ?? '')).toBeLessThanOrEqual(16 * 1024);
  });
});
