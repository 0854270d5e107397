import { readFile } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONFIG_SCHEMA } from '../../indexer/config/schema.ts';
import { createAuthority } from '../http/certificates.ts';
import { createConfigFolder, type ConfigFolder } from './config-folder.ts';

const EXAMPLE = await readFile(new URL('../../deploy/registry.example.toml', import.meta.url), 'utf8');
/** A commented key or table has no space after its `#`, words have one. */
const UNCOMMENTED = EXAMPLE.replaceAll(/^#(?=\S)/gm, '');

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
  for (const name of ['gitea.token', 'registry.token', 'platform.token', 's3.key', 's3.secret', 's3.token'])
    await folder.write(name, 'x');
  await folder.write('notify.secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  await folder.write('policy.toml', '');
  await folder.write('ca.pem', createAuthority('our CA', Date.now()).cert);
});
afterAll(() => folder.remove());

/** `table key`, for each key of a schema's tables; of `[[source]]` only the keys that the kinds' own tables have not. */
function keysOfSchema(): string[] {
  const { source, types, ...tables } = CONFIG_SCHEMA.properties;
  const named = Object.entries(tables).flatMap(([table, { properties }]) =>
    Object.keys(properties).map((key) => `${table} ${key}`),
  );
  const ofKinds = source.items.oneOf.flatMap(({ properties }) => Object.keys(properties));
  const own = ofKinds.filter((key) => !named.includes(`gitea ${key}`) && !named.includes(`oci ${key}`));
  const endings = Object.keys(types.additionalProperties.properties).map((key) => `types ${key}`);
  return [...named, ...new Set(own.map((key) => `source ${key}`)), ...endings].sort();
}

function keysOfFile(toml: string): string[] {
  return Object.entries(parse(toml)).flatMap(([table, content]) => {
    const tables = Array.isArray(content) ? content : table === 'types' ? Object.values(content) : [content];
    return tables.flatMap((each) => Object.keys(each as object).map((key) => `${table} ${key}`));
  });
}

describe('deploy/registry.example.toml', () => {
  test('loads as it stands', async () => {
    const { config, warnings } = await folder.load(EXAMPLE);
    expect(config.sources.map(({ name, secret }) => [name, secret])).toEqual([
      ['gitea', 'x'],
      ['oci', 'x'],
    ]);
    expect(warnings).toEqual([]);
  });

  test('loads with every key uncommented', async () => {
    const { config, warnings } = await folder.load(UNCOMMENTED);
    expect(config.sources.map(({ name }) => name)).toEqual(['gitea', 'oci', 'platform', 'mirror']);
    expect(warnings).toEqual([]);
  });

  test('has every key of the schema, and no other', () => {
    const known = keysOfSchema();
    const found = new Set(keysOfFile(UNCOMMENTED));
    expect(known.filter((key) => !found.has(key))).toEqual([]);
    expect([...found].filter((key) => !key.startsWith('source ') && !known.includes(key))).toEqual([]);
  });

  test('shows the default of each commented key that has one', async () => {
    const { config } = await folder.load(EXAMPLE);
    const { config: uncommented } = await folder.load(UNCOMMENTED);
    const { intervalSeconds, digestBudgetBytes, previous, ...indexer } = uncommented.indexer;
    const { publicUrl, ...site } = uncommented.site;
    expect({ ...uncommented, site, indexer }).toMatchObject({
      server: config.server,
      cache: config.cache,
      site: config.site,
      indexer: config.indexer,
    });
    expect([intervalSeconds, digestBudgetBytes, previous, publicUrl]).not.toContain(undefined);
    expect(uncommented.notify).toMatchObject({ url: 'https://hooks.example.org/registry', timeoutMs: 10_000 });
    const { ca: giteaCa, ...gitea } = { ...uncommented.sources[0] } as Record<string, unknown>;
    const { ca, repositories, username, tokenService, keywordsAnnotation, ...oci } = {
      ...uncommented.sources[1],
    } as Record<string, unknown>;
    expect([giteaCa, ca, repositories, username, tokenService, keywordsAnnotation]).not.toContain(undefined);
    expect([gitea, oci]).toEqual(config.sources);
  });

  test('explains its keys in words that stand before them', () => {
    const paragraphs = EXAMPLE.split('\n\n').map((text) => text.split('\n'));
    const unexplained = paragraphs.filter((lines) => {
      const key = lines.findIndex((line) => /^#?[a-z_]+ = /.test(line));
      return key >= 0 && !lines.slice(0, key).some((line) => line.startsWith('# '));
    });
    expect(unexplained).toEqual([]);
  });
});
