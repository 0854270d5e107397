import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REAL_IO } from '../../indexer/config/config-io.ts';
import { loadConfig } from '../../indexer/config/load.ts';
import { messageOf } from '../../indexer/model/errors.ts';
import { createConfigFolder, GITEA, type ConfigFolder } from './config-folder.ts';

const TO = `${GITEA}[publish]\nto = "s3://registry/site"\n`;
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'very+secret' };

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  await folder.write('id', 'AKFILE\n');
  await folder.write('secret', 'secret of the file\n'.replaceAll(' ', '-'));
});

async function load(toml: string, env: Record<string, string> = {}) {
  return loadConfig(await folder.write('registry.toml', toml), { ...REAL_IO, env });
}

async function faultsOf(toml: string, env: Record<string, string> = {}): Promise<string> {
  return load(toml, env).then(
    () => 'it loads',
    (error: unknown) => messageOf(error),
  );
}

describe('[publish] to', () => {
  test('is where the site is published and read, by AWS’s own variables', async () => {
    const { config, warnings } = await load(TO, { ...KEYS, AWS_SESSION_TOKEN: 'token', AWS_REGION: 'eu-central-1' });
    expect(config.publish).toEqual({ to: 's3://registry/site', twins: false, compress: false });
    expect(config.site.path).toBe('s3://registry/site');
    expect(config.s3).toEqual({
      region: 'eu-central-1',
      pathStyle: false,
      timeoutMs: 30_000,
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'very+secret', sessionToken: 'token' },
    });
    expect(warnings).toEqual([]);
  });

  test('leaves the reading to another place where [site] path has one', async () => {
    const { config } = await load(`${TO}[site]\npath = "https://cdn.example.org/registry/"\n`);
    expect([config.publish?.to, config.site.path]).toEqual(['s3://registry/site', 'https://cdn.example.org/registry/']);
  });

  test.each([
    ['', 'a bucket with a prefix'],
    ['registry/site', 'a bucket with a prefix'],
    ['https://registry.s3.amazonaws.com/site', 'a bucket with a prefix'],
    ['s3://', 'a bucket with a prefix'],
    ['s3://Registry', 'a bucket with a prefix'],
    ['s3://key:secret@registry', 'a bucket with a prefix'],
    ['s3://registry/a//b', 'a bucket with a prefix'],
    ['s3://registry/../b', 'a bucket with a prefix'],
    ['s3://registry/a b', 'a bucket with a prefix'],
    ['s3://registry/a?b', 'a bucket with a prefix'],
  ])('refuses %j, without repeating it', async (to, expected) => {
    const faults = await faultsOf(`${GITEA}[publish]\nto = "${to}"\n`);
    expect(faults).toContain(`[publish] to: the value is not ${expected}`);
    expect(faults).not.toContain('key:secret');
  });

  test('is needed by what is about it', async () => {
    expect(await faultsOf(`${GITEA}[publish]\ntwins = true\n`)).toContain('[publish] to: is missing beside twins');
  });
});

describe('[s3]', () => {
  test('takes the keys from files before those of the environment', async () => {
    const files = 'access_key_id_path = "id"\nsecret_access_key_path = "secret"\n';
    const { config } = await load(`${TO}[s3]\n${files}`, KEYS);
    expect(config.s3?.credentials).toEqual({ accessKeyId: 'AKFILE', secretAccessKey: 'secret-of-the-file' });
  });

  test('reaches a store of one’s own by its path, with any region', async () => {
    const { config } = await load(`${TO}[s3]\nendpoint = "https://minio.example.org/s3"\n`, KEYS);
    expect(config.s3).toMatchObject({
      endpoint: 'https://minio.example.org/s3/',
      region: 'us-east-1',
      pathStyle: true,
    });
    const other = await load(TO, { ...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' });
    expect(other.config.s3).toMatchObject({ endpoint: 'http://127.0.0.1:9000/', pathStyle: true });
    const own = `[s3]\nendpoint = "https://minio.example.org"\npath_style = false\nregion = "home"\n`;
    expect((await load(`${TO}${own}`)).config.s3).toEqual({
      endpoint: 'https://minio.example.org/',
      region: 'home',
      pathStyle: false,
      timeoutMs: 30_000,
    });
  });

  test('reaches a bucket with a dot by its path, since no certificate is for its host', async () => {
    const { config } = await load(`${GITEA}[site]\npath = "s3://registry.example.org"\n`);
    expect(config.s3?.pathStyle).toBe(true);
  });

  test.each([
    [{ AWS_ACCESS_KEY_ID: 'AKID' }, 'AWS_SECRET_ACCESS_KEY: is missing beside AWS_ACCESS_KEY_ID'],
    [{ AWS_SECRET_ACCESS_KEY: 'very-secret' }, 'AWS_ACCESS_KEY_ID: is missing beside AWS_SECRET_ACCESS_KEY'],
    [{ ...KEYS, AWS_SECRET_ACCESS_KEY: 'very secret' }, 'AWS_SECRET_ACCESS_KEY: has spaces'],
    [
      { ...KEYS, AWS_ENDPOINT_URL_S3: 'https://user:very-secret@s3' },
      'AWS_ENDPOINT_URL_S3: is not an http or https URL',
    ],
  ])('refuses the environment %o, without repeating it', async (env, expected) => {
    const faults = await faultsOf(TO, env);
    expect(faults).toContain(expected);
    expect(faults).not.toMatch(/very.secret/);
  });

  test('refuses half a key, and files that are not there', async () => {
    const faults = await faultsOf(`${TO}[s3]\naccess_key_id_path = "missing"\n`);
    expect(faults).toContain('[s3] secret_access_key_path: is missing beside access_key_id_path');
    expect(faults).toContain('[s3] access_key_id_path: names a file that does not exist');
  });

  test('does not mind the environment where nothing is in an object store', async () => {
    const { config, warnings } = await load(GITEA, { AWS_ACCESS_KEY_ID: 'half', AWS_ENDPOINT_URL: 'nonsense' });
    expect([config.s3, warnings]).toEqual([undefined, []]);
  });

  test('is warned of where it has no effect, or what is published can be read on the way', async () => {
    expect((await load(`${GITEA}[s3]\nregion = "a"\n`)).warnings).toEqual([
      '[s3]: has no effect, for no place begins with s3://.',
    ]);
    expect((await load(`${TO}[s3]\nendpoint = "http://minio.example.org"\n`, KEYS)).warnings).toEqual([
      '[s3] endpoint: what is published goes there unencrypted over http; use https.',
    ]);
  });
});
