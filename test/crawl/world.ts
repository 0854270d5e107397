import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { BuildDependencies, BuildReport } from '../../indexer/build-site.ts';
import type { Config } from '../../indexer/config/config.ts';
import type { ExtensionDocument, Item, NotesEntry, Pointer, VersionEntry } from '../../indexer/model/documents.ts';
import type { Memory } from '../../indexer/model/memory.ts';
import type { GiteaSource, OciSource } from '../../indexer/model/source-config.ts';
import { configOf, giteaConfig, NOON, ociConfig, runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import type { Fault } from '../fakes/faults.ts';
import { startFakeGitea, type FakeGitea, type FakeGiteaOptions, type Repository } from '../fakes/gitea.ts';
import { startFakeOci, type FakeOci, type FakeOciOptions } from '../fakes/oci.ts';
import { validateSite } from '../schema/validate-site.ts';

export const HOUR = 3_600_000;

/** File name -> content. */
export type Contents = Record<string, string>;

export interface WorldOptions {
  gitea?: FakeGiteaOptions;
  oci?: FakeOciOptions;
  giteaSource?: Partial<GiteaSource>;
  ociSource?: Partial<OciSource>;
  indexer?: Partial<Config['indexer']>;
  /** The order of preference. */
  order?: readonly ('gitea' | 'oci')[];
}

/** One Gitea and one OCI registry, both empty but for the organization `acme`, and an indexer that crawls them. */
export interface World {
  gitea: FakeGitea;
  oci: FakeOci;
  config: Config;
  /** One run, an hour later than the one before; what it publishes keeps the contract, and it asks nothing unexpected. */
  run(overrides?: Partial<BuildDependencies>): Promise<BuildReport>;
  /** Releases of a repository at Gitea, which is made where it is missing: tag -> names -> contents. */
  release(repository: string, releases: Record<string, Contents>): void;
  /** Makes the download of one attachment misbehave, until `gitea.heal()`. */
  spoil(repository: string, tag: string, fault: Fault): void;
  /** The path of the first attachment of a release. */
  attachmentPath(repository: string, tag: string): string;
  /** An artifact at the registry: titles -> contents. */
  push(repository: string, tag: string, layers: Contents): void;
  read<T>(path: string): Promise<T>;
  items(): Promise<Item[]>;
  extension(id: string): Promise<ExtensionDocument>;
  versions(id: string): Promise<VersionEntry[]>;
  notes(id: string): Promise<NotesEntry[]>;
  memory(): Promise<Memory>;
  pointer(): Promise<Pointer>;
  /** How often an attachment has been asked for since the logs were last emptied. */
  attachmentRequests(): number;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const gitea = await startFakeGitea({ organizations: ['acme'], ...options.gitea });
  const oci = await startFakeOci(options.oci);
  onTestFinished(async () => {
    await Promise.all([gitea.close(), oci.close()]);
  });
  const sources = {
    gitea: giteaConfig(gitea.url, options.giteaSource),
    oci: ociConfig(oci.url, options.ociSource),
  };
  const order = options.order ?? ['gitea', 'oci'];
  const config = configOf(
    await temporaryFolder(),
    order.map((each) => sources[each]),
    options.indexer,
  );
  const repositories = new Map<string, Repository>();
  const attachmentPath = (repository: string, tag: string): string => {
    const release = repositories.get(repository)?.releases.find((each) => each.tag === tag);
    return `/attachments/${release!.assets[0]!.uuid}`;
  };
  let runs = 0;
  const read = async <T>(path: string): Promise<T> =>
    JSON.parse(await readFile(join(v1Of(config), path, 'index.json'), 'utf8')) as T;
  return {
    gitea,
    oci,
    config,
    run: async (overrides = {}) => {
      const time = NOON + (runs += 1) * HOUR;
      const report = await runIndexer(config, { now: () => time, ...overrides });
      expect([...gitea.unexpected, ...oci.unexpected]).toEqual([]);
      if (report.published !== undefined) await expectValidSite(config);
      return report;
    },
    release: (repository, releases) => {
      if (!repositories.has(repository))
        repositories.set(repository, gitea.addRepository('acme', { name: repository }));
      for (const [tag, contents] of Object.entries(releases)) {
        const assets = Object.entries(contents).map(([name, content]) => ({ name, content }));
        gitea.addRelease('acme', repository, { tag, assets });
      }
    },
    spoil: (repository, tag, fault) => {
      const path = attachmentPath(repository, tag);
      gitea.misbehave({ match: (request) => request.path === path, fault });
    },
    attachmentPath,
    push: (repository, tag, layers) => {
      const specs = Object.entries(layers).map(([title, content]) => ({ title, content }));
      oci.pushArtifact(`acme/${repository}`, tag, { layers: specs });
    },
    read,
    items: () => read('extensions'),
    extension: (id) => read(`extensions/${id}`),
    versions: (id) => read(`extensions/${id}/versions`),
    notes: (id) => read(`extensions/${id}/notes`),
    memory: () => read('memory'),
    pointer: () => read(''),
    attachmentRequests: () => gitea.requests.filter((each) => each.path.startsWith('/attachments/')).length,
  };
}

/** Both kinds of source, several versions, an extension at both, a problem. */
export async function smallWorld(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  world.release('aws_prov', {
    'v1.0.0': { 'aws_prov.tar.gz': 'one' },
    '1.1.0+build.5': { 'aws_prov.tar.gz': 'two', 'README.md': 'read me' },
    '1.2.0': {},
  });
  world.release('redis_taskserv', { '7.2.0': { 'redis-7.2.0.tar.gz': 'redis' } });
  world.push('redis-taskserv', '7.2.0', { 'redis.tar.gz': 'redis' });
  world.push('k8s-cluster', '0.1.0-rc.1', { 'k8s.tar.gz': 'k8s' });
  return world;
}

/** Every document of the site is valid, and they fit together. */
export async function expectValidSite(config: Config): Promise<void> {
  expect((await validateSite(v1Of(config))).faults).toEqual([]);
}

/** `code subject` of each problem. */
export function problemsOf({ problems }: BuildReport): string[] {
  return problems.map((each) => `${each.code} ${each.subject}`);
}
