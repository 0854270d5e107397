import type { Digest } from './digest.ts';
import type { ExtensionId } from './extension.ts';
import type { Location } from './location.ts';
import type { Version } from './version.ts';

/** How an asset's digest came to be known: the registry said it, we read the bytes, or a sidecar file said it. */
export type DigestOrigin = 'registry' | 'computed' | 'sidecar';

/** One file of a release at one source. */
export interface SourceAsset {
  name: string;
  /** Bytes. */
  size: number;
  media_type: string;
  /** `os/arch[/variant]` */
  platform?: string;
  primary?: true;
  location: Location;
  digest?: Digest;
  digest_origin?: DigestOrigin;
}

/** What a source tells of an extension around one release. */
export interface About {
  description: string;
  author: string;
  /** The human page. */
  repository: string;
  tags: string[];
  license?: string;
  homepage?: string;
  title?: string;
  archived?: true;
}

/** One published version of one extension at one source, after everything of the source's own wire has been left behind. */
export interface Release {
  id: ExtensionId;
  version: Version;
  /** The upstream's raw string. */
  tag: string;
  /** The source's own key of this release: what it can be asked for again by. */
  key: string;
  /** RFC 3339 in UTC; undefined where the source does not say. */
  published_at?: string;
  /** Marked so by its publisher; a semver prerelease is one without it. */
  prerelease?: true;
  /** Release notes, Markdown. */
  notes?: string;
  about: About;
  assets: SourceAsset[];
}

/** How a version of an extension is written in messages, problems and keys: `type/name@version`. */
export function releaseSubject({ id, version }: Pick<Release, 'id' | 'version'>): string {
  return `${id}@${version}`;
}

export function primaryOf(release: Pick<Release, 'assets'>): SourceAsset | undefined {
  return release.assets.find((each) => each.primary === true);
}
