import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import type { Pointer } from '../../indexer/model/documents.ts';
import { EXIT, exitCodeOf } from '../../indexer/exit-codes.ts';
import { NOON, runIndexer, v1Of } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { bytesOf, startProxy, type Proxy } from '../proxy/world.ts';
import {
  AWS,
  productConfig,
  pushRelease,
  readVersions,
  seedGitea,
  seedRegistries,
  startBackends,
  type Backends,
} from './product-world.ts';
import { runProgram } from './run-program.ts';

// What becomes of a published site when the real servers fail, refuse us, and change. Each test goes on where the one
// before has ended.

let backends: Backends;
let folder: string;
let config: Config;
let proxy: Proxy;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  backends = await startBackends();
  folder = await mkdtemp(join(tmpdir(), 'product-'));
  config = productConfig(backends, folder);
  await seedGitea(backends.gitea);
  await seedRegistries(backends);
  expect(exitCodeOf(await runIndexer(config))).toBe(EXIT.done);
  proxy = await startProxy(config, { atEnd: (close) => void closers.push(close) });
});

afterAll(async () => {
  for (const close of closers) await close();
  await backends?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function readPointer(): Promise<Pointer> {
  return JSON.parse(await readFile(join(v1Of(config), 'index.json'), 'utf8')) as Pointer;
}

const MAIN = join(import.meta.dirname, '../../indexer/main.ts');
const HOUR = 3_600_000;
const oneHourLater = () => NOON + HOUR;
const versionsOf = async (extension: string) => (await readVersions(config, extension)).map((each) => each.version);
const AWS_1 = '/extensions/provider/aws/1.0.0';
const GITEA_ONLY = '/extensions/cluster/many/1.0.0/linux.tar.gz';

describe('while Gitea is down', () => {
  let before: Pointer;
  beforeAll(async () => {
    before = await readPointer();
    await backends.gitea.stop();
  });
  afterAll(() => backends.gitea.restart());

  test('the site keeps what it gave, and says so', async () => {
    const report = await runIndexer(config, { now: oneHourLater });
    expect(exitCodeOf(report)).toBe(EXIT.carriedForward);
    expect(report.outcomes.map(({ name, failure }) => [name, failure?.code])).toEqual([
      ['gitea', 'unreachable'],
      ['packages', 'unreachable'],
      ['open', undefined],
      ['basic', undefined],
      ['bearer', undefined],
    ]);
    const pointer = await readPointer();
    expect(pointer.manifest).toEqual(before.manifest);
    expect(pointer.sources.map(({ name, carried_since }) => [name, carried_since])).toEqual([
      ['gitea', '2026-06-01T13:00:00Z'],
      ['packages', '2026-06-01T13:00:00Z'],
      ['open', undefined],
      ['basic', undefined],
      ['bearer', undefined],
    ]);
  });

  test('an asset that is elsewhere too is downloaded from there', async () => {
    const { status, body } = await proxy.get(AWS_1);
    expect([status, body.equals(AWS)]).toEqual([200, true]);
  });

  test('an asset that is nowhere else is a failure of Gitea', async () => {
    const { status, json } = await proxy.get(GITEA_ONLY);
    expect([status, json]).toMatchObject([502, { error: 'gitea', details: 'unreachable' }]);
  });

  test('what the index knows is answered all the same', async () => {
    const [entry] = (await readVersions(config, 'cluster/many'))[0]!.assets.filter(
      (each) => each.name === 'linux.tar.gz',
    );
    const head = await proxy.get(GITEA_ONLY, { method: 'HEAD' });
    expect([head.status, head.headers['content-length']]).toEqual([200, String(entry!.size)]);
    const known = await proxy.get(GITEA_ONLY, { headers: { 'if-none-match': `"${entry!.digest}"` } });
    expect([known.status, known.body.length]).toEqual([304, 0]);
    const { json } = await proxy.get('/health');
    expect(json).toMatchObject({
      status: 'degraded',
      backends: { gitea: { status: 'unhealthy', error: 'unreachable' }, open: { status: 'healthy' } },
    });
  });
});

test('when Gitea is back nothing is left of the outage', async () => {
  const report = await runIndexer(config, { now: oneHourLater });
  expect(exitCodeOf(report)).toBe(EXIT.done);
  expect(report.published).toMatchObject({ changed: false });
  expect((await readPointer()).sources.filter((each) => each.carried_since !== undefined)).toEqual([]);
});

test('lost access takes nothing away', async () => {
  await backends.gitea.seed.showOrganization('acme', 'private');
  backends.bearer.issuer!.denied.add('acme');
  const report = await runIndexer(config);
  await backends.gitea.seed.showOrganization('acme', 'public');
  backends.bearer.issuer!.denied.clear();
  expect(report.outcomes.map(({ name, failure }) => [name, failure !== undefined])).toEqual([
    ['gitea', true],
    ['packages', true],
    ['open', false],
    ['basic', false],
    ['bearer', true],
  ]);
  expect(await versionsOf('provider/aws')).toEqual(['2.0.0-rc.1', '1.1.0+build.5', '1.0.0', '0.1.0']);
  expect(await versionsOf('taskserv/redis')).toEqual(['7.3.0', '7.2.0']);
  expect(await versionsOf('cluster/token')).toEqual(['1.1.0+b.5', '1.0.0']);
});

test('what is added is listed, what is withdrawn is not, and what is replaced stays what it was', async () => {
  const { gitea } = backends;
  const before = (await readVersions(config, 'provider/aws')).find((each) => each.version === '0.1.0')!;
  const releases = await gitea.seed.listReleases('acme/aws_prov');
  const old = releases.find((each) => each.tag_name === 'v0.1.0')!;
  await gitea.seed.deleteAsset('acme/aws_prov', old.id, old.assets[0]!.id);
  await gitea.seed.uploadAsset('acme/aws_prov', old.id, { name: 'aws_prov.tar.gz', bytes: 'other bytes' });
  await gitea.seed.deleteRelease('acme/aws_prov', releases.find((each) => each.tag_name === 'v2.0.0-rc.1')!.id);
  const bytes = bytesOf(1_000, 'aws 1.2.0');
  await pushRelease(gitea, 'aws_prov', { tag: '1.2.0', assets: { 'aws_prov.tar.gz': bytes } });

  const report = await runIndexer(config);
  expect(await versionsOf('provider/aws')).toEqual(['1.2.0', '1.1.0+build.5', '1.0.0', '0.1.0']);
  expect((await readVersions(config, 'provider/aws')).find((each) => each.version === '0.1.0')).toEqual(before);
  expect(report.problems.filter((each) => each.code === 'mutated').map((each) => each.subject)).toEqual([
    'provider/aws@0.1.0',
  ]);
  // One new asset, and the one that was replaced: its uuid is new.
  expect(report.outcomes[0]!.counts.assets_read).toBe(2);
  // The proxy's clock stands still, and it looks at the pointer every second.
  proxy.clock.nowMs += 2_000;
  const { body } = await ask(`${proxy.url}/api/v1/extensions/provider/aws/1.2.0`);
  expect(body.equals(bytes)).toBe(true);
  // The first bytes are gone with their attachment, and no others are ever given in their place.
  const { status, json } = await proxy.get('/extensions/provider/aws/0.1.0');
  expect([status, json]).toMatchObject([409, { error: 'conflict' }]);
});

describe('the command', () => {
  const indexer = (...args: string[]): Promise<string> =>
    runProgram(process.execPath, [MAIN, ...args, '--config', join(folder, 'registry.toml')]);
  const codeOf = (running: Promise<string>): Promise<unknown> =>
    running.then(
      () => EXIT.done,
      (error: Error) => (error.cause as { code?: unknown }).code,
    );

  beforeAll(async () => {
    const { gitea, open, basic, bearer } = backends;
    const [url, publish] = [JSON.stringify(gitea.url), JSON.stringify(join(folder, 'site'))];
    const secret = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), `${text}\n`, { mode: 0o600 });
      return JSON.stringify(join(folder, name));
    };
    const oci = [
      { name: 'packages', registry: gitea.url, username: 'bot', secret: gitea.bot.token },
      { name: 'open', registry: open.registry },
      { name: 'basic', registry: basic.registry, username: basic.reader.username, secret: basic.reader.password },
      { name: 'bearer', registry: bearer.url, username: bearer.reader.username, secret: bearer.reader.password },
    ];
    const lines = [
      `[gitea]\nurl = ${url}\norganization = "acme"\ntoken_path = ${await secret('gitea.token', gitea.bot.token)}`,
      `[site]\npath = ${publish}`,
    ];
    for (const each of oci) {
      lines.push(`[[source]]\nname = "${each.name}"\nkind = "oci"\nregistry = "${each.registry}"\nnamespace = "acme"`);
      if (each.secret === undefined) continue;
      lines.push(`username = "${each.username}"\nauth_token_path = ${await secret(each.name, each.secret)}`);
      if (each.name === 'bearer') lines.push(`token_service = "${new URL(bearer.issuer!.realm).origin}"`);
    }
    await writeFile(join(folder, 'registry.toml'), lines.join('\n'));
  });

  test('asks every backend', async () => {
    const told = (await indexer('check')).trimEnd().split('\n');
    expect(told).toHaveLength(5);
    for (const line of told) expect(line).toMatch(/: answers and lets us in$/);
  });

  test('publishes the same site from a configuration file', async () => {
    expect(await codeOf(indexer('--quiet'))).toBe(EXIT.done);
    const read = (path: string) => readFile(join(path, 'api', 'v1', 'extensions', 'index.json'), 'utf8');
    const namesIn = async (path: string) =>
      (JSON.parse(await read(path)) as { type: string; name: string; version: string }[]).map(
        ({ type, name, version }) => `${type}/${name}@${version}`,
      );
    expect(await namesIn(join(folder, 'site'))).toEqual(await namesIn(folder));
  });

  test('tells by its exit code that a source was carried forward', async () => {
    await backends.open.stop();
    expect(await codeOf(indexer('--quiet'))).toBe(EXIT.carriedForward);
    expect(await codeOf(indexer('check'))).toBe(EXIT.failed);
  });
});
