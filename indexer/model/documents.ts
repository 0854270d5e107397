import type { Digest } from './digest.ts';
import type { Location } from './location.ts';
import type { Problem } from './problem.ts';
import type { DigestOrigin } from './release.ts';
import type { Version } from './version.ts';

/*
 * The published documents, field for field in the order in which they are written. The contract is the JSON Schema of
 * the same name in public/schema/v1; a test holds the two together.
 */

/** One entry of the list: an extension at its shown version (extensions, by-type, by-source, pages). */
export interface Item {
  name: string;
  type: string;
  version: Version;
  description: string;
  author: string;
  repository: string;
  source: string;
  published_at: string;
  /** Left out when the version has no primary asset. */
  download_url?: string;
  checksum?: Digest;
  /** Bytes of the primary asset; left out without one. */
  size?: number;
  tags?: string[];
  sources?: string[];
  prerelease?: true;
  yanked?: true;
  deprecated?: Deprecation;
  license?: string;
  homepage?: string;
  version_count?: number;
  first_seen?: string;
  problems?: Problem[];
}

export interface Deprecation {
  message: string;
  replacement?: string;
}

export interface AssetEntry {
  name: string;
  size: number;
  digest?: Digest;
  digest_origin?: DigestOrigin;
  media_type: string;
  platform?: string;
  primary?: true;
  download_url: string;
  locations: Location[];
}

/** One entry of the versions document. */
export interface VersionEntry {
  version: Version;
  published_at: string;
  first_seen: string;
  size?: number;
  checksum?: Digest;
  download_url?: string;
  prerelease?: true;
  yanked?: { reason: string };
  deprecated?: Deprecation;
  sources: string[];
  assets: AssetEntry[];
}

/** The metadata document: the item, then what else is known of the extension and its shown version. */
export interface ExtensionDocument extends Item {
  title?: string;
  archived?: true;
  /** The newest prerelease, where it is newer than the shown version. */
  latest_prerelease?: Version;
  assets: AssetEntry[];
  /** Every version, newest first. */
  versions: Version[];
}

export interface NotesEntry {
  version: Version;
  published_at: string;
  /** Markdown, at most 16 KiB. */
  notes: string;
}

/** The slim list that search is built from: one column a field, row i of each is extension i. */
export interface SearchDocument {
  schema: 1;
  /** Tells it from the head, which is at the same path. */
  form: 'list';
  type: string[];
  name: string[];
  version: string[];
  description: string[];
  author: string[];
  source: string[][];
  tags: string[][];
  /** Rows whose shown version is deprecated. */
  deprecated: number[];
  /** Rows of which every version is yanked: listed, and never found. */
  yanked: number[];
}

/** What shields.io makes a badge of: its words, not ours. */
export interface Badge {
  schemaVersion: 1;
  /** The left text. */
  label: string;
  /** The right text, never empty. */
  message: string;
  color: string;
}

/**
 * The document `search` where there are too many extensions for one list: all words, and which shards have the rest. The
 * texts that are packed are in the form of `site/search/packing.ts`.
 */
export interface SearchHead {
  schema: 1;
  form: 'shards';
  /** Extensions that can be found. */
  extensions: number;
  /** One above the highest row; rows are given for life, so that some may have no extension any more. */
  rows: number;
  /** Every word of the catalogue in code unit order, and `/type` for each type. */
  words: string;
  /** One digit a word: how common it is times 4, plus 2 if it is in a tag, plus 1 if it is in a name. */
  marks: string;
  /** Shards of words, in their order. */
  postings: Digest[];
  /** How many words each of them has. */
  posting_words: number[];
  /** Shards of records, in the order of their rows. */
  records: Digest[];
  /** How many rows each of them has, the last one fewer. */
  record_rows: number;
  /** Rows whose shown version is deprecated. */
  deprecated: string;
}

/** The documents `search/postings/<n>`: who has some of the words. */
export interface PostingShard {
  schema: 1;
  /** Of each word: the rows that have it. */
  rows: string[];
  /** Of each word: where each of the rows has it, a digit each; one digit where that is the same for all. */
  places: string[];
}

/** The documents `search/records/<n>`: columns as in the slim list, one entry for each row that has an extension. */
export interface RecordShard {
  schema: 1;
  type: string[];
  name: string[];
  version: string[];
  description: string[];
  author: string[];
  source: string[][];
  tags: string[][];
  /** Rows of this shard, counted from its first, that have no entry. */
  absent: number[];
}

/** A document named by its bytes. */
export interface DocumentReference {
  /** Relative to the site's v1, such as `by-hash/sha256/ab/….json`. */
  path: string;
  digest: Digest;
  /** Bytes. */
  size: number;
}

export interface PointerSource {
  name: string;
  kind: string;
  /** RFC 3339; left out for a source that never succeeded. */
  last_success?: string;
  /** RFC 3339: since when the site shows what the source gave earlier. */
  carried_since?: string;
}

/** Set by a rollback: the indexer publishes nothing until it is resumed. */
export interface Held {
  /** RFC 3339 */
  since: string;
  /** The generation whose content is shown again. */
  generation: number;
}

/** `v1/index.json`: which generation is current. */
export interface Pointer {
  schema: 1;
  generation: number;
  /** When this generation was made. */
  created: string;
  /** When a crawl last found it true. */
  checked_at: string;
  manifest: DocumentReference;
  /** The proxy's base URL, for clients that read from a CDN or a folder. */
  downloads?: string;
  counts: { extensions: number; versions: number; by_type: Record<string, number> };
  search: DocumentReference;
  sources: PointerSource[];
  held?: Held;
}

/** The site's manifest: path of every document of the generation -> its bytes' digest and size. */
export interface Manifest {
  schema: 1;
  documents: Record<string, { digest: Digest; size: number }>;
}

export interface SourceStatus extends PointerSource {
  /** What ended its crawl, where it failed. */
  error?: { code: string; message: string };
  extensions: number;
  releases: number;
  problems: number;
  /** RFC 3339: since when the repository whose turn comes next has not been read; left out without any. */
  oldest_look?: string;
}

/** `status`: the newest crawl, for people and monitors; not part of a generation. */
export interface StatusDocument {
  schema: 1;
  generation: number;
  checked_at: string;
  sources: SourceStatus[];
  problems: { total: number; by_code: Record<string, number>; first: Problem[] };
}

/** `crawl`: looks and counts, which change every time; not part of a generation. */
export interface CrawlDocument {
  schema: 1;
  started_at: string;
  finished_at: string;
  sources: {
    name: string;
    requests: number;
    retries: number;
    assets_read: number;
    bytes_read: number;
    duration_ms: number;
  }[];
}

/** One generation that can be gone back to. */
export interface KeptGeneration {
  generation: number;
  created: string;
  manifest: DocumentReference;
}

/** `generations`: those that are kept, the newest first; not part of a generation. */
export interface GenerationsDocument {
  schema: 1;
  generations: KeptGeneration[];
}
