import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Config } from '../../indexer/config/config.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import type { VersionEntry } from '../../indexer/model/documents.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { fileOf, versionsPath } from '../../indexer/site/layout.ts';
import { configOf, giteaConfig, ociConfig, v1Of } from '../builders.ts';
import { bytesOf } from '../proxy/world.ts';
import { createClients, type Credentials, type OciClients, type OrasPush } from './clients.ts';
import { startDistribution, type RealDistribution } from './distribution.ts';
import { startGitea, type RealGitea } from './gitea.ts';
import type { NewRelease } from './gitea-api.ts';

/*
 * Everything that the product reads, at real servers: a Gitea with releases and with packages, and three distributions.
 * What is pushed is written down in the words of the published documents.
 */

export interface Backends {
  gitea: RealGitea;
  open: RealDistribution;
  basic: RealDistribution;
  bearer: RealDistribution;
  remove: () => Promise<void>;
}

/** A version as it should be listed. */
export interface Pushed {
  extension: string;
  version: string;
  /** Source names, the most preferred first. */
  sources: string[];
  /** Asset name -> bytes. */
  assets: Record<string, Buffer>;
}

/** Gitea's links name another host than the one that is asked, as behind a reverse proxy. */
export async function startBackends(): Promise<Backends> {
  const [gitea, open, basic, bearer] = await Promise.all([
    startGitea({ rootUrl: 'http://gitea.example.test/' }),
    startDistribution({ auth: 'open' }),
    startDistribution({ auth: 'htpasswd' }),
    startDistribution({ auth: 'token' }),
  ]);
  const all = [gitea, open, basic, bearer];
  return { gitea, open, basic, bearer, remove: async () => void (await Promise.all(all.map((each) => each.remove()))) };
}

export function productConfig({ gitea, open, basic, bearer }: Backends, folder: string): Config {
  const timeoutMs = 15_000;
  const asReader = ({ reader }: RealDistribution) => ({ username: reader.username, secret: reader.password });
  const tokenService = new URL(bearer.issuer!.realm).origin;
  return configOf(folder, [
    giteaConfig(gitea.url, { secret: gitea.bot.token, timeoutMs }),
    ociConfig(gitea.url, { name: 'packages', username: 'bot', secret: gitea.bot.token, timeoutMs }),
    ociConfig(open.url, { name: 'open', timeoutMs }),
    ociConfig(basic.url, { name: 'basic', ...asReader(basic), timeoutMs }),
    ociConfig(bearer.url, { name: 'bearer', ...asReader(bearer), tokenService, timeoutMs }),
  ]);
}

/** A release of the organization `acme`, its repository made when it is the first. */
export async function pushRelease(
  { seed }: RealGitea,
  repository: string,
  release: NewRelease & { assets: Readonly<Record<string, Uint8Array | string>> },
): Promise<number> {
  const { assets, ...rest } = release;
  const { id } = await seed.createRelease(`acme/${repository}`, rest);
  for (const [name, bytes] of Object.entries(assets)) {
    await seed.uploadAsset(`acme/${repository}`, id, { name, bytes });
  }
  return id;
}

export const AWS = bytesOf(200_000, 'aws 1.0.0');
const BIG = bytesOf(5 * 1024 * 1024, 'big');
const ofAws = (version: string): Record<string, Buffer> => ({ 'aws_prov.tar.gz': bytesOf(30_000, `aws ${version}`) });
const hexOf = (bytes: Buffer): string => digestOf(bytes).slice('sha256:'.length);

