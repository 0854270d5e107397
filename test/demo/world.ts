import { createHash } from 'node:crypto';
import { createTarGz } from '../fakes/archive.ts';
import { startFakeGitea, type AssetSpec, type FakeGitea } from '../fakes/gitea.ts';
import { startFakeOci, type FakeOci } from '../fakes/oci.ts';
import { IN_GITEA, IN_OCI, type DemoExtension } from './extensions.ts';

/** A small world of two backends on the loopback: the same at every start, but for the ports. */
export interface DemoWorld {
  readonly gitea: FakeGitea;
  readonly oci: FakeOci;
  /** For `[gitea] url` and `organization`. */
  readonly giteaUrl: string;
  readonly organization: string;
  /** For `[oci] registry` and `namespace`. */
  readonly registryUrl: string;
  readonly namespace: string;
  /** For `[oci] keywords_annotation`. */
  readonly keywordsAnnotation: string;
  close(): Promise<void>;
}

export interface DemoWorldOptions {
  /** 0 (the default) takes any free port. */
  readonly giteaPort?: number;
  readonly ociPort?: number;
}

const ORGANIZATION = 'infra-extensions';
const NAMESPACE = 'infra-extensions';
const KEYWORDS = 'org.example.keywords';
const SUFFIXES = { provider: '_prov', taskserv: '_taskserv', cluster: '_cluster' } as const;
const versionOf = (tag: string) => tag.replace(/^v/, '').replace('_', '+');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The bytes depend on nothing but the identity, so the shared version has one digest at both backends. */
function archiveOf(
  { type, name }: Pick<DemoExtension, 'type' | 'name'>,
  version: string,
  platform = 'any',
): Uint8Array {
  return createTarGz([
    { name: `${name}/extension.toml`, content: `type = "${type}"\nname = "${name}"\nversion = "${version}"\n` },
    { name: `${name}/README.md`, content: `# ${type}/${name} ${version}\n\nFor ${platform} platform.\n` },
    { name: `${name}/install.sh`, content: `#!/bin/sh\nset -eu\necho "installing ${name} ${version}"\n` },
  ]);
}

function sidecarOf(asset: AssetSpec, digest = sha256(Buffer.from(asset.content))): AssetSpec {
  return { name: `${asset.name}.sha256`, content: `${digest}  ${asset.name}\n` };
}

