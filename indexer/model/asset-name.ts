import type { ExtensionId } from './extension.ts';
import { nameOf } from './extension.ts';
import type { Version } from './version.ts';

const ARCHIVES = ['.tar.gz', '.tgz', '.tar.zst', '.tar.xz', '.tar.bz2', '.tar', '.zip'] as const;

/** Endings of files that accompany another: digests, signatures, certificates, bills of material, attestations. */
const COMPANION =
  /\.(?:sha(?:1|256|512)(?:sum)?|md5|sig|asc|minisig|pem|crt|cert|sigstore(?:\.json)?|bundle|att|intoto\.jsonl|provenance(?:\.json)?|sbom(?:\.json)?|spdx(?:\.json)?|cdx\.(?:json|xml)|cyclonedx\.(?:json|xml))$/i;
const DIGEST_LIST = /^(?:SHA256SUMS|sha256sums)(?:\.txt)?$/;

/** What nearly every name is: of ASCII, so that it has one Unicode form only. */
const PLAIN = /^\w[\w ._+@~=-]*$/;
const SAFE = /^[\p{L}\p{N}_][\p{L}\p{N} ._+@~=-]*$/u;
const MAX_BYTES = 200;
/** `index.json` is the literal file of a document, `versions` and `notes` are documents. */
const RESERVED = new Set(['index.json', 'versions', 'notes']);

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['.tgz', 'application/gzip'],
  ['.gz', 'application/gzip'],
  ['.zst', 'application/zstd'],
  ['.xz', 'application/x-xz'],
  ['.bz2', 'application/x-bzip2'],
  ['.tar', 'application/x-tar'],
  ['.zip', 'application/zip'],
  ['.json', 'application/json'],
  ['.wasm', 'application/wasm'],
  ['.txt', 'text/plain'],
  ['.md', 'text/markdown'],
]);

/**
 * Whether a name can be a path segment, a file on every system, and part of a command without quoting surprises.
 * Backends accept `..`, `a/b` and newlines (Gitea 1.26 does).
 */
export function isSafeAssetName(name: string): boolean {
  return (
    (PLAIN.test(name) || (SAFE.test(name) && name === name.normalize('NFC'))) &&
    Buffer.byteLength(name) <= MAX_BYTES &&
    !name.endsWith('.') &&
    !name.endsWith(' ') &&
    !RESERVED.has(name.toLowerCase())
  );
}

/** The names that are used more than once, also when they differ in case only: two such files cannot lie in one folder. */
export function doubledNames(names: readonly string[]): ReadonlySet<string> {
  if (new Set(names.map((name) => name.toLowerCase())).size === names.length) return new Set();
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return new Set(names.filter((name) => (counts.get(name.toLowerCase()) ?? 0) > 1));
}

/** For a file whose source names no type. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES.get(name.slice(name.lastIndexOf('.')).toLowerCase()) ?? 'application/octet-stream';
}

/** Whether a file accompanies another rather than being one to install. */
export function isCompanion(name: string): boolean {
  return COMPANION.test(name) || DIGEST_LIST.test(name);
}

/** Whether a file's text claims SHA-256 digests of other files of the release. */
export function isSidecar(name: string): boolean {
  return name.endsWith('.sha256') || DIGEST_LIST.test(name);
}

/** The asset that a bare download means: `{repository}.tar.gz`, `{name}-{version}.<archive>`, the only archive, the only file. */
export function choosePrimary(
  names: readonly string[],
  release: { id: ExtensionId; version: Version; repository: string },
): string | undefined {
  const files = names.filter((each) => !isCompanion(each));
  const archives = files.filter((each) => archiveEnding(each) !== undefined);
  // The others below are archives, too.
  if (archives.length === 1) return archives[0];
  const stem = `${nameOf(release.id)}-${release.version}`;
  const named = ARCHIVES.map((ending) => stem + ending).find((each) => archives.includes(each));
  const wanted = files.find((each) => each === `${release.repository}.tar.gz`) ?? named;
  return wanted ?? onlyOne(files);
}

/** `plugin.tar.gz` to `plugin` and `.tar.gz`; any other name is cut at its last dot. */
export function splitFileName(name: string): readonly [stem: string, ending: string] {
  const ending = archiveEnding(name) ?? /\.[^.]+$/.exec(name)?.[0] ?? '';
  return [name.slice(0, name.length - ending.length), ending];
}

function archiveEnding(name: string): string | undefined {
  const lower = name.toLowerCase();
  return ARCHIVES.find((ending) => lower.endsWith(ending) && lower.length > ending.length);
}

function onlyOne(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}
