import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findProject, parseProject, readProject } from '../../../cli/project/project-file.ts';
import { temporaryFolder } from '../../builders.ts';

describe('parseProject', () => {
  test('reads what is wanted, and from where', () => {
    const { wanted, ...settings } = parseProject(`
      site = ["https://extensions.example.org/api/v1", "mirror/v1"]
      proxy = "https://extensions.example.org"
      min_age = "3d"
      [extensions]
      "provider/aws" = "^1.2"
      'cluster/k8s' = "latest"
      "taskserv/redis" = { version = "~7.2", prereleases = true, asset = "linux-amd64.tar.gz" }
      [extensions."taskserv/etcd"]
      prereleases = false
    `);
    expect(settings).toEqual({
      sites: ['https://extensions.example.org/api/v1', 'mirror/v1'],
      proxy: 'https://extensions.example.org',
      minAge: '3d',
    });
    expect([...wanted]).toEqual([
      ['provider/aws', { range: '^1.2' }],
      ['cluster/k8s', { range: 'latest' }],
      ['taskserv/redis', { range: '~7.2', prereleases: true, asset: 'linux-amd64.tar.gz' }],
      ['taskserv/etcd', { range: 'latest' }],
    ]);
  });

  test('reads an empty file', () => {
    expect(parseProject('')).toEqual({ wanted: new Map() });
  });

  test.each([
    ['a = [', /extensions.toml, line 1 is not TOML: /],
    ['site = "a"\nsite = "b"', /extensions.toml, line 2 is not TOML/],
    ['sites = "a"', /sites: is not known; did you mean site\?/],
    ['site = 3', /site: must be the URL or folder/],
    ['site = []', /site: must be the URL or folder/],
    ['proxy = ""', /proxy: must be a text/],
    ['extensions = 1', /extensions: must be a table/],
    ['[extensions]\naws = "^1"', /extensions."aws": "aws" is not of the form type\/name/],
    ['[extensions]\n"provider/AWS" = "^1"', /extensions."provider\/AWS": .*lower-case/],
    ['[extensions]\n"provider/aws" = "one"', /"one" is neither a version nor a range/],
    ['[extensions]\n"provider/aws" = 1', /must be a table/],
    ['[extensions]\n"provider/aws" = { ver = "1" }', /ver: is not known|ver|is not known; did you mean version/],
    ['[extensions]\n"provider/aws" = { asset = "../x" }', /asset must be the name of a file/],
    ['[extensions]\n"provider/aws" = { prereleases = "yes" }', /prereleases must be true or false/],
  ])('refuses %j', (text, message) => {
    expect(() => parseProject(text)).toThrow(message);
    expect(() => parseProject(text)).toThrow(expect.objectContaining({ code: 'config' }) as Error);
  });

  test('tells every fault at once', () => {
    const text = 'proxy = 1\nmin_age = 2\n[extensions]\nx = "1"\n"a/b" = "?"\n';
    expect(() => parseProject(text)).toThrow(/proxy: .* min_age: .* extensions."x": .* extensions."a\/b": /);
  });
});

describe('findProject', () => {
  test('finds the file of the nearest folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'a', 'b', 'c'), { recursive: true });
    await writeFile(join(folder, 'extensions.toml'), 'min_age = "1d"');
    await writeFile(join(folder, 'a', 'extensions.toml'), 'min_age = "2d"');
    expect(await findProject(join(folder, 'a', 'b', 'c'))).toMatchObject({ folder: join(folder, 'a'), minAge: '2d' });
    expect(await findProject(folder)).toMatchObject({ folder, minAge: '1d' });
    expect(await readProject(join(folder, 'a', 'b'))).toBeUndefined();
  });

  test('finds none where there is none, and minds no folder of that name', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'extensions.toml'));
    expect(await findProject(folder)).toBeUndefined();
  });
});
