import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSettings, settingsOf, type SettingsInputs } from '../../cli/settings.ts';
import { temporaryFolder } from '../builders.ts';

const DAY_MS = 86_400_000;

function settings(overrides: Partial<SettingsInputs> = {}) {
  return settingsOf({ flags: {}, env: {}, home: '/home/ann', cwd: '/srv/shop', platform: 'linux', ...overrides });
}

describe('settingsOf', () => {
  test('has a default for everything but the site', () => {
    expect(settings()).toEqual({
      sites: [],
      cacheFolder: '/home/ann/.cache/extension-registry',
      offline: false,
      root: '/srv/shop/.provisioning/extensions',
      projectFolder: '/srv/shop',
      minAgeMs: 0,
      blocked: [],
      verbose: false,
    });
  });

  test('takes a flag before extensions.toml, that before the environment', () => {
    const env = {
      EXTENSION_REGISTRY_URL: 'https://env.example/v1',
      EXTENSION_REGISTRY_PROXY: 'https://env.example',
      EXTENSION_REGISTRY_MIN_AGE: '1d',
    };
    const project = {
      folder: '/srv',
      sites: ['https://toml.example/v1'],
      proxy: 'https://toml.example',
      minAge: '2d',
    };
    const flags = { site: ['https://flag.example/v1'], proxy: 'https://flag.example', 'min-age': '3d' };
    const chosen = (inputs: Partial<SettingsInputs>) => {
      const { sites, proxy, minAgeMs } = settings(inputs);
      return [sites, proxy, minAgeMs / DAY_MS];
    };
    expect(chosen({ env })).toEqual([['https://env.example/v1'], 'https://env.example', 1]);
    expect(chosen({ env, project })).toEqual([['https://toml.example/v1'], 'https://toml.example', 2]);
    expect(chosen({ env, project, flags })).toEqual([['https://flag.example/v1'], 'https://flag.example', 3]);
    expect(chosen({ env, project: { folder: '/srv' } })).toEqual([
      ['https://env.example/v1'],
      'https://env.example',
      1,
    ]);
  });

  test('finds folders from where they were named', () => {
    const project = { folder: '/srv', sites: ['../mirror/v1', 'file:///srv/v1'] };
    expect(settings({ project }).sites).toEqual(['/mirror/v1', 'file:///srv/v1']);
    expect(settings({ flags: { site: 'v1' }, project }).sites).toEqual(['/srv/shop/v1']);
    expect(settings({ env: { EXTENSION_REGISTRY_URL: 'a folder/v1, https://b.example/v1,' } }).sites).toEqual([
      '/srv/shop/a folder/v1',
      'https://b.example/v1',
    ]);
  });

  test.each<[flag: string | undefined, variable: string | undefined, root: string]>([
    [undefined, undefined, '/srv/.provisioning/extensions'],
    [undefined, '', '/srv/.provisioning/extensions'],
    [undefined, '/opt/extensions', '/opt/extensions'],
    ['ext', '/opt/extensions', '/srv/shop/ext'],
  ])('installs with --root %s and PROVISIONING_EXTENSIONS_PATH %s to %s', (flag, variable, root) => {
    const inputs = { flags: { root: flag }, env: { PROVISIONING_EXTENSIONS_PATH: variable } };
    expect(settings({ ...inputs, project: { folder: '/srv' } })).toMatchObject({ root, projectFolder: '/srv' });
  });

  test.each<[platform: string, env: SettingsInputs['env'], cacheFolder: string]>([
    ['linux', { XDG_CACHE_HOME: '/var/cache/ann' }, '/var/cache/ann/extension-registry'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/ann/.cache/extension-registry'],
    ['linux', { XDG_CACHE_HOME: '/x', EXTENSION_REGISTRY_CACHE: 'cache' }, '/srv/shop/cache'],
    ['darwin', {}, '/home/ann/Library/Caches/extension-registry'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/extension-registry/cache'],
    ['win32', {}, '/home/ann/AppData/Local/extension-registry/cache'],
  ])('keeps on %s with %o in %s', (platform, env, cacheFolder) => {
    expect(settings({ platform, env }).cacheFolder).toBe(cacheFolder);
  });

  test.each<[text: string, ms: number]>([
    ['3d', 3 * DAY_MS],
    ['12h', DAY_MS / 2],
    ['2w', 14 * DAY_MS],
    ['0', 0],
  ])('reads a minimum age of %s', (text, minAgeMs) => {
    expect(settings({ flags: { 'min-age': text } }).minAgeMs).toBe(minAgeMs);
  });

  test.each(['3', 'd', '-3d', '3 days', '1e9d', ''])('refuses a minimum age of %j', (text) => {
    expect(() => settings({ flags: { 'min-age': text } })).toThrow(
      expect.objectContaining({
        code: 'config',
        message: expect.stringContaining(`--min-age is ${JSON.stringify(text)}`),
      }),
    );
  });

  test('honours the lists of what may be installed', () => {
    const env = {
      PROVISIONING_ALLOWED_EXTENSIONS: 'aws, taskserv/redis,',
      PROVISIONING_BLOCKED_EXTENSIONS: 'provider/aws',
    };
    expect(settings({ env })).toMatchObject({ allowed: ['aws', 'taskserv/redis'], blocked: ['provider/aws'] });
  });
});

describe('the credential', () => {
  test.each<[env: SettingsInputs['env'], credential: object | undefined]>([
    [{ EXTENSION_REGISTRY_TOKEN: 'abc' }, { kind: 'bearer', value: 'abc' }],
    [{ EXTENSION_REGISTRY_API_KEY: ' abc\n' }, { kind: 'api-key', value: 'abc' }],
    [{ EXTENSION_REGISTRY_TOKEN: '' }, undefined],
  ])('of %o is %o', (env, credential) => {
    expect(settings({ env }).credential).toEqual(credential);
  });

  test.each<[env: SettingsInputs['env'], message: string]>([
    [{ EXTENSION_REGISTRY_TOKEN: 'the-secret\nx: y' }, 'EXTENSION_REGISTRY_TOKEN has no credential in it'],
    [
      { EXTENSION_REGISTRY_TOKEN: 'the-secret', EXTENSION_REGISTRY_API_KEY_FILE: '/x' },
      'The environment has EXTENSION_REGISTRY_TOKEN and EXTENSION_REGISTRY_API_KEY_FILE; set one of them.',
    ],
  ])('of %o is refused without being printed', (env, message) => {
    expect(() => settings({ env })).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining(message) }),
    );
    expect(() => settings({ env })).not.toThrow('the-secret');
  });

  test('is read from the file that a flag or the environment names', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'token'), 'abc\n');
    await writeFile(join(cwd, 'empty'), '\n');
    const load = async (inputs: Partial<SettingsInputs>) =>
      (await loadSettings({ flags: {}, env: {}, home: '/home/ann', cwd, platform: 'linux', ...inputs })).credential;
    expect(await load({ flags: { 'token-file': 'token' }, env: { EXTENSION_REGISTRY_API_KEY: 'other' } })).toEqual({
      kind: 'bearer',
      value: 'abc',
    });
    expect(await load({ env: { EXTENSION_REGISTRY_API_KEY_FILE: join(cwd, 'token') } })).toEqual({
      kind: 'api-key',
      value: 'abc',
    });
    expect(await load({})).toBeUndefined();
    await expect(load({ flags: { 'token-file': 'none' } })).rejects.toMatchObject({ code: 'storage' });
    await expect(load({ flags: { 'token-file': 'empty' } })).rejects.toMatchObject({ code: 'config' });
  });
});