export async function seedGitea(gitea: RealGitea): Promise<Pushed[]> {
  const { seed } = gitea;
  await seed.createOrganization('acme');
  const create = (name: string, isPrivate = false) =>
    seed.createRepository('acme', { name, description: `About ${name}`, private: isPrivate });
  for (const name of ['aws_prov', 'hostile_taskserv', 'many_cluster', 'empty_cluster', 'liar_prov', 'website']) {
    await create(name);
  }
  await create('private_prov', true);
  await seed.setTopics('acme/aws_prov', ['cloud', 'amazon']);

  const sidecar = Buffer.from(`${hexOf(AWS)}  aws_prov.tar.gz\n`);
  const first = { 'README.md': Buffer.from('# AWS\n'), 'aws_prov.tar.gz': AWS, 'aws_prov.tar.gz.sha256': sidecar };
  await pushRelease(gitea, 'aws_prov', { tag: 'v1.0.0', body: 'The first.', assets: first });
  await pushRelease(gitea, 'aws_prov', { tag: '1.1.0+build.5', assets: ofAws('1.1.0') });
  await pushRelease(gitea, 'aws_prov', { tag: 'v2.0.0-rc.1', prerelease: true, assets: ofAws('2.0.0') });
  // As CI does: the tag first, then its release, which takes the tag's date and comes last in the list.
  await seed.pushTag({ repository: 'acme/aws_prov', tag: 'v0.1.0', date: '2020-01-02T03:04:05Z', message: 'Old' });
  await pushRelease(gitea, 'aws_prov', { tag: 'v0.1.0', assets: ofAws('0.1.0') });
  await pushRelease(gitea, 'aws_prov', { tag: 'v3.0.0', draft: true, assets: ofAws('3.0.0') });
  await pushRelease(gitea, 'aws_prov', { tag: 'nightly', assets: ofAws('nightly') });

  const tool = bytesOf(5_000, 'hostile');
  const hostile = { 'a/b.bin': 'x', '..': 'x', 'two\nlines': 'x', 'empty.txt': '', 'über tool.tar.gz': tool };
  await pushRelease(gitea, 'hostile_taskserv', { tag: '1.0.0', assets: hostile });
  const many = { 'darwin.tar.gz': bytesOf(900, 'darwin'), 'linux.tar.gz': BIG };
  await pushRelease(gitea, 'many_cluster', { tag: '1.0.0', assets: many });
  await pushRelease(gitea, 'empty_cluster', { tag: '1.0.0', assets: {} });
  const lie = { 'liar.zip': 'what is attached', 'liar.zip.sha256': `${'0'.repeat(64)}  liar.zip\n` };
  await pushRelease(gitea, 'liar_prov', { tag: '1.0.0', assets: lie });
  await pushRelease(gitea, 'private_prov', { tag: '1.0.0', assets: { 'secret.tar.gz': 'secret' } });

  const listed = (extension: string, version: string, assets: Record<string, Buffer>): Pushed => ({
    extension,
    version,
    assets,
    sources: ['gitea'],
  });
  return [
    listed('provider/aws', '2.0.0-rc.1', ofAws('2.0.0')),
    listed('provider/aws', '1.1.0+build.5', ofAws('1.1.0')),
    // The same bytes are pushed to the registry with Bearer too.
    { ...listed('provider/aws', '1.0.0', first), sources: ['gitea', 'bearer'] },
    listed('provider/aws', '0.1.0', ofAws('0.1.0')),
    listed('taskserv/hostile', '1.0.0', { 'empty.txt': Buffer.alloc(0), 'über tool.tar.gz': tool }),
    listed('cluster/many', '1.0.0', many),
  ];
}

/** The files of a push by name, each of which says its push. */
function filesOf(push: Pick<OrasPush, 'repository' | 'tag'>, ...names: readonly string[]): Record<string, Buffer> {
  return Object.fromEntries(names.map((name) => [name, bytesOf(3_000, `${push.repository} ${push.tag} ${name}`)]));
}

async function orasPush(clients: OciClients, push: Omit<OrasPush, 'files'>, files: Record<string, Buffer>) {
  await clients.orasPush({ ...push, files: Object.entries(files).map(([name, bytes]) => ({ name, bytes })) });
}

async function withClients<T>(
  registry: string,
  credentials: Credentials | undefined,
  work: (clients: OciClients) => Promise<T>,
): Promise<T> {
  const clients = await createClients(registry, credentials);
  try {
    return await work(clients);
  } finally {
    await clients.remove();
  }
}

