import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { createSource } from '../../indexer/sources/create-source.ts';
import type { Source } from '../../indexer/sources/source.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import type { SiteReader } from '../../indexer/storage/storage.ts';
import { buildApp } from '../../proxy/app.ts';
import type { DownloadLimits } from '../../proxy/server-limits.ts';
import { configOf, giteaConfig, NOON, ociConfig, runIndexer, v1Of } from '../builders.ts';
import { startFakeGitea, type FakeGitea } from '../fakes/gitea.ts';
import { startFakeOci, type FakeOci } from '../fakes/oci.ts';
import { ask, type Answer, type Ask } from './http.ts';
import { expectDocumented } from './openapi.ts';

export const PUBLIC_FOLDER = fileURLToPath(new URL('../../public', import.meta.url));

/** Bytes that do not compress and differ by their seed. */
export function bytesOf(sizeBytes: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update(seed).digest();
}

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const AWS_1 = bytesOf(5_000, 'aws 1.0.0');
export const AWS_1_1 = bytesOf(6_000, 'aws 1.1.0');
/** More than is held whole, and more than sockets take at once. */
export const BIG = bytesOf(3 * 1024 * 1024, 'big');
export const REDIS = bytesOf(4_000, 'redis');
export const SHARED = bytesOf(7_000, 'both');
export const SHARED_BIG = bytesOf(2 * 1024 * 1024, 'both big');

/** Takes what is to be done when a world is no longer needed; by default, when the test is over. */
export type AtEnd = (close: () => Promise<unknown>) => void;

const atEndOfTest: AtEnd = (close) => onTestFinished(async () => void (await close()));

/** Extensions at a Gitea and a registry; `provider/both` is at both, with the same bytes. */
export async function startBackends(atEnd = atEndOfTest): Promise<{ gitea: FakeGitea; oci: FakeOci }> {
  const gitea = await startFakeGitea({ organizations: ['acme'] });
  const oci = await startFakeOci();
  atEnd(() => Promise.all([gitea.close(), oci.close()]));
  gitea.addRepository('acme', { name: 'aws_prov', description: 'Amazon Web Services', topics: ['cloud', 'amazon'] });
  gitea.addRelease('acme', 'aws_prov', {
    tag: 'v1.0.0',
    body: 'The first.',
    assets: [
      { name: 'aws_prov.tar.gz', content: AWS_1 },
      { name: 'notes für aws.txt', content: 'Grüße' },
    ],
  });
  gitea.addRelease('acme', 'aws_prov', {
    tag: '1.1.0+build.5',
    assets: [{ name: 'aws_prov.tar.gz', content: AWS_1_1 }],
  });
  gitea.addRelease('acme', 'aws_prov', {
    tag: '2.0.0-rc.1',
    prerelease: true,
    assets: [{ name: 'aws_prov.tar.gz', content: 'release candidate' }],
  });
  gitea.addRepository('acme', { name: 'big_taskserv', description: 'Large files' });
  gitea.addRelease('acme', 'big_taskserv', { tag: '1.0.0', assets: [{ name: 'big_taskserv.tar.gz', content: BIG }] });
  gitea.addRepository('acme', { name: 'many_cluster', description: 'Several archives, none of them primary' });
  gitea.addRelease('acme', 'many_cluster', {
    tag: '0.1.0',
    assets: [
      { name: 'linux.tar.gz', content: 'for linux' },
      { name: 'darwin.tar.gz', content: 'for darwin' },
    ],
  });
  gitea.addRepository('acme', { name: 'both_prov', description: 'At both sources' });
  gitea.addRelease('acme', 'both_prov', { tag: '3.0.0', assets: [{ name: 'both.tar.gz', content: SHARED }] });
  gitea.addRelease('acme', 'both_prov', { tag: '3.1.0', assets: [{ name: 'both.tar.gz', content: SHARED_BIG }] });
  oci.pushArtifact('acme/both-provider', '3.0.0', { layers: [{ title: 'both.tar.gz', content: SHARED }] });
  oci.pushArtifact('acme/both-provider', '3.1.0', { layers: [{ title: 'both.tar.gz', content: SHARED_BIG }] });
  oci.pushArtifact('acme/redis-taskserv', '7.2.0', {
    annotations: { 'org.opencontainers.image.description': 'In-memory data store' },
    layers: [{ title: 'redis-7.2.0.tar.gz', content: REDIS }],
  });
  return { gitea, oci };
}

