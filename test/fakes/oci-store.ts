import { createHash } from 'node:crypto';

export type OciDigest = `sha256:${string}`;
export type Annotations = Readonly<Record<string, string>>;

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: OciDigest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly platform?: Platform;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export interface LayerSpec {
  /** `org.opencontainers.image.title`; a layer without it is not a file. */
  readonly title?: string;
  readonly mediaType?: string;
  readonly content: Uint8Array | string;
  readonly annotations?: Annotations;
}

export interface ArtifactSpec {
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly layers: readonly LayerSpec[];
  /** Default: the empty config, as oras packs since 1.1. */
  readonly config?: { readonly mediaType: string; readonly content: Uint8Array | string };
  readonly subject?: Descriptor;
}

export interface ImageIndexSpec {
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly manifests: readonly (ArtifactSpec & { readonly platform?: Platform })[];
}

export interface PushedManifest extends Descriptor {
  readonly layers: readonly Descriptor[];
}

export interface PushedIndex extends Descriptor {
  readonly manifests: readonly PushedManifest[];
}

/** The pushing side; every method acts at once. Times are not added by themselves, so that digests are stable. */
export interface OciWorld {
  /** Without a tag it is reachable by its digest only. */
  pushArtifact(repository: string, tag: string | undefined, spec: ArtifactSpec): PushedManifest;
  pushImageIndex(repository: string, tag: string | undefined, spec: ImageIndexSpec): PushedIndex;
  /** Any bytes as a manifest, with whatever Content-Type: garbage, Docker's formats, a wrong `mediaType`. */
  pushRaw(
    repository: string,
    tag: string | undefined,
    raw: { readonly bytes: Uint8Array | string; readonly mediaType: string },
  ): Descriptor;
  moveTag(repository: string, tag: string, digest: string): void;
  deleteTag(repository: string, tag: string): void;
  /** With it go all its tags. */
  deleteManifest(repository: string, digest: string): void;
  /** `referrers`: `sha256-<hex>`, the index that `oras attach` leaves where there is no referrers API; `cosign`: `sha256-<hex>.sig`. */
  attachReferrerTag(repository: string, digest: string, form?: 'referrers' | 'cosign'): string;
  /** Deletes every manifest and keeps the name; a name that is not there yet is like a first push that failed. */
  emptyRepository(repository: string): void;
  removeRepository(repository: string): void;
}

export interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface StoredRepository {
  readonly name: string;
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, StoredBytes>;
  readonly blobs: Map<string, StoredBytes>;
}

export type OciState = Map<string, StoredRepository>;

export function digestOf(bytes: Uint8Array | string): OciDigest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

const asBytes = (content: Uint8Array | string) => (typeof content === 'string' ? Buffer.from(content) : content);
const TITLE = 'org.opencontainers.image.title';

export function createOciWorld(): { readonly world: OciWorld; readonly state: OciState } {
  const state: OciState = new Map();
  return { state, world: createPusher(state) };
}

