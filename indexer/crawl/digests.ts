import { createLimit } from '../http/limit.ts';
import { withRetry, type RetryContext } from '../http/retry.ts';
import { isSidecar } from '../model/asset-name.ts';
import type { Digest } from '../model/digest.ts';
import { codeOf, messageOf, RegistryError } from '../model/errors.ts';
import type { KnownAttachment } from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import { releaseSubject, type Release, type SourceAsset } from '../model/release.ts';
import type { Source } from '../sources/source.ts';
import { readAsset, type ReadOptions } from './read-asset.ts';
import { attachmentOf, isReuploaded, planReading, type PlanOptions, type UnreadAsset } from './reading-plan.ts';
import { MAX_SIDECAR_BYTES, parseSidecar } from './sidecar.ts';

export interface DigestOptions extends PlanOptions {
  source: Source;
  /** Attachments whose bytes are known; those that are read now are added. */
  attachments: Record<string, KnownAttachment>;
  /** Attachment -> why it cannot be read; what fails now is added. */
  failures: Map<string, Finding>;
  /** Bytes that may be read now; 0: none. */
  budgetBytes: number;
  concurrency: number;
  /** How often an attachment is begun anew when its connection breaks. */
  retry: Pick<RetryContext, 'policy' | 'random'>;
  signal: AbortSignal;
  /** Called with each attachment that was read; the next one waits for it. */
  onRead?: (uuid: string, known: KnownAttachment) => Promise<void>;
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
  const { source, attachments, failures, failedBefore, budgetBytes } = options;
  const unread = planReading(releases, options);
  const progress: DigestProgress = { assetsRead: 0, ofAssets: unread.length, bytesRead: 0 };
  const limit = createLimit(options.concurrency);
  let planned = 0;
  let failuresInARow = 0;
  const readOne = async ({ asset, uuid, subject }: UnreadAsset): Promise<void> => {
    // The first is read whatever its size, or a large asset would wait for ever.
    if (budgetBytes === 0 || (planned > 0 && planned + asset.size > budgetBytes)) {
      const before = failedBefore.get(subject);
      if (before !== undefined) failures.set(uuid, before);
      return;
    }
    planned += asset.size;
    let known: KnownAttachment;
    try {
      known = await readAttachment(asset, options, progress);
    } catch (error) {
      options.signal.throwIfAborted();
      const detail = `The asset ${asset.name} could not be read: ${messageOf(error)}`;
      failures.set(uuid, { code: 'read_failed', source: source.name, subject, detail });
      // What could not be read before either says nothing of how the backend is now.
      if (!failedBefore.has(subject)) failuresInARow = isAboutConnection(error) ? failuresInARow + 1 : 0;
      if (failuresInARow >= MAX_FAILURES_IN_A_ROW) throw backendDown(source, error);
      return;
    }
    failuresInARow = 0;
    attachments[uuid] = known;
    await options.onRead?.(uuid, known);
  };
  await Promise.all(unread.map((each) => limit(() => readOne(each))));
  const findings: Finding[] = [];
  const digested = releases.flatMap((each) => withDigests(each, { ...options, findings }));
  return { ...progress, releases: digested, findings };
}

async function readAttachment(
  asset: SourceAsset,
  options: DigestOptions,
  progress: DigestProgress,
): Promise<KnownAttachment> {
  const { source, signal } = options;
  const reading: ReadOptions = {
    signal,
    ...(isSidecar(asset.name) && { keepBytes: MAX_SIDECAR_BYTES }),
    onBytes: (count) => {
      progress.bytesRead += count;
      options.onProgress?.({ ...progress });
    },
  };
  const retry: RetryContext = { ...options.retry, signal, onRetry: () => void (source.counts.retries += 1) };
  const { digest, bytes } = await withRetry(retry, () => readAsset(source, asset, reading));
  progress.assetsRead += 1;
  options.onProgress?.({ ...progress });
  const claims = bytes && parseSidecar(asset.name, bytes.toString('utf8'));
  return { digest, ...(claims && { claims }) };
}

interface Digesting extends Pick<DigestOptions, 'attachments' | 'failures' | 'listed' | 'mode' | 'source'> {
  findings: Finding[];
}

/**
 * The release with its digests. When one of its assets is unreadable or is not what its sidecar says, what an earlier
 * crawl listed stands, and a version that none has listed stays out.
 */
function withDigests(release: Release, context: Digesting): Release[] {
  // All of a registry's have theirs, and no sidecar is read of them.
  if (release.assets.every((each) => each.digest !== undefined)) return [release];
  const subject = releaseSubject(release);
  const listed = context.listed.get(subject);
  const keepOut = (finding: Finding): Release[] => {
    context.findings.push(finding);
    return listed === undefined ? [] : [listed];
  };
  const failures = release.assets.map((each) => context.failures.get(attachmentOf(each) ?? ''));
  const failure = failures.find((each) => each !== undefined);
  if (failure !== undefined) return keepOut(failure);
  const claims = claimsOf(release, context);
  const digested = { ...release, assets: release.assets.map((each) => withDigest(each, { claims, listed }, context)) };
  const wrong = digested.assets.find(
    ({ name, digest }) => digest !== undefined && (claims.get(name) ?? digest) !== digest,
  );
  // Whoever replaces a file often leaves its sidecar as it was: that is `mutated`, which settling finds.
  if (wrong === undefined || isReplaced(wrong, listed)) return [digested];
  const detail = `The asset ${wrong.name} is ${wrong.digest}, its sidecar says ${claims.get(wrong.name)}.`;
  return keepOut({ code: 'sidecar_mismatch', source: context.source.name, subject, detail });
}

function claimsOf(release: Release, context: Digesting): ReadonlyMap<string, Digest> {
  return new Map(release.assets.flatMap((each) => Object.entries(knownOf(each, context)?.claims ?? {})));
}

function isReplaced({ name, digest }: SourceAsset, listed: Release | undefined): boolean {
  const before = listed?.assets.find((each) => each.name === name)?.digest;
  return before !== undefined && before !== digest;
}

interface Told {
  claims: ReadonlyMap<string, Digest>;
  listed: Release | undefined;
}

function withDigest(asset: SourceAsset, { claims, listed }: Told, context: Digesting): SourceAsset {
  if (asset.digest !== undefined) return asset;
  const known = knownOf(asset, context)?.digest;
  if (known !== undefined) return { ...asset, digest: known, digest_origin: 'computed' };
  const claimed = context.mode === 'sidecar' ? claims.get(asset.name) : undefined;
  // A sidecar that was left as it was says nothing of what was uploaded since; only reading does.
  return claimed === undefined || isReuploaded(asset, listed)
    ? asset
    : { ...asset, digest: claimed, digest_origin: 'sidecar' };
}

function knownOf(asset: SourceAsset, { attachments }: Pick<Digesting, 'attachments'>): KnownAttachment | undefined {
  const uuid = attachmentOf(asset);
  return uuid !== undefined && Object.hasOwn(attachments, uuid) ? attachments[uuid] : undefined;
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
