import pLimit from 'p-limit';
import { isSidecar } from '../model/asset-name.ts';
import type { Digest } from '../model/digest.ts';
import { codeOf, messageOf, RegistryError } from '../model/errors.ts';
import type { KnownAttachment } from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import { releaseSubject, type Release, type SourceAsset } from '../model/release.ts';
import { compareVersions, highestOf } from '../model/version.ts';
import type { Source } from '../sources/source.ts';
import { readAsset } from './read-asset.ts';
import { MAX_SIDECAR_BYTES, parseSidecar } from './sidecar.ts';

export type DigestMode = 'all' | 'latest' | 'sidecar';

export interface DigestOptions {
  source: Source;
  mode: DigestMode;
  /** Attachments whose bytes were read by an earlier crawl; what is read now is added. */
  attachments: Record<string, KnownAttachment>;
  /** `type/name@version` -> the release as an earlier crawl listed it. */
  listed: ReadonlyMap<string, Release>;
  /** Bytes that this crawl may read of this source. */
  budgetBytes: number;
  concurrency: number;
  signal: AbortSignal;
  onProgress?: (progress: DigestProgress) => void;
}

export interface DigestProgress {
  assetsRead: number;
  ofAssets: number;
  bytesRead: number;
}

export interface DigestResult extends DigestProgress {
  releases: Release[];
  findings: Finding[];
}

/** So many connections that fail one after the other mean that the backend is down, not that an asset is bad. */
const MAX_FAILURES_IN_A_ROW = 5;

/**
 * Gives every asset its digest: from what earlier crawls read, else by reading the bytes once, newest versions first
 * and within the budget. An attachment's uuid names its bytes for ever, so nothing is read twice.
 */
export async function digestReleases(releases: readonly Release[], options: DigestOptions): Promise<DigestResult> {
  const unread = assetsToRead(releases, options);
  const progress: DigestProgress = { assetsRead: 0, ofAssets: unread.length, bytesRead: 0 };
  const failed = new Map<string, string>();
  const limit = pLimit(options.concurrency);
  let planned = 0;
  let failuresInARow = 0;
  await limit.map(unread, async ({ asset, uuid }) => {
    // The first is read whatever its size, or a large asset would wait for ever.
    if (planned > 0 && planned + asset.size > options.budgetBytes) return;
    planned += asset.size;
    try {
      options.attachments[uuid] = await readAttachment(asset, options, progress);
      failuresInARow = 0;
    } catch (error) {
      options.signal.throwIfAborted();
      failuresInARow = isAboutConnection(error) ? failuresInARow + 1 : 0;
      if (failuresInARow >= MAX_FAILURES_IN_A_ROW) throw backendDown(options.source, error);
      failed.set(uuid, messageOf(error));
    }
  });
  const findings: Finding[] = [];
  const digested = releases.flatMap((each) => withDigests(each, { ...options, failed, findings }));
  return { ...progress, releases: digested, findings };
}

interface UnreadAsset {
  asset: SourceAsset;
  uuid: string;
}

/** What has to be read: the newest version of every extension first, then the second newest of each, and so on. */
function assetsToRead(releases: readonly Release[], options: DigestOptions): UnreadAsset[] {
  const perExtension = Map.groupBy(releases, (each) => each.id);
  const ranked = [...perExtension.values()].flatMap((all) => {
    const shown = highestOf(all.map((each) => each.version));
    const newestFirst = all.toSorted((a, b) => compareVersions(b.version, a.version));
    return newestFirst.map((release, rank) => ({ release, rank: release.version === shown ? -1 : rank }));
  });
  return ranked
    .filter(({ rank }) => options.mode !== 'latest' || rank === -1)
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ release }) => release.assets)
    .flatMap((asset) => {
      const uuid = attachmentOf(asset);
      const unread = uuid !== undefined && !Object.hasOwn(options.attachments, uuid);
      const wanted = options.mode !== 'sidecar' || isSidecar(asset.name);
      return unread && wanted ? [{ asset, uuid }] : [];
    });
}

