import { onTestFinished } from 'vitest';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { OciSource } from '../../indexer/model/source-config.ts';
import { giteaConfig, ociConfig } from '../builders.ts';
import { assetsOf, giteaRepository, ociRepository, ociTag } from '../sources/fake-worlds.ts';
import type { PublishedRelease, SourceWorld } from '../sources/contract.ts';
import { createClients, type Credentials } from './clients.ts';
import type { RealGitea } from './gitea.ts';
import type { GiteaRelease } from './gitea-api.ts';

/* The worlds of the contract of sources at real servers: a server for many tests, a namespace for each. */

let namespaces = 0;

function newNamespace(): string {
  return `acme-${(namespaces += 1)}`;
}

/** A real server takes longer than a fake. */
const TIMEOUT_MS = 15_000;

export async function giteaWorld(gitea: RealGitea): Promise<SourceWorld> {
  const { seed } = gitea;
  const organization = newNamespace();
  await seed.createOrganization(organization);
  const releases = new Map<string, GiteaRelease>();
  const known = new Set<string>();
  const fullName = (id: ExtensionId): string => `${organization}/${giteaRepository(id)}`;
  const keyOf = (id: ExtensionId, tag: string): string => `${id} ${tag}`;
  const upload = async (id: ExtensionId, releaseId: number, release: PublishedRelease): Promise<void> => {
    for (const { name, content } of assetsOf(release)) {
      await seed.uploadAsset(fullName(id), releaseId, { name, bytes: content });
    }
  };
  return {
    config: giteaConfig(gitea.url, { organization, secret: gitea.bot.token, timeoutMs: TIMEOUT_MS }),
    publish: async (id, release) => {
      const { description = '' } = release;
      if (!known.has(id)) await seed.createRepository(organization, { name: giteaRepository(id), description });
      known.add(id);
      const created = await seed.createRelease(fullName(id), { tag: release.tag });
      releases.set(keyOf(id, release.tag), created);
      await upload(id, created.id, release);
    },
    withdraw: (id, tag) => seed.deleteRelease(fullName(id), releases.get(keyOf(id, tag))!.id),
    replace: async (id, release) => {
      const { id: releaseId } = releases.get(keyOf(id, release.tag))!;
      for (const asset of await seed.listAssets(fullName(id), releaseId)) {
        await seed.deleteAsset(fullName(id), releaseId, asset.id);
      }
      await upload(id, releaseId, release);
    },
    // Gitea counts the releases of a repository that shows none, and refuses to list them.
    breakReading: async (id) => void (await seed.editRepository(fullName(id), { has_releases: false })),
    hide: () => seed.showOrganization(organization, 'private'),
    stop: gitea.stop,
    start: gitea.restart,
  };
}

export interface RegistryWorld {
  url: string;
  /** `host:port` */
  registry: string;
  /** Whoever pushes; undefined where everybody may. */
  pusher?: Credentials;
  config?: Partial<OciSource>;
  hide?: (namespace: string) => Promise<void>;
  stop: () => Promise<void>;
  restart: () => Promise<void>;
}

export async function registryWorld(server: RegistryWorld): Promise<SourceWorld> {
  const clients = await createClients(server.registry, server.pusher);
  onTestFinished(clients.remove);
  const namespace = newNamespace();
  const repositoryOf = (id: ExtensionId): string => `${namespace}/${ociRepository(id)}`;
  const { hide } = server;
  const publish: SourceWorld['publish'] = async (id, release) => {
    const { description } = release;
    await clients.orasPush({
      repository: repositoryOf(id),
      tag: ociTag(release.tag),
      files: assetsOf(release).map(({ name, content }) => ({ name, bytes: content })),
      ...(description !== undefined && { annotations: { 'org.opencontainers.image.description': description } }),
    });
  };
  return {
    config: ociConfig(server.url, { namespace, timeoutMs: TIMEOUT_MS, ...server.config }),
    publish,
    withdraw: (id, tag) => clients.craneDelete(repositoryOf(id), ociTag(tag)),
    replace: publish,
    // An image index whose only member is gone.
    breakReading: async (id, tag) => {
      const repository = repositoryOf(id);
      const files = [{ name: 'member.txt', bytes: 'member' }];
      const member = await clients.orasPush({ repository, tag: 'member', files, platform: 'linux/amd64' });
      await clients.craneIndex(repository, ociTag(tag), ['member']);
      await clients.craneDelete(repository, member);
    },
    ...(hide && { hide: () => hide(namespace) }),
    stop: server.stop,
    start: server.restart,
  };
}
