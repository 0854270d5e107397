import type { Digest } from './digest.ts';
import type { ExtensionId } from './extension.ts';
import type { Finding } from './problem.ts';
import type { Release } from './release.ts';

/** What was learned from the bytes of one attachment, so that they are never read again. */
export interface KnownAttachment {
  digest: Digest;
  /** In a sidecar file: asset name -> digest that it claims. */
  claims?: Record<string, Digest>;
}

/** What one source gave last time, which stands in for it while it fails. */
export interface SourceMemory {
  releases: Release[];
  findings: Finding[];
  /** Attachment -> what its bytes were. */
  attachments: Record<string, KnownAttachment>;
}

/** What is kept of one version for ever, also after its source lost it. */
export interface VersionRecord {
  first_seen: string;
  /** The digest of the primary asset when it was first known: what a bare download gives for ever. */
  checksum?: Digest;
  /** Asset name -> the digest that it had when it was first seen. */
  digests: Record<string, Digest>;
  /** When a crawl confirmed that no source has it any more. */
  gone?: string;
}

/** What the next crawl must know of the earlier ones: the document `memory`. A site is a pure function of it and the configuration. */
export interface Memory {
  schema: 1;
  sources: Record<string, SourceMemory>;
  /** Extension -> version -> record. */
  versions: Record<string, Record<string, VersionRecord>>;
  /** Problem key -> RFC 3339. */
  problems: Record<string, string>;
  /** Source -> the patterns of names that it owned, so that what was listed is known when that changes; left out without. */
  owns?: Record<string, string[]>;
  /**
   * Row in the shards of search -> extension, also those that are gone: a row is an extension's for life, so that little
   * changes with it. Left out while search has never had shards.
   */
  rows?: ExtensionId[];
}

export function emptyMemory(): Memory {
  return { schema: 1, sources: {}, versions: {}, problems: {} };
}

/** What a source gave last time; nothing for one that no crawl has read. */
export function sourceMemoryOf(memory: Memory, source: string): SourceMemory {
  const known = Object.hasOwn(memory.sources, source) ? memory.sources[source] : undefined;
  return known ?? { releases: [], findings: [], attachments: {} };
}

/** The record of a version; undefined for one that was never listed. */
export function versionRecordOf(
  memory: Memory,
  { id, version }: Pick<Release, 'id' | 'version'>,
): VersionRecord | undefined {
  const versions = Object.hasOwn(memory.versions, id) ? memory.versions[id] : undefined;
  return versions !== undefined && Object.hasOwn(versions, version) ? versions[version] : undefined;
}

/** Gives each extension that has no row yet the next one, in the given order. @returns all rows */
export function assignRows(known: readonly ExtensionId[], ids: readonly ExtensionId[]): ExtensionId[] {
  const rows = new Set(known);
  for (const id of ids) rows.add(id);
  return [...rows];
}