async function readAttachment(
  asset: SourceAsset,
  options: DigestOptions,
  progress: DigestProgress,
): Promise<KnownAttachment> {
  const { digest, bytes } = await readAsset(options.source, asset, {
    signal: options.signal,
    ...(isSidecar(asset.name) && { keepBytes: MAX_SIDECAR_BYTES }),
    onBytes: (count) => {
      progress.bytesRead += count;
      options.onProgress?.({ ...progress });
    },
  });
  progress.assetsRead += 1;
  options.onProgress?.({ ...progress });
  const claims = bytes && parseSidecar(asset.name, bytes.toString('utf8'));
  return { digest, ...(claims && { claims }) };
}

interface Digesting extends Pick<DigestOptions, 'attachments' | 'listed' | 'mode' | 'source'> {
  /** Attachment -> why it could not be read. */
  failed: ReadonlyMap<string, string>;
  findings: Finding[];
}

/**
 * The release with its digests. When one of its assets is unreadable or is not what its sidecar says, what an earlier
 * crawl listed stands, and a version that none has listed stays out.
 */
function withDigests(release: Release, context: Digesting): Release[] {
  const subject = releaseSubject(release);
  const listed = context.listed.get(subject);
  const find = (code: Finding['code'], detail: string): Release[] => {
    context.findings.push({ code, source: context.source.name, subject, detail });
    return listed === undefined ? [] : [listed];
  };
  const unreadable = release.assets.find((each) => context.failed.has(attachmentOf(each) ?? ''));
  if (unreadable !== undefined) {
    const why = context.failed.get(attachmentOf(unreadable) ?? '') ?? '';
    return find('read_failed', `The asset ${unreadable.name} could not be read: ${why}`);
  }
  const claims = claimsOf(release, context);
  const digested = { ...release, assets: release.assets.map((each) => withDigest(each, claims, context)) };
  const wrong = digested.assets.find(
    ({ name, digest }) => digest !== undefined && (claims.get(name) ?? digest) !== digest,
  );
  // Whoever replaces a file often leaves its sidecar as it was: that is `mutated`, which settling finds.
  if (wrong === undefined || isReplaced(wrong, listed)) return [digested];
  const claimed = claims.get(wrong.name);
  return find('sidecar_mismatch', `The asset ${wrong.name} is ${wrong.digest}, its sidecar says ${claimed}.`);
}

function claimsOf(release: Release, context: Digesting): ReadonlyMap<string, Digest> {
  return new Map(release.assets.flatMap((each) => Object.entries(knownOf(each, context)?.claims ?? {})));
}

function isReplaced({ name, digest }: SourceAsset, listed: Release | undefined): boolean {
  const before = listed?.assets.find((each) => each.name === name)?.digest;
  return before !== undefined && before !== digest;
}

function withDigest(asset: SourceAsset, claims: ReadonlyMap<string, Digest>, context: Digesting): SourceAsset {
  if (asset.digest !== undefined) return asset;
  const known = knownOf(asset, context)?.digest;
  if (known !== undefined) return { ...asset, digest: known, digest_origin: 'computed' };
  const claimed = context.mode === 'sidecar' ? claims.get(asset.name) : undefined;
  return claimed === undefined ? asset : { ...asset, digest: claimed, digest_origin: 'sidecar' };
}

function knownOf(asset: SourceAsset, { attachments }: Pick<Digesting, 'attachments'>): KnownAttachment | undefined {
  const uuid = attachmentOf(asset);
  return uuid !== undefined && Object.hasOwn(attachments, uuid) ? attachments[uuid] : undefined;
}

function attachmentOf(asset: SourceAsset): string | undefined {
  return 'attachment' in asset.location ? asset.location.attachment : undefined;
}

function isAboutConnection(error: unknown): boolean {
  return ['unreachable', 'timeout', 'rate_limit'].includes(codeOf(error) ?? '');
}

function backendDown(source: Source, cause: unknown): RegistryError {
  return new RegistryError(
    'source_failed',
    `${source.name}: ${MAX_FAILURES_IN_A_ROW} assets in a row could not be read; see whether the backend is overloaded.`,
    { cause },
  );
}