export async function seedRegistries({ gitea, open, basic, bearer }: Backends): Promise<Pushed[]> {
  const admin = { username: gitea.admin.username, password: gitea.admin.token };
  return [
    ...(await withClients(gitea.registry, admin, (clients) =>
      seedPlain(clients, { source: 'packages', repository: 'acme/redis-taskserv', tags: ['7.2.0', 'V7.3.0'] }),
    )),
    ...(await withClients(open.registry, undefined, seedOpen)),
    ...(await withClients(basic.registry, basic.pusher, (clients) =>
      seedPlain(clients, { source: 'basic', repository: 'acme/locked-taskserv', tags: ['1.0.0'] }),
    )),
    ...(await withClients(bearer.registry, bearer.pusher, async (clients) => {
      await orasPush(clients, { repository: 'acme/aws-provider', tag: '1.0.0' }, { 'aws_prov.tar.gz': AWS });
      return seedPlain(clients, { source: 'bearer', repository: 'acme/token-cluster', tags: ['1.0.0', '1.1.0_b.5'] });
    })),
  ];
}

interface PlainSeed {
  source: string;
  /** `acme/NAME-TYPE` */
  repository: string;
  tags: readonly string[];
}

async function seedPlain(clients: OciClients, { source, repository, tags }: PlainSeed): Promise<Pushed[]> {
  const [, name, type] = /\/(.+)-([a-z]+)$/.exec(repository)!;
  const pushed: Pushed[] = [];
  for (const tag of tags) {
    const assets = filesOf({ repository, tag }, `${name}.tar.gz`, 'LICENSE');
    await orasPush(clients, { repository, tag, artifactType: 'application/vnd.example.extension' }, assets);
    const version = tag.toLowerCase().replace(/^v/, '').replace('_', '+');
    pushed.push({ extension: `${type}/${name}`, version, sources: [source], assets });
  }
  return pushed;
}

async function seedOpen(clients: OciClients): Promise<Pushed[]> {
  const repository = 'acme/multi-provider';
  const members: Record<string, Buffer> = {};
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    const tag = `member-${platform.replace('/', '-')}`;
    const files = filesOf({ repository, tag }, 'tool.tar.gz');
    await orasPush(clients, { repository, tag, platform, artifactType: 'application/vnd.example.extension' }, files);
    members[`tool-${platform.replace('/', '-')}.tar.gz`] = files['tool.tar.gz']!;
  }
  const tags = Object.keys(members).map((each) => each.replace('tool', 'member').replace('.tar.gz', ''));
  await clients.craneIndex(repository, '1.0.0', tags);
  for (const tag of tags) await clients.craneDelete(repository, tag);

  // What is no gzip, crane makes one of.
  const layer = gzipSync(bytesOf(2_000, 'untitled'));
  await clients.craneAppend({ repository: 'acme/untitled-cluster', tag: '1.0.0', layer });
  await clients.craneTag('acme/untitled-cluster', '1.0.0', 'latest');

  const signed = await seedPlain(clients, { source: 'open', repository: 'acme/signed-taskserv', tags: ['1.0.0'] });
  const about = { repository: 'acme/signed-taskserv', subject: '1.0.0', artifactType: 'application/vnd.example.sbom' };
  await clients.orasAttach({ ...about, files: [{ name: 'sbom.json', bytes: '{}' }] });
  await seedPlain(clients, { source: 'open', repository: 'acme/emptied-cluster', tags: ['1.0.0'] });
  await clients.craneDelete('acme/emptied-cluster', '1.0.0');
  await seedPlain(clients, { source: 'open', repository: 'other/ignored-provider', tags: ['1.0.0'] });
  return [
    { extension: 'provider/multi', version: '1.0.0', sources: ['open'], assets: members },
    { extension: 'cluster/untitled', version: '1.0.0', sources: ['open'], assets: { 'untitled-1.0.0.tar.gz': layer } },
    ...signed,
  ];
}

/** The published versions of an extension; none when it has no document. */
export async function readVersions(config: Config, extension: string): Promise<VersionEntry[]> {
  const text = await readFile(join(v1Of(config), fileOf(versionsPath(extension as ExtensionId))), 'utf8');
  return JSON.parse(text) as VersionEntry[];
}

/** A published entry in the words of `Pushed`, with digests for bytes. */
export function summarize({ version, sources, assets }: VersionEntry) {
  return { version, sources, assets: Object.fromEntries(assets.map((each) => [each.name, each.digest])) };
}

export function expected({ version, sources, assets }: Pushed) {
  return {
    version,
    sources,
    assets: Object.fromEntries(Object.entries(assets).map(([name, bytes]) => [name, digestOf(bytes)])),
  };
}