/** Some weeks between two releases, and some hours between two extensions. */
function releasedAt(extensionNumber: number, releaseNumber: number): string {
  const time = Date.UTC(2026, 1, 2, 9) + extensionNumber * 7 * 3_600_000 + releaseNumber * 23 * 86_400_000;
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function renderNotes({ name, changes }: DemoExtension, version: string, number: number): string {
  const change = changes[number % changes.length] ?? 'Maintenance';
  return `## ${name} ${version}\n\n- **${change}**\n- Small fixes, see the [history](https://example.test/${name})\n`;
}

function fillGitea(gitea: FakeGitea): void {
  for (const [extensionNumber, extension] of IN_GITEA.entries()) {
    const { type, name, description, license, keywords, tags } = extension;
    const repository = `${name}${SUFFIXES[type]}`;
    const website = `https://example.test/extensions/${name}`;
    const licenses = license === undefined ? [] : [license];
    gitea.addRepository(ORGANIZATION, { name: repository, description, topics: [...keywords], licenses, website });
    for (const [number, tag] of tags.entries()) {
      const version = versionOf(tag);
      const asset = { name: `${name}-${version}.tar.gz`, content: archiveOf(extension, version) };
      gitea.addRelease(ORGANIZATION, repository, {
        tag,
        body: renderNotes(extension, version, number),
        prerelease: version.includes('-'),
        createdAt: releasedAt(extensionNumber, number),
        author: number % 2 === 0 ? 'ci-bot' : 'mira',
        assets: [asset, sidecarOf(asset)],
      });
    }
  }
}

/** What a crawl must live with: each becomes a problem, and none stops it. */
function addGiteaProblems(gitea: FakeGitea): void {
  const add = (repository: string, tag: string, assets: readonly AssetSpec[]) =>
    gitea.addRelease(ORGANIZATION, repository, { tag, assets, createdAt: '2026-09-01T08:00:00Z' });
  const etcd = { type: 'taskserv', name: 'etcd' } as const;
  const redis = { name: 'redis-7.4.0.tar.gz', content: archiveOf({ type: 'taskserv', name: 'redis' }, '7.4.0') };
  add('etcd_taskserv', 'nightly', [{ name: 'etcd-nightly.tar.gz', content: archiveOf(etcd, '0.0.0') }]);
  add('etcd_taskserv', 'v3.6.0-rc.2', [
    { name: 'etcd-linux-amd64.tar.gz', content: archiveOf(etcd, '3.6.0-rc.2', 'linux/amd64') },
    { name: 'etcd-linux-arm64.tar.gz', content: archiveOf(etcd, '3.6.0-rc.2', 'linux/arm64') },
  ]);
  add('redis_taskserv', '7.4.0', [redis, sidecarOf(redis, sha256(Buffer.from('other bytes')))]);
  add('coredns_taskserv', 'v1.12.0', []);
  gitea.addAsset(ORGANIZATION, 'cilium_taskserv', { tag: 'v1.16.3', name: '../../etc/cron.d/cilium', content: 'no\n' });
  gitea.addRelease(ORGANIZATION, 'aws_prov', { tag: 'v2.1.0', draft: true });
  gitea.addRepository(ORGANIZATION, { name: 'handbook', description: 'How we write extensions' });
  gitea.addRepository(ORGANIZATION, { name: 'payroll_cluster', private: true });
  gitea.addRepository(ORGANIZATION, { name: 'openbao_taskserv', description: 'Nothing released yet', empty: true });
}

function fillOci(oci: FakeOci): void {
  for (const [extensionNumber, extension] of IN_OCI.entries()) {
    for (const [number, tag] of extension.tags.entries()) {
      const created = releasedAt(IN_GITEA.length + extensionNumber, number);
      pushRelease(oci, extension, { tag, created });
    }
  }
  const signed = oci.pushArtifact(`${NAMESPACE}/prometheus-taskserv`, 'latest', {
    layers: [{ content: 'not a version' }],
  });
  oci.attachReferrerTag(`${NAMESPACE}/prometheus-taskserv`, signed.digest);
  oci.attachReferrerTag(`${NAMESPACE}/prometheus-taskserv`, signed.digest, 'cosign');
  oci.pushRaw(`${NAMESPACE}/longhorn-taskserv`, '1.2.0', {
    bytes: '{"schemaVersion": 1}',
    mediaType: 'application/vnd.docker.distribution.manifest.v1+json',
  });
  oci.emptyRepository(`${NAMESPACE}/vault-taskserv`);
  oci.pushArtifact('someone-else/tool', '1.0.0', { layers: [{ title: 'tool', content: 'not ours' }] });
}

function pushRelease(oci: FakeOci, extension: DemoExtension, release: { tag: string; created: string }): void {
  const { type, name, description, license, keywords } = extension;
  const repository = `${NAMESPACE}/${name}-${type}`;
  const version = versionOf(release.tag);
  const artifactType = 'application/vnd.example.extension.v1';
  const annotations = {
    'org.opencontainers.image.created': release.created,
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.authors': 'Platform team <platform@example.test>',
    'org.opencontainers.image.url': `https://example.test/extensions/${name}`,
    'org.opencontainers.image.source': `https://git.example.test/${NAMESPACE}/${name}`,
    [KEYWORDS]: keywords.join(','),
    ...(license === undefined ? {} : { 'org.opencontainers.image.licenses': license }),
  };
  const layerFor = (platform: string, suffix = '') => ({
    title: `${name}-${version}${suffix}.tar.gz`,
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    content: archiveOf(extension, version, platform),
  });
  if (name !== 'nats') {
    oci.pushArtifact(repository, release.tag, { artifactType, annotations, layers: [layerFor('any')] });
    return;
  }
  const manifests = ['amd64', 'arm64'].map((architecture) => ({
    platform: { os: 'linux', architecture },
    artifactType,
    annotations,
    layers: [layerFor(`linux/${architecture}`, `-linux-${architecture}`)],
  }));
  oci.pushImageIndex(repository, release.tag, { artifactType, annotations, manifests });
}

export async function startDemoWorld({ giteaPort = 0, ociPort = 0 }: DemoWorldOptions = {}): Promise<DemoWorld> {
  const gitea = await startFakeGitea({ organizations: [ORGANIZATION], rootUrl: 'self', port: giteaPort });
  const oci = await startFakeOci({ port: ociPort });
  fillGitea(gitea);
  addGiteaProblems(gitea);
  fillOci(oci);
  return {
    gitea,
    oci,
    giteaUrl: gitea.url,
    organization: ORGANIZATION,
    registryUrl: oci.url,
    namespace: NAMESPACE,
    keywordsAnnotation: KEYWORDS,
    async close() {
      await Promise.all([gitea.close(), oci.close()]);
    },
  };
}
