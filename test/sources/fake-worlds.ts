import { onTestFinished } from 'vitest';
import { nameOf, typeOf, type ExtensionId } from '../../indexer/model/extension.ts';
import type { SourceConfig } from '../../indexer/model/source-config.ts';
import { giteaConfig, ociConfig } from '../builders.ts';
import type { FakeServer, FakeServerOptions } from '../fakes/fake-server.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci, type FakeOciOptions } from '../fakes/oci.ts';
import type { PublishedRelease, SourceWorld } from './contract.ts';

const ENDINGS: Readonly<Record<string, readonly [gitea: string, oci: string]>> = {
  provider: ['_prov', '-provider'],
  taskserv: ['_taskserv', '-taskserv'],
  cluster: ['_cluster', '-cluster'],
};

/** The repository of an extension at Gitea, without its organization. */
export function giteaRepository(id: ExtensionId): string {
  return nameOf(id) + ENDINGS[typeOf(id)]![0];
}

/** The repository of an extension in a registry, without its namespace. */
export function ociRepository(id: ExtensionId): string {
  return nameOf(id) + ENDINGS[typeOf(id)]![1];
}

/** The tag of a version: a tag cannot have a `+`. */
export function ociTag(tag: string): string {
  return tag.replaceAll('+', '_');
}

export function assetsOf({ assets }: PublishedRelease): { name: string; content: string | Uint8Array }[] {
  return Object.entries(assets).map(([name, content]) => ({ name, content }));
}

type TlsSettings = Partial<Pick<SourceConfig, 'ca' | 'verifyTls'>>;

/** What a fake does in every world: breaks every connection, and comes back. */
function outageOf(server: FakeServer): Pick<SourceWorld, 'stop' | 'start' | 'unexpected'> {
  return {
    stop: async () => void server.misbehave({ match: /./, fault: { kind: 'reset' } }),
    start: async () => server.heal(),
    unexpected: () => server.unexpected.map((each) => `${each.method} ${each.path}`),
  };
}

/** @param tls what the configuration says of TLS */
export async function fakeGiteaWorld(options: FakeServerOptions = {}, tls: TlsSettings = {}): Promise<SourceWorld> {
  const gitea = await startFakeGitea(options);
  onTestFinished(() => gitea.close());
  const organization = gitea.addOrganization({ name: 'acme' });
  gitea.addToken({ token: 'giteatoken', sees: 'public' });
  const known = new Set<string>();
  const publish: SourceWorld['publish'] = async (id, release) => {
    const name = giteaRepository(id);
    const { description = '' } = release;
    if (!known.has(name)) gitea.addRepository('acme', { name, description });
    known.add(name);
    gitea.addRelease('acme', name, { tag: release.tag, assets: assetsOf(release) });
  };
  return {
    config: giteaConfig(gitea.url, { secret: 'giteatoken', ...tls }),
    publish,
    withdraw: async (id, tag) => gitea.removeRelease('acme', giteaRepository(id), tag),
    replace: async (id, release) => {
      for (const asset of assetsOf(release)) {
        gitea.replaceAsset('acme', giteaRepository(id), { ...asset, tag: release.tag });
      }
    },
    breakReading: async (id) => {
      const match = new RegExp(`/repos/acme/${giteaRepository(id)}/releases`);
      gitea.misbehave({ match, fault: { kind: 'status', status: 500 } });
    },
    hide: async () => void (organization.visibility = 'private'),
    ...outageOf(gitea),
  };
}

const READER = { name: 'reader', password: 'readpassword', sees: 'public' } as const;

interface FakeOciWorldOptions extends FakeOciOptions {
  /** With the user `reader`; without it everybody may read. */
  isSecured?: boolean;
}

/** @param tls what the configuration says of TLS */
export async function fakeOciWorld(
  { isSecured = false, ...options }: FakeOciWorldOptions,
  tls: TlsSettings = {},
): Promise<SourceWorld> {
  const oci = await startFakeOci({ ...options, ...(isSecured && { users: [READER] }) });
  onTestFinished(() => oci.close());
  const repositoryOf = (id: ExtensionId): string => `acme/${ociRepository(id)}`;
  const publish: SourceWorld['publish'] = async (id, release) => {
    const { description } = release;
    oci.pushArtifact(repositoryOf(id), ociTag(release.tag), {
      annotations: description === undefined ? {} : { 'org.opencontainers.image.description': description },
      layers: assetsOf(release).map(({ name, content }) => ({ title: name, content })),
    });
  };
  return {
    config: ociConfig(oci.url, {
      ...tls,
      ...(isSecured && { username: READER.name, secret: READER.password }),
      ...(oci.tokenService && { tokenService: oci.tokenService.url }),
    }),
    publish,
    withdraw: async (id, tag) => oci.deleteTag(repositoryOf(id), ociTag(tag)),
    replace: publish,
    breakReading: async (id, tag) => {
      const match = new RegExp(`/v2/${repositoryOf(id)}/manifests/${ociTag(tag)}$`);
      oci.misbehave({ match, fault: { kind: 'status', status: 500 } });
    },
    hide: async () => oci.hideOwner('acme'),
    ...outageOf(oci),
  };
}
