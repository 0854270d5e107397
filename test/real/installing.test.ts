import { chmod, link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { configOf, giteaConfig, ociConfig, runIndexer } from '../builders.ts';
import { openWorkplace, type Workplace } from '../cli/commands/install-world.ts';
import { contentsOf } from '../cli/install/unpacking.ts';
import { bytesOf, startProxy, type Proxy } from '../proxy/world.ts';
import { createClients, type Credentials, type OciClients } from './clients.ts';
import { startDistribution, type RealDistribution } from './distribution.ts';
import { startGitea, type RealGitea } from './gitea.ts';
import { pushRelease } from './product-world.ts';
import { runProgram } from './run-program.ts';
import { provideTools } from './tools.ts';

// What real programs packed and real clients pushed to real servers is installed by the real client, and compared with
// the folder that it was packed from, file by file.

let gitea: RealGitea;
let distribution: RealDistribution;
let folder: string;
let source: string;
let config: Config;
let proxy: Proxy;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [gitea, distribution] = await Promise.all([startGitea(), startDistribution({ auth: 'htpasswd' })]);
  await gitea.seed.createOrganization('acme');
  folder = await mkdtemp(join(tmpdir(), 'installing-'));
  source = await makeSource(join(folder, 'source'));
  await pushAll();
  config = configOf(join(folder, 'site'), [
    giteaConfig(gitea.url, { secret: gitea.bot.token, timeoutMs: 15_000 }),
    ociConfig(gitea.url, { name: 'packages', username: 'bot', secret: gitea.bot.token, timeoutMs: 15_000 }),
    ociConfig(distribution.url, {
      name: 'distribution',
      username: distribution.reader.username,
      secret: distribution.reader.password,
      timeoutMs: 15_000,
    }),
  ]);
  const report = await runIndexer(config);
  expect(report.outcomes.map(({ name, failure }) => [name, failure?.message])).toEqual(
    ['gitea', 'packages', 'distribution'].map((name) => [name, undefined]),
  );
  expect(report.problems).toEqual([]);
  proxy = await startProxy(config, { atEnd: (close) => void closers.push(close) });
});

afterAll(async () => {
  for (const close of closers) await close();
  await Promise.all([gitea?.remove(), distribution?.remove()]);
  await rm(folder, { recursive: true, force: true });
});

/** A folder with everything that is in extensions, and what is seldom in them. */
async function makeSource(at: string): Promise<string> {
  const files: Record<string, string | Buffer> = {
    'extension.toml': 'name = "everything"\n',
    'README.md': '# Grüße\n',
    'empty.txt': '',
    'lib/libtool.so.1.2': bytesOf(300_000, 'library'),
    'data/large.bin': bytesOf(3 * 1024 * 1024, 'large'),
    'text/日本語/ファイル.txt': 'text\n',
    'with space/and (brackets) & more.txt': 'name\n',
    [`deep/${'folder/'.repeat(20)}${'long-'.repeat(20)}name.txt`]: 'deep\n',
    '.hidden/.dotfile': 'dot\n',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(at, name)), { recursive: true });
    await writeFile(join(at, name), content);
  }
  await mkdir(join(at, 'empty folder'));
  await mkdir(join(at, 'bin'));
  await writeFile(join(at, 'bin/run'), '#!/bin/sh\necho run\n');
  await chmod(join(at, 'bin/run'), 0o755);
  await chmod(join(at, 'README.md'), 0o444);
  await symlink('libtool.so.1.2', join(at, 'lib/libtool.so.1'));
  await symlink('../lib/libtool.so.1', join(at, 'bin/libtool'));
  await symlink('data', join(at, 'share'));
  await link(join(at, 'data/large.bin'), join(at, 'data/same.bin'));
  return at;
}

async function packed(name: string, program: string, args: readonly string[]): Promise<Buffer> {
  const file = join(folder, name);
  await runProgram(
    program,
    args.map((each) => (each === 'ARCHIVE' ? file : each)),
    { cwd: source },
  );
  return readFile(file);
}

/** Archive -> bytes, of every program that there is. */
async function packSource(): Promise<Record<string, Buffer>> {
  const archives: Record<string, Buffer> = {
    'gnu.tar.gz': await packed('gnu.tar.gz', 'tar', ['--format=gnu', '-czf', 'ARCHIVE', '.']),
    'pax.tar.gz': await packed('pax.tar.gz', 'tar', ['--format=pax', '-czf', 'ARCHIVE', '.']),
    'plain.tar': await packed('plain.tar', 'tar', ['--format=pax', '-cf', 'ARCHIVE', '.']),
  };
  const more = {
    'info.zip': ['zip', '-qry', 'ARCHIVE', '.'],
    'zstd.tar.zst': ['tar', '--zstd', '-cf', 'ARCHIVE', '.'],
  };
  for (const [name, [program = '', ...args]] of Object.entries(more)) {
    const bytes = await packed(name, program, args).catch((error: Error) => {
      process.stdout.write(`not tried: ${name} (${error.message.split('\n')[0]})\n`);
      return undefined;
    });
    if (bytes !== undefined) archives[name] = bytes;
  }
  return archives;
}

