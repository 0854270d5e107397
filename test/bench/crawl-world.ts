import { digestOf } from '../../indexer/model/digest.ts';
import type { FakeGitea, ReleaseSpec } from '../fakes/gitea.ts';
import type { ArtifactSpec, FakeOci } from '../fakes/oci.ts';

/*
 * A world for the crawl's bench: half of the extensions at a Gitea, half at a registry, with what real ones have beside
 * them. It knows what a crawl must find in it, and how many requests that takes at least.
 */

export interface WorldSize {
  /** Even. */
  extensions: number;
  /** In all; each extension has as many as any other but for the first one of each backend, which has 60 more. */
  releases: number;
  /** Bytes of the primary assets at Gitea, dealt out in turn; without it each is a short text. */
  assetSizes?: readonly number[];
}

export interface Expected {
  /** The fewest requests to each backend once all digests are known. */
  requests: { gitea: number; oci: number };
  /** The fewest that tell whether anything was published: lists of repositories, and of tags. */
  lists: { gitea: number; oci: number };
  /** `type/name@version` -> digest of its primary asset. */
  primaries: Record<string, string>;
  /** What a first crawl has to read: the attachments of Gitea. */
  attachments: number;
  attachmentBytes: number;
}

export const ORGANIZATION = 'acme';
export const TOKEN = 'bench-token';
const TYPES = [
  { type: 'provider', gitea: '_prov', oci: '-provider' },
  { type: 'taskserv', gitea: '_taskserv', oci: '-taskserv' },
  { type: 'cluster', gitea: '_cluster', oci: '-cluster' },
] as const;
/** More than one page of releases, as a long-lived extension has. */
const MORE_RELEASES = 60;
/** Of ten artifacts one is an image index of so many platforms. */
const PLATFORMS = ['amd64', 'arm64'] as const;
/** What the backends give a page: Gitea's MAX_RESPONSE_ITEMS, and distribution's limit on `n`. */
const GITEA_PAGE = 50;
const OCI_PAGE = 1_000;
/** Repositories of another purpose, beside those of extensions. */
const OTHERS = 30;

export function fillWorld(gitea: FakeGitea, oci: FakeOci, size: WorldSize): Expected {
  const half = size.extensions / 2;
  const each = Math.floor((size.releases - 2 * MORE_RELEASES) / size.extensions);
  if (each < 1 || half % 1 !== 0)
    throw new RangeError('A world has an even number of extensions, each with a release.');
  const left = size.releases - 2 * MORE_RELEASES - each * size.extensions;
  const countOf = (number: number): number => each + (number < 2 ? MORE_RELEASES : 0) + (number === 2 ? left : 0);
  const expected: Expected = {
    requests: { gitea: 0, oci: 0 },
    lists: { gitea: 0, oci: 0 },
    primaries: {},
    attachments: 0,
    attachmentBytes: 0,
  };
  gitea.addToken({ token: TOKEN });
  // Numbers alternate between the two, so that each has one of those with more releases.
  for (let number = 0; number < size.extensions; number += 1) {
    if (number % 2 === 0) addToGitea(gitea, { number, releases: countOf(number), sizes: size.assetSizes }, expected);
    else addToOci(oci, { number, releases: countOf(number) }, expected);
  }
  for (let number = 0; number < OTHERS; number += 1) {
    gitea.addRepository(ORGANIZATION, { name: `website-${number}`, description: 'Of another purpose.' });
    oci.pushArtifact(`${ORGANIZATION}/tool-${number}`, '1.0.0', { layers: [{ title: 'tool', content: 'tool' }] });
  }
  expected.requests.gitea += Math.ceil((half + OTHERS) / GITEA_PAGE);
  expected.lists.gitea += Math.ceil((half + OTHERS) / GITEA_PAGE);
  // distribution links to a next page only where there is one; a list of tags that fills its page is linked too.
  expected.requests.oci += Math.ceil((half + OTHERS) / OCI_PAGE);
  expected.lists.oci += Math.ceil((half + OTHERS) / OCI_PAGE);
  return expected;
}

interface Adding {
  number: number;
  releases: number;
  sizes?: readonly number[] | undefined;
}

function nameOf(number: number): { name: string; naming: (typeof TYPES)[number] } {
  return { name: `extension-${number}`, naming: TYPES[number % TYPES.length] ?? TYPES[0] };
}

