import type { Catalogue, CatalogueExtension, CatalogueVersion } from '../../indexer/model/catalogue.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { Memory, SourceMemory, VersionRecord } from '../../indexer/model/memory.ts';
import type { About, Release, SourceAsset } from '../../indexer/model/release.ts';
import { isPrerelease, parseVersion } from '../../indexer/model/version.ts';

/* Values of the crawl that are valid by default; a test names only what it is about. */

export const FIRST_CRAWL = '2026-05-01T00:00:00Z';
export const THIS_CRAWL = '2026-06-01T12:00:00Z';

const ABOUT: About = { description: '', author: '', repository: 'https://git.example.org/x', tags: [] };

/** An attachment with the bytes `content`, read already; `undefined` stands for bytes that are not read yet. */
export function attachmentOf(
  content: string | undefined,
  { name = 'plugin.tar.gz', source = 'gitea', uuid = `uuid-of-${content}`, primary = true } = {},
): SourceAsset {
  return {
    name,
    size: content?.length ?? 1,
    media_type: 'application/gzip',
    ...(primary && { primary: true as const }),
    location: { source, attachment: uuid },
    ...(content !== undefined && { digest: digestOf(content), digest_origin: 'computed' as const }),
  };
}

export function layerOf(
  content: string,
  { name = 'plugin.tar.gz', source = 'oci', repository = 'acme/plugin', primary = true } = {},
): SourceAsset {
  const digest = digestOf(content);
  return {
    name,
    size: content.length,
    media_type: 'application/gzip',
    ...(primary && { primary: true as const }),
    location: { source, repository, digest },
    digest,
    digest_origin: 'registry',
  };
}

/** @param subject `type/name@version` */
export function releaseOf(
  subject: string,
  assets: SourceAsset[],
  overrides: Partial<Omit<Release, 'about'>> & { about?: Partial<About> } = {},
): Release {
  const [id = '', version = ''] = subject.split('@');
  const { about, ...rest } = overrides;
  return {
    id: parseExtensionId(id),
    version: parseVersion(version),
    tag: version,
    key: `acme/x#${version}`,
    about: { ...ABOUT, ...about },
    assets,
    ...rest,
  };
}

export function sourceMemory(releases: Release[], rest: Partial<SourceMemory> = {}): SourceMemory {
  return { releases, findings: [], attachments: {}, ...rest };
}

export function memoryOf(
  sources: Record<string, Release[]>,
  records: Record<string, Partial<VersionRecord>> = {},
): Memory {
  const versions: Memory['versions'] = {};
  for (const [subject, record] of Object.entries(records)) {
    const [id = '', version = ''] = subject.split('@');
    versions[id] = { ...versions[id], [version]: { first_seen: FIRST_CRAWL, digests: {}, ...record } };
  }
  const parts = Object.entries(sources).map(([name, releases]) => [name, sourceMemory(releases)] as const);
  return { schema: 1, sources: Object.fromEntries(parts), versions, problems: {} };
}

/** One version of a catalogue, stable and downloadable by default. */
export function catalogueVersion(version: string, overrides: Partial<CatalogueVersion> = {}): CatalogueVersion {
  const digest = digestOf(`bytes of ${version}`);
  return {
    version: parseVersion(version),
    publishedAt: FIRST_CRAWL,
    firstSeen: FIRST_CRAWL,
    prerelease: isPrerelease(parseVersion(version)),
    sources: ['gitea'],
    about: ABOUT,
    assets: [
      {
        name: 'plugin.tar.gz',
        size: 7,
        digest,
        digestOrigin: 'computed',
        mediaType: 'application/gzip',
        primary: true,
        locations: [{ source: 'gitea', attachment: `uuid-of-${version}` }],
      },
    ],
    ...overrides,
  };
}

/** @param versions newest first */
export function catalogueExtension(
  id: string,
  versions: (string | CatalogueVersion)[],
  problems: CatalogueExtension['problems'] = [],
): CatalogueExtension {
  return {
    id: parseExtensionId(id),
    versions: versions.map((each) => (typeof each === 'string' ? catalogueVersion(each) : each)),
    problems,
  };
}

export function catalogueOf(extensions: CatalogueExtension[]): Catalogue {
  return { extensions, problems: extensions.flatMap((each) => each.problems) };
}