async function withClients(registry: string, credentials: Credentials, work: (clients: OciClients) => Promise<void>) {
  const clients = await createClients(registry, credentials);
  try {
    await work(clients);
  } finally {
    await clients.remove();
  }
}

const pushed: string[] = [];

/** Each archive to Gitea's releases, to Gitea's packages and to distribution; a folder as oras itself packs it, too. */
async function pushAll(): Promise<void> {
  const archives = Object.entries(await packSource());
  const admin = { username: gitea.admin.username, password: gitea.admin.token };
  for (const [name, bytes] of archives) {
    const stem = name.split('.')[0]!;
    const repository = `${stem}_prov`;
    await gitea.seed.createRepository('acme', { name: repository, description: name });
    await pushRelease(gitea, repository, { tag: '1.0.0', assets: { [name]: bytes } });
    pushed.push(`provider/${stem}`, `taskserv/${stem}`, `cluster/${stem}`);
  }
  const pushWith = (type: string) => async (clients: OciClients) => {
    for (const [name, bytes] of archives) {
      const repository = `acme/${name.split('.')[0]}-${type}`;
      await clients.orasPush({
        repository,
        tag: '1.0.0',
        files: [{ name, bytes }],
        artifactType: 'application/vnd.example',
      });
    }
  };
  await withClients(gitea.registry, admin, pushWith('taskserv'));
  await withClients(distribution.registry, distribution.pusher, async (clients) => {
    await pushWith('cluster')(clients);
    // crane makes an image of it, whose layer has no title.
    const layer = (await packSource())['gnu.tar.gz']!;
    await clients.craneAppend({ repository: 'acme/crane-cluster', tag: '1.0.0', layer });
  });
  pushed.push('cluster/crane');
  await pushFolder();
}

/** `oras push … source/`: the layer's title is the folder's name, and only its media type says what it is. */
async function pushFolder(): Promise<void> {
  const { oras } = await provideTools();
  const env = { PATH: process.env['PATH'], HOME: folder, DOCKER_CONFIG: join(folder, 'docker') };
  const { username, password } = distribution.pusher;
  const login = ['login', '--plain-http', '--username', username, '--password-stdin', distribution.registry];
  await runProgram(oras, login, { env, input: password });
  const target = `${distribution.registry}/acme/folder-cluster:1.0.0`;
  const push = ['push', '--plain-http', '--artifact-type', 'application/vnd.example', target, 'source'];
  await runProgram(oras, push, { env, cwd: folder });
}

async function expectInstalled(place: Workplace, extension: string, below = ''): Promise<void> {
  const installed = join(place.root, extension, 'current', below);
  expect(await contentsOf(installed), extension).toEqual(await contentsOf(source));
  // By a program that is not ours, and byte by byte.
  await runProgram('diff', ['--recursive', '--no-dereference', `${source}/.`, `${installed}/.`]);
}

describe('extension install', () => {
  test('gives every file of what was pushed, wherever and however, as it was packed', async () => {
    const place = await openWorkplace({ url: `${proxy.url}/api/v1` });
    expect(pushed.length).toBeGreaterThan(9);
    const { code, stderr } = await place.run('install', ...pushed);
    expect({ code, errors: stderr.replaceAll(/^.*: downloaded, .*\n/gm, '') }).toEqual({ code: 0, errors: '' });
    for (const each of pushed) await expectInstalled(place, each);
    const verified = await place.run('verify');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout.match(/: ok, 14 files$/gm)).toHaveLength(pushed.length);
  });

  test('unpacks a folder that oras packed', async () => {
    const place = await openWorkplace({ url: `${proxy.url}/api/v1` });
    expect(await place.run('install', 'cluster/folder')).toMatchObject({ code: 0 });
    await expectInstalled(place, 'cluster/folder', 'source');
  });

  test('installs over a folder of the site what it installs over HTTP', async () => {
    const place = await openWorkplace({ url: join(config.site.path, 'api', 'v1') });
    expect(await place.run('install', 'provider/gnu', '--proxy', proxy.url)).toMatchObject({ code: 0 });
    await expectInstalled(place, 'provider/gnu');
    await rm(place.root, { recursive: true });
    expect(await place.run('install', '--frozen', '--offline')).toMatchObject({ code: 0 });
    await expectInstalled(place, 'provider/gnu');
  });
});
