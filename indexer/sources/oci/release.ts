import { mediaTypeOf, splitFileName } from '../../model/asset-name.ts';
import { isDigest, type Digest } from '../../model/digest.ts';
import { nameOf } from '../../model/extension.ts';
import type { About, SourceAsset } from '../../model/release.ts';
import { utcTime, webAddress } from '../../model/text.ts';
import {
  finishRelease,
  firstAssets,
  keywords,
  line,
  note,
  usableAssets,
  type Draft,
  type ReleaseResult,
} from '../release-parts.ts';
import type { FetchedManifest } from './client.ts';
import type { WireDescriptor } from './wire.ts';

/** image-spec, annotations.md, "Pre-Defined Annotation Keys". */
const ANNOTATION = 'org.opencontainers.image.';
const TITLE = `${ANNOTATION}title`;
/** image-spec, manifest.md, "Guidance for an Empty Descriptor". */
const EMPTY = 'application/vnd.oci.empty.v1+json';

/** A manifest with the platform that it is for, where it stands in an image index. */
export interface PlatformManifest {
  platform: string | undefined;
  fetched: FetchedManifest;
}

/** What a tag names: a manifest, or an image index with its manifests. */
export interface TaggedArtifact {
  tag: string;
  /** The repository's full name in the registry. */
  repository: string;
  root: FetchedManifest;
  manifests: PlatformManifest[];
  keywordsAnnotation: string | undefined;
  /** Where the registry is, for a human page when no annotation names one. */
  base: URL;
}

/** RFC 6838, section 4.2. */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/;
const PLATFORM_PART = /^[\w.-]{1,50}$/;

/** `os/arch[/variant]`; undefined where it says nothing (`unknown/unknown` of attestations), or nothing readable. */
export function platformOf(descriptor: WireDescriptor): string | undefined {
  const { os, architecture, variant } = descriptor.platform ?? {};
  if (os === undefined || architecture === undefined || os === 'unknown') return undefined;
  const parts = variant === undefined || variant === '' ? [os, architecture] : [os, architecture, variant];
  return parts.every((each) => PLATFORM_PART.test(each)) ? parts.join('/') : undefined;
}

/** Whether an index's entry is something to install rather than an attestation about its neighbour (BuildKit's form). */
export function isInstallable(descriptor: WireDescriptor): boolean {
  return descriptor.platform?.os !== 'unknown' && descriptor.annotations?.['vnd.docker.reference.type'] === undefined;
}

export function releaseFromArtifact(draft: Draft, artifact: TaggedArtifact): ReleaseResult {
  const own = artifact.root.manifest.annotations ?? {};
  const annotations = { ...artifact.manifests[0]?.fetched.manifest.annotations, ...own };
  const published = utcTime(annotations[`${ANNOTATION}created`]);
  return finishRelease(draft, {
    tag: artifact.tag,
    key: releaseKey(artifact.repository, artifact.root.digest),
    ...(published !== undefined && { published_at: published }),
    about: aboutFromAnnotations(draft, annotations, artifact),
    assets: usableAssets(draft, nameAssets(draft, artifact)),
  });
}

/** What a release can be asked for again by: the repository, and the digest of its OCI manifest. */
export function releaseKey(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}

/** The repository from a release's key. */
export function repositoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('@'));
}

function aboutFromAnnotations(draft: Draft, annotations: Record<string, string>, artifact: TaggedArtifact): About {
  // Own keys only: any word may be a key, and an object has words of its own, such as `constructor`.
  const valueOf = (key: string): string => (Object.hasOwn(annotations, key) ? annotations[key] : undefined) ?? '';
  const of = (name: string): string => valueOf(ANNOTATION + name);
  const title = line(draft, 'title', of('title'));
  const license = line(draft, 'license', of('licenses'));
  const homepage = webAddress(of('url'));
  const words = artifact.keywordsAnnotation === undefined ? '' : valueOf(artifact.keywordsAnnotation);
  const page = webAddress(of('source')) ?? homepage ?? new URL(artifact.repository, artifact.base).href;
  return {
    description: line(draft, 'description', of('description') || of('title')),
    author: line(draft, 'author', of('authors') || of('vendor')),
    repository: page,
    tags: keywords(draft, words.split(',')),
    ...(license !== '' && { license }),
    ...(homepage !== undefined && { homepage }),
    ...(title !== '' && { title }),
  };
}

