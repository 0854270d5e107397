import type { Asset, CatalogueExtension, CatalogueVersion } from '../model/catalogue.ts';
import type { AssetEntry, ExtensionDocument, Item, NotesEntry, VersionEntry } from '../model/documents.ts';
import { nameOf, typeOf, type ExtensionId } from '../model/extension.ts';
import { compareVersions, type Version } from '../model/version.ts';
import { extensionPath } from './layout.ts';

/** How many versions' release notes are published. */
const MAX_NOTES = 20;

export interface RenderOptions {
  /** Without a slash at its end; download URLs are paths without it. */
  publicUrl?: string;
}

/** The version that the list shows: the highest stable one that is not yanked, else the highest prerelease. */
export function shownVersion(versions: readonly CatalogueVersion[]): CatalogueVersion {
  const offered = versions.filter((each) => each.yanked === undefined);
  const shown = offered.find((each) => !each.prerelease) ?? offered[0] ?? versions[0];
  if (shown === undefined) throw new TypeError('An extension of the catalogue has at least one version.');
  return shown;
}

/** One entry of the list. */
export function renderItem({ id, versions, problems }: CatalogueExtension, options: RenderOptions): Item {
  const shown = shownVersion(versions);
  const primary = primaryOf(shown);
  const { about } = shown;
  return {
    name: nameOf(id),
    type: typeOf(id),
    version: shown.version,
    description: about.description,
    author: about.author,
    repository: about.repository,
    source: shown.sources[0] ?? '',
    published_at: shown.publishedAt,
    ...(primary && { download_url: downloadUrl(id, shown.version, options) }),
    ...(primary?.digest && { checksum: primary.digest }),
    ...(primary && { size: primary.size }),
    ...(about.tags.length > 0 && { tags: about.tags }),
    sources: sourcesOf(versions),
    ...(shown.prerelease && { prerelease: true as const }),
    ...(shown.yanked !== undefined && { yanked: true as const }),
    ...(shown.deprecated && { deprecated: shown.deprecated }),
    ...(about.license !== undefined && { license: about.license }),
    ...(about.homepage !== undefined && { homepage: about.homepage }),
    version_count: versions.length,
    first_seen: versions.map((each) => each.firstSeen).sort()[0] ?? shown.firstSeen,
    ...(problems.length > 0 && { problems }),
  };
}

/** The metadata document. */
export function renderExtension(extension: CatalogueExtension, options: RenderOptions): ExtensionDocument {
  const { id, versions } = extension;
  const shown = shownVersion(versions);
  const newest = versions.find((each) => each.prerelease && each.yanked === undefined);
  const ahead = newest !== undefined && compareVersions(newest.version, shown.version) > 0 ? newest : undefined;
  return {
    ...renderItem(extension, options),
    ...(shown.about.title !== undefined && { title: shown.about.title }),
    ...(shown.about.archived && { archived: true as const }),
    ...(ahead && { latest_prerelease: ahead.version }),
    assets: shown.assets.map((each) => renderAsset(each, { id, version: shown.version }, options)),
    versions: versions.map((each) => each.version),
  };
}

/** One entry of the versions document. */
export function renderVersion(id: ExtensionId, version: CatalogueVersion, options: RenderOptions): VersionEntry {
  const primary = primaryOf(version);
  return {
    version: version.version,
    published_at: version.publishedAt,
    first_seen: version.firstSeen,
    ...(primary && { size: primary.size }),
    ...(primary?.digest && { checksum: primary.digest }),
    ...(primary && { download_url: downloadUrl(id, version.version, options) }),
    ...(version.prerelease && { prerelease: true as const }),
    ...(version.yanked !== undefined && { yanked: { reason: version.yanked } }),
    ...(version.deprecated && { deprecated: version.deprecated }),
    sources: version.sources,
    assets: version.assets.map((each) => renderAsset(each, { id, version: version.version }, options)),
  };
}

/** The notes document; empty where no version has any. */
export function renderNotes(versions: readonly CatalogueVersion[]): NotesEntry[] {
  return versions
    .flatMap(({ version, publishedAt, notes }) =>
      notes === undefined ? [] : [{ version, published_at: publishedAt, notes }],
    )
    .slice(0, MAX_NOTES);
}

function renderAsset(
  asset: Asset,
  { id, version }: { id: ExtensionId; version: Version },
  options: RenderOptions,
): AssetEntry {
  return {
    name: asset.name,
    size: asset.size,
    ...(asset.digest && { digest: asset.digest }),
    ...(asset.digestOrigin && { digest_origin: asset.digestOrigin }),
    media_type: asset.mediaType,
    ...(asset.platform !== undefined && { platform: asset.platform }),
    ...(asset.primary && { primary: true as const }),
    download_url: `${downloadUrl(id, version, options)}/${encodeURIComponent(asset.name)}`,
    locations: asset.locations,
  };
}

/** The proxy's path, never the backend's; `+` is written as %2B, which means the same to every server. */
function downloadUrl(id: ExtensionId, version: Version, { publicUrl = '' }: RenderOptions): string {
  return `${publicUrl}/api/v1/${extensionPath(id)}/${encodeURIComponent(version)}`;
}

function primaryOf(version: CatalogueVersion): Asset | undefined {
  return version.assets.find((each) => each.primary);
}

/** All sources that have any version, in the order in which they first appear from the newest version down. */
function sourcesOf(versions: readonly CatalogueVersion[]): string[] {
  return [...new Set(versions.flatMap((each) => each.sources))];
}