function versionOf(release: number): string {
  return `1.${Math.floor(release / 10)}.${release % 10}`;
}

function addToGitea(gitea: FakeGitea, { number, releases, sizes }: Adding, expected: Expected): void {
  const { name, naming } = nameOf(number);
  const repository = `${name}${naming.gitea}`;
  gitea.addRepository(ORGANIZATION, {
    name: repository,
    description: `What ${name} does for a machine, in one sentence of an ordinary length`,
    topics: ['bench', naming.type, name],
    licenses: ['Apache-2.0'],
    website: `https://example.test/${name}`,
  });
  for (let release = 0; release < releases; release += 1) {
    const version = versionOf(release);
    const spec = giteaRelease({ name, version, content: contentOf(expected, sizes) ?? `${name} ${version}` });
    gitea.addRelease(ORGANIZATION, repository, spec);
    for (const { content } of spec.assets ?? []) {
      expected.attachments += 1;
      expected.attachmentBytes += content.length;
    }
    expected.primaries[`${naming.type}/${name}@${version}`] = digestOf(spec.assets?.[0]?.content ?? '');
  }
  expected.requests.gitea += Math.ceil(releases / GITEA_PAGE);
}

/** One more than the greatest size, so that each asset begins with bytes of its own. */
let pool: Buffer | undefined;

/** Bytes of a size of the given ones, different for each asset. */
function contentOf({ attachments }: Expected, sizes: readonly number[] | undefined): Uint8Array | undefined {
  const sizeBytes = sizes?.[(attachments / 2) % sizes.length];
  if (sizes === undefined || sizeBytes === undefined) return undefined;
  pool ??= Buffer.from(Array.from({ length: 65_536 }, (_, at) => `${at * 2_654_435_761} `).join(''));
  while (pool.length < Math.max(...sizes) + 1_000_000) pool = Buffer.concat([pool, pool]);
  return pool.subarray(attachments, attachments + sizeBytes);
}

interface Releasing {
  name: string;
  version: string;
  content: Uint8Array | string;
}

function giteaRelease({ name, version, content }: Releasing): ReleaseSpec {
  const file = `${name}-${version}.tar.gz`;
  const sidecar = `${digestOf(content).slice('sha256:'.length)}  ${file}\n`;
  return {
    tag: `v${version}`,
    body: `## ${name} ${version}\n\n- **Something new** of ${version}\n- Small fixes\n`,
    assets: [
      { name: file, content },
      { name: `${file}.sha256`, content: sidecar },
    ],
  };
}

function addToOci(oci: FakeOci, { number, releases }: Adding, expected: Expected): void {
  const { name, naming } = nameOf(number);
  const repository = `${ORGANIZATION}/${name}${naming.oci}`;
  expected.requests.oci += Math.ceil(releases / OCI_PAGE);
  expected.lists.oci += Math.ceil(releases / OCI_PAGE);
  for (let release = 0; release < releases; release += 1) {
    const version = versionOf(release);
    const isIndex = (number + release) % 10 === 0;
    if (isIndex) {
      const manifests = PLATFORMS.map((architecture) => ({
        ...artifactOf(name, version, architecture),
        platform: { os: 'linux', architecture },
      }));
      oci.pushImageIndex(repository, version, { manifests });
    } else {
      const { layers } = oci.pushArtifact(repository, version, artifactOf(name, version));
      expected.primaries[`${naming.type}/${name}@${version}`] = layers[0]?.digest ?? '';
    }
    // An index says nothing of its members' files, and nothing remembers the members themselves.
    expected.requests.oci += isIndex ? 1 + PLATFORMS.length : 1;
  }
  // About the artifacts, and none: nobody has to ask for it.
  const signed = oci.pushArtifact(repository, undefined, artifactOf(name, 'signed'));
  oci.attachReferrerTag(repository, signed.digest, 'cosign');
}

function artifactOf(name: string, version: string, platform = 'any'): ArtifactSpec {
  return {
    annotations: {
      'org.opencontainers.image.description': `What ${name} does for a machine, in one sentence`,
      'org.opencontainers.image.authors': 'ACME',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.source': `https://example.test/${name}`,
      'org.opencontainers.image.created': '2026-05-01T10:00:00Z',
    },
    layers: [{ title: `${name}-${version}.tar.gz`, content: `${name} ${version} for ${platform}` }],
  };
}
