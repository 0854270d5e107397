import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { v1Of } from '../../builders.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { openWorkplace } from './install-world.ts';

const shared = sharedWorld();

/** Where the site is asked for, and a folder to work in. */
async function openPlace(kind: 'HTTP' | 'folder' = 'HTTP') {
  const { url, config } = shared();
  return openWorkplace({ url: kind === 'HTTP' ? `${url}/api/v1` : v1Of(config) });
}

/** A JSON document of the site. */
async function published<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(join(v1Of(shared().config), path, 'index.json'), 'utf8')) as T;
}

describe('extension list', () => {
  test.each(['HTTP', 'folder'] as const)('lists each extension at its latest version, over %s', async (kind) => {
    const place = await openPlace(kind);
    const { code, stdout, stderr } = await place.run('list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'EXTENSION       VERSION        DESCRIPTION',
        'cluster/many    0.1.0          Several archives, none of them primary',
        'provider/aws    1.1.0+build.5  Amazon Web Services',
        'provider/both   3.1.0          At both sources',
        'taskserv/big    1.0.0          Large files',
        'taskserv/redis  7.2.0          In-memory data store',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [
      ['--type', 'provider'],
      ['provider/aws', 'provider/both'],
    ],
    [
      ['--source', 'oci'],
      ['provider/both', 'taskserv/redis'],
    ],
    [['--tag', 'amazon'], ['provider/aws']],
    [['--type', 'taskserv', '--source', 'gitea'], ['taskserv/big']],
  ])('filters by %j', async (flags, ids) => {
    const place = await openPlace();
    const { stdout } = await place.run('list', ...flags);
    expect(
      stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(ids);
  });

  test('prints the published items as JSON, filtered', async () => {
    const place = await openPlace();
    const items = await published<{ type: string }[]>('extensions');
    expect(await place.json('list', '--type', 'taskserv')).toEqual(items.filter(({ type }) => type === 'taskserv'));
    expect((await place.run('list', '--type', 'moon')).stdout).toBe('No extension is so; extension list shows all.\n');
  });

  test('lists all versions, in JSON as the site has them', async () => {
    const place = await openPlace('folder');
    const { stdout } = await place.run('list', '--all-versions', '--type', 'provider');
    expect(
      stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(/ {2,}/).slice(0, 2).join(' ')),
    ).toEqual([
      'provider/aws 2.0.0-rc.1 (prerelease)',
      'provider/aws 1.1.0+build.5',
      'provider/aws 1.0.0',
      'provider/both 3.1.0',
      'provider/both 3.0.0',
    ]);
    const entries = await published<object[]>('extensions/provider/both/versions');
    expect(await place.json('list', '--all-versions', '--tag', 'amazon')).toHaveLength(3);
    expect(await place.json('list', '--all-versions', '--type', 'provider')).toEqual(
      expect.arrayContaining(entries.map((each) => ({ extension: 'provider/both', ...each }))),
    );
  });
});

describe('extension search', () => {
  test('ranks, marks and limits what it finds', async () => {
    const place = await openPlace();
    const all = await place.run('search', 'several', 'amazon', '--verbose');
    expect(all.stdout.split('\n')[1]).toMatch(/^(?:provider\/aws|cluster\/many) /);
    expect(all.stderr).toMatch(/^GET http:\S+\/api\/v1\/index\.json: 200 \(\d+ ms\)$/m);
    const inFolder = await (await openPlace('folder')).run('list', '--verbose');
    expect(inFolder.stderr).toMatch(/^GET \/\S+\/v1\/index\.json: read \(\d+ ms\)$/m);
    const colour = { ...place.env, FORCE_COLOR: '1' };
    place.env = colour;
    const one = await place.run('search', 'data', '--limit', '1');
    expect(one.stdout).toContain('In-memory \u001B[1mdata\u001B[22m store');
  });

  test('prints what it found as JSON, and nothing is an empty list that exits as its text does', async () => {
    const place = await openPlace('folder');
    expect(await place.json('search', 'redis', '--type', 'taskserv')).toEqual([
      {
        id: 'taskserv/redis',
        version: '7.2.0',
        description: 'In-memory data store',
        author: expect.any(String) as string,
        tags: [],
        deprecated: false,
        score: expect.any(Number) as number,
      },
    ]);
    const nothing = ['search', 'rediz', '--type', 'provider'];
    expect(await place.run(...nothing, '--json')).toEqual({ ...(await place.run(...nothing)), stdout: '[]\n' });
    expect((await place.run(...nothing)).code).toBe(3);
  });
});

describe('extension show', () => {
  test('tells what one wants to know before installing', async () => {
    const place = await openPlace();
    const { stdout } = await place.run('show', 'aws');
    const digest = /^digest +(sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1];
    const [entry] = (
      await published<{ checksum: string; version: string }[]>('extensions/provider/aws/versions')
    ).filter(({ version }) => version === '1.1.0+build.5');
    expect(digest).toBe(entry?.checksum);
    for (const line of [
      /^provider\/aws 1\.1\.0\+build\.5$/m,
      /^Amazon Web Services$/m,
      /^versions +3: 2\.0\.0-rc\.1, 1\.1\.0\+build\.5, 1\.0\.0$/m,
      /^published +(?:now|.+ ago|in .+) \(\d{4}-\d\d-\d\dT[\d:]+Z\)$/m,
      /^first seen +.+ \(2026-06-01T12:00:00Z\)$/m,
      /^sources +gitea$/m,
      /^tags +cloud, amazon$/m,
      /^asset +aws_prov\.tar\.gz, 5\.9 KiB$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test('shows a version, a range, and problems that concern it', async () => {
    const place = await openPlace('folder');
    expect((await place.run('show', 'provider/aws@1.0.0')).stdout).toMatch(/^others +notes für aws\.txt$/m);
    expect((await place.run('show', 'aws@2.0.0-rc.1')).stdout).toMatch(/^provider\/aws 2\.0\.0-rc\.1 \(prerelease\)$/m);
    expect((await place.run('show', 'many')).stdout).toMatch(/^Problem no_primary_asset: .*linux\.tar\.gz/m);
  });

  test('prints the document and the shown version as JSON', async () => {
    const place = await openPlace('folder');
    const document = await published<object>('extensions/provider/aws');
    const entries = await published<{ version: string }[]>('extensions/provider/aws/versions');
    expect(await place.json('show', 'aws@^1.0')).toEqual({
      ...document,
      shown: entries.find(({ version }) => version === '1.1.0+build.5'),
    });
  });
});

describe('extension versions', () => {
  test('lists them newest first, in JSON as the site has them', async () => {
    const place = await openPlace();
    const { stdout } = await place.run('versions', 'provider/aws');
    expect(
      stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(['2.0.0-rc.1', '1.1.0+build.5', '1.0.0']);
    expect(stdout).toMatch(/^2\.0\.0-rc\.1 .* 17 B {2}prerelease$/m);
    expect(await place.json('versions', 'aws')).toEqual(await published('extensions/provider/aws/versions'));
  });
});

describe('extension --offline', () => {
  test('answers from what was kept, says how old it is, and has nothing of what was not', async () => {
    const place = await openPlace();
    const online = await place.run('list');
    const offline = await place.run('list', '--offline');
    expect(offline).toEqual(online);
    const { stdout } = await place.run('info', '--offline');
    expect(stdout).toMatch(/^site +http:\S+ \(offline: what is kept of it\)$/m);
    expect(stdout).toMatch(/^confirmed +by the site, (?:now|\d+ seconds? ago)$/m);
    expect(await place.run('versions', 'aws', '--offline')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('ask for it once without --offline') as string,
    });
  });
});