interface NamedLayer {
  layer: WireDescriptor;
  platform: string | undefined;
  /** The layer's title, or what stands in for it. */
  name: string;
  titled: boolean;
}

/** Each layer with a name of its own: its title, made unique by its platform where several share one. */
function nameAssets(draft: Draft, artifact: TaggedArtifact): SourceAsset[] {
  const layers = artifact.manifests.flatMap(({ platform, fetched }) =>
    (fetched.manifest.layers ?? [])
      .filter((layer) => layer.mediaType !== EMPTY)
      .map((layer): NamedLayer => {
        const title = layer.annotations?.[TITLE];
        return { layer, platform, name: title ?? untitledName(draft, layer, platform), titled: title !== undefined };
      }),
  );
  const platformsOf = new Map<string, Set<string | undefined>>();
  for (const { name, platform } of layers) {
    platformsOf.set(name, (platformsOf.get(name) ?? new Set()).add(platform));
  }
  const used = new Map<string, number>();
  return firstAssets(draft, layers).flatMap((each) => {
    const shared = (platformsOf.get(each.name)?.size ?? 0) > 1;
    const name = shared && each.titled ? withPlatform(each) : each.name;
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return assetFromLayer(draft, { ...each, name: each.titled ? name : numbered(name, count) }, artifact.repository);
  });
}

function assetFromLayer(draft: Draft, { layer, platform, name }: NamedLayer, repository: string): SourceAsset[] {
  if (!isDigest(layer.digest)) {
    note(
      draft,
      'invalid_manifest',
      `The layer ${JSON.stringify(name.slice(0, 100))} has no sha256 digest and is dropped.`,
    );
    return [];
  }
  return [
    {
      name,
      size: layer.size,
      // Whoever pushed it wrote what they liked.
      media_type: MEDIA_TYPE.test(layer.mediaType) ? layer.mediaType : mediaTypeOf(name),
      ...(platform !== undefined && { platform }),
      location: { source: draft.source, repository, digest: layer.digest },
      digest: layer.digest,
      digest_origin: 'registry',
    },
  ];
}

function untitledName(draft: Draft, layer: WireDescriptor, platform: string | undefined): string {
  const parts = [nameOf(draft.id), draft.version, ...(platform === undefined ? [] : [platform.replaceAll('/', '-')])];
  return parts.join('-') + endingOf(layer.mediaType);
}

function withPlatform({ name, platform }: NamedLayer): string {
  const [stem, ending] = splitFileName(name);
  return platform === undefined ? name : `${stem}-${platform.replaceAll('/', '-')}${ending}`;
}

/** A second untitled layer of one manifest is not a second file of one name. */
function numbered(name: string, count: number): string {
  const [stem, ending] = splitFileName(name);
  return count === 1 ? name : `${stem}-${count}${ending}`;
}

/** The ending that fits a layer's media type (image-spec, layer.md; other artifact types by their structured suffix). */
const ENDINGS: readonly (readonly [pattern: RegExp, ending: string])[] = [
  [/tar[.+]gzip$|tar\.gz$/, '.tar.gz'],
  [/tar\+zstd$|tar\.zst$/, '.tar.zst'],
  [/[./+]tar$/, '.tar'],
  [/[+/]gzip$/, '.gz'],
  [/[+/]zip$/, '.zip'],
  [/[+/]json$/, '.json'],
  [/[+/]wasm$/, '.wasm'],
];

function endingOf(mediaType: string): string {
  return ENDINGS.find(([pattern]) => pattern.test(mediaType))?.[1] ?? '';
}