function createPusher(state: OciState): OciWorld {
  function repositoryOf(name: string): StoredRepository {
    const repository = state.get(name) ?? { name, tags: new Map(), manifests: new Map(), blobs: new Map() };
    state.set(name, repository);
    return repository;
  }

  function pushBlob(repository: string, content: Uint8Array | string, mediaType: string): Descriptor {
    const bytes = asBytes(content);
    const digest = digestOf(bytes);
    repositoryOf(repository).blobs.set(digest, { bytes, mediaType });
    return { mediaType, digest, size: bytes.length };
  }

  function pushLayer(repository: string, layer: LayerSpec): Descriptor {
    const descriptor = pushBlob(repository, layer.content, layer.mediaType ?? MEDIA_TYPES.layer);
    const annotations = { ...layer.annotations, ...(layer.title === undefined ? {} : { [TITLE]: layer.title }) };
    return Object.keys(annotations).length > 0 ? { ...descriptor, annotations } : descriptor;
  }

  const pushRaw: OciWorld['pushRaw'] = (repository, tag, { bytes, mediaType }) => {
    const stored = { bytes: asBytes(bytes), mediaType };
    const digest = digestOf(stored.bytes);
    const { tags, manifests } = repositoryOf(repository);
    manifests.set(digest, stored);
    if (tag !== undefined) tags.set(tag, digest);
    return { mediaType, digest, size: stored.bytes.length };
  };

  const pushArtifact: OciWorld['pushArtifact'] = (repository, tag, spec) => {
    const { mediaType, content } = spec.config ?? { mediaType: MEDIA_TYPES.empty, content: '{}' };
    const artifactType = spec.artifactType ?? (spec.config ? undefined : 'application/vnd.unknown.artifact.v1');
    const layers = spec.layers.map((each) => pushLayer(repository, each));
    const manifest = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      artifactType,
      config: pushBlob(repository, content, mediaType),
      layers,
      subject: spec.subject,
      annotations: spec.annotations,
    };
    const raw = { bytes: JSON.stringify(manifest), mediaType: MEDIA_TYPES.manifest };
    return { ...pushRaw(repository, tag, raw), layers };
  };

  const pushImageIndex: OciWorld['pushImageIndex'] = (repository, tag, spec) => {
    const manifests = spec.manifests.map(({ platform, ...artifact }) => {
      const pushed = pushArtifact(repository, undefined, artifact);
      return platform === undefined ? pushed : { ...pushed, platform };
    });
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      artifactType: spec.artifactType,
      manifests: manifests.map(({ layers: _layers, ...descriptor }) => descriptor),
      annotations: spec.annotations,
    };
    const raw = { bytes: JSON.stringify(index), mediaType: MEDIA_TYPES.index };
    return { ...pushRaw(repository, tag, raw), manifests };
  };

  return { pushRaw, pushArtifact, pushImageIndex, ...createRemover(state, { repositoryOf, pushArtifact, pushRaw }) };
}

interface Pusher extends Pick<OciWorld, 'pushArtifact' | 'pushRaw'> {
  readonly repositoryOf: (name: string) => StoredRepository;
}

function createRemover(
  state: OciState,
  { repositoryOf, pushArtifact, pushRaw }: Pusher,
): Omit<OciWorld, 'pushArtifact' | 'pushImageIndex' | 'pushRaw'> {
  function manifestOf(name: string, digest: string): Descriptor {
    const stored = repositoryOf(name).manifests.get(digest);
    if (stored === undefined) throw new Error(`The fake registry has no manifest ${digest} in ${name}: push it first.`);
    return { mediaType: stored.mediaType, digest: digestOf(stored.bytes), size: stored.bytes.length };
  }

  return {
    moveTag(repository, tag, digest) {
      repositoryOf(repository).tags.set(tag, manifestOf(repository, digest).digest);
    },
    deleteTag(repository, tag) {
      if (!repositoryOf(repository).tags.delete(tag)) throw new Error(`The fake registry has no ${repository}:${tag}.`);
    },
    deleteManifest(repository, digest) {
      const { tags, manifests } = repositoryOf(repository);
      manifests.delete(digest);
      for (const [tag, tagged] of tags) if (tagged === digest) tags.delete(tag);
    },
    attachReferrerTag(repository, digest, form = 'referrers') {
      const subject = manifestOf(repository, digest);
      const hex = digest.replace(':', '-');
      const layers = [{ content: `about ${digest}`, mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json' }];
      if (form === 'cosign') {
        pushArtifact(repository, `${hex}.sig`, { layers });
        return `${hex}.sig`;
      }
      const { layers: _layers, ...referrer } = pushArtifact(repository, undefined, { layers, subject });
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [referrer] };
      pushRaw(repository, hex, { bytes: JSON.stringify(index), mediaType: MEDIA_TYPES.index });
      return hex;
    },
    emptyRepository(repository) {
      const { tags, manifests } = repositoryOf(repository);
      tags.clear();
      manifests.clear();
    },
    removeRepository: (repository) => void state.delete(repository),
  };
}
