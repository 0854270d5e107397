import type { Digest } from './digest.ts';
import type { ExtensionId } from './extension.ts';
import type { Location } from './location.ts';
import type { Problem } from './problem.ts';
import type { About, DigestOrigin } from './release.ts';
import type { Version } from './version.ts';

/** One file of a version, with every place that has its bytes. */
export interface Asset {
  name: string;
  size: number;
  digest?: Digest;
  digestOrigin?: DigestOrigin;
  mediaType: string;
  platform?: string;
  primary?: true;
  locations: Location[];
}

/** A version as merged from the sources that have it. */
export interface CatalogueVersion {
  version: Version;
  publishedAt: string;
  firstSeen: string;
  prerelease: boolean;
  /** The reason, where a policy withdraws it. */
  yanked?: string;
  deprecated?: { message: string; replacement?: string };
  notes?: string;
  /** Source names, the most preferred first. */
  sources: string[];
  /** As told by the most preferred source. */
  about: About;
  assets: Asset[];
}

export interface CatalogueExtension {
  id: ExtensionId;
  /** Newest semver first; never empty. */
  versions: CatalogueVersion[];
  problems: Problem[];
}

/** All extensions as merged from one crawl, sorted by id. */
export interface Catalogue {
  extensions: CatalogueExtension[];
  /** Every problem that may be shown, the gravest first, then by source and subject. */
  problems: Problem[];
}