export interface Proxy {
  app: FastifyInstance;
  url: string;
  /** Below `/api/v1`. Throws for an answer that the OpenAPI document does not describe. */
  get: (path: string, options?: Ask) => Promise<Answer>;
  /** Lines of the log as they came. */
  log: Record<string, unknown>[];
  /** The line of the log that has this event, when it is there. */
  logged: (event: string) => Promise<Record<string, unknown>>;
  clock: { nowMs: number };
}

export interface ProxyOptions {
  reader?: SiteReader;
  sources?: ReadonlyMap<string, Source>;
  publicFolder?: string;
  downloadLimits?: DownloadLimits;
  atEnd?: AtEnd;
}

/** The configured sources, by name, as patient as a test. */
export function sourcesOf(config: Config, now = () => NOON): ReadonlyMap<string, Source> {
  const retry = { tries: 3, baseDelayMs: 1, maxDelayMs: 20 };
  const dependencies = { types: config.types, concurrency: 16, random: () => 0.5, now, retry };
  return new Map(config.sources.map((each) => [each.name, createSource(each, dependencies)]));
}

/** The real app, listening, over what is published below `config.site.path`. Its clock stands still at noon. */
export async function startProxy(config: Config, options: ProxyOptions = {}): Promise<Proxy> {
  const { atEnd = atEndOfTest } = options;
  const clock = { nowMs: NOON };
  const now = () => clock.nowMs;
  const sources = options.sources ?? sourcesOf(config, now);
  const log: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  const app = buildApp({
    config,
    reader: options.reader ?? createFolderReader({ root: v1Of(config) }),
    sources,
    now,
    random: Math.random,
    log: {
      level: 'info',
      stream: {
        write(line) {
          log.push(JSON.parse(line) as Record<string, unknown>);
          for (const wake of waiting.splice(0)) wake();
        },
      },
    },
    publicFolder: options.publicFolder ?? PUBLIC_FOLDER,
    ...(options.downloadLimits && { downloadLimits: options.downloadLimits }),
    version: '9.9.9',
  });
  atEnd(async () => {
    app.server.closeAllConnections();
    await app.close();
    await Promise.all([...sources.values()].map((each) => each.close()));
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    url,
    clock,
    log,
    get: async (path, asked = {}) => {
      const answer = await ask(`${url}/api/v1${path}`, asked);
      expectDocumented({ method: asked.method ?? 'GET', target: `/api/v1${path}` }, answer);
      return answer;
    },
    async logged(event) {
      for (;;) {
        const line = log.find((each) => each['event'] === event);
        if (line) return line;
        await new Promise<void>((resolve) => void waiting.push(resolve));
      }
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** Backends, a published site and the proxy over it. */
export async function startWorld(indexer: Partial<Config['indexer']> = {}, atEnd = atEndOfTest) {
  const { gitea, oci } = await startBackends(atEnd);
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const plain = configOf(folder, [giteaConfig(gitea.url), ociConfig(oci.url)], indexer);
  const config = { ...plain, site: { ...plain.site, badges: true } };
  await runIndexer(config);
  gitea.forget();
  oci.forget();
  return { gitea, oci, config, ...(await startProxy(config, { atEnd })) };
}

/** One world for all tests of a file that change nothing in it; its backends' request logs are empty at each call. */
export function sharedWorld(): () => World {
  const closers: (() => Promise<unknown>)[] = [];
  let world: World;
  beforeAll(async () => {
    world = await startWorld({}, (close) => void closers.push(close));
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });
  return () => {
    world.gitea.forget();
    world.oci.forget();
    return world;
  };
}

/**
 * One published site and its backends for all tests of a file, and for each call a proxy of its own, which trusts
 * everybody and has counted nothing. The faults that an earlier test has set are healed.
 */
export function sharedSite(): () => Promise<World> {
  const shared = sharedWorld();
  return async () => {
    const world = shared();
    world.gitea.heal();
    world.oci.heal();
    return { ...world, ...(await startProxy(world.config)) };
  };
}

/** Waits until a backend's reply has ended, whoever ended it. */
export async function untilOver(server: FakeGitea | FakeOci): Promise<void> {
  while (server.requests.some((each) => each.outcome === 'open')) await new Promise((resolve) => setImmediate(resolve));
}
