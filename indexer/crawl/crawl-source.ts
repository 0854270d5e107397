import { createLimit } from '../http/limit.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '../http/retry.ts';
import { messageOf, RegistryError } from '../model/errors.ts';
import { compareText, type ExtensionId } from '../model/extension.ts';
import type { Look } from '../model/looks.ts';
import type { KnownAttachment, SourceMemory } from '../model/memory.ts';
import { problemKey, type Finding } from '../model/problem.ts';
import { releaseSubject, type Release } from '../model/release.ts';
import type { Listing, ListProgress, Source, SourceListing } from '../sources/source.ts';
import { digestReleases, type DigestProgress } from './digests.ts';
import {
  extensionOf,
  isSettled,
  nextLooks,
  partLooks,
  planLooks,
  type EarlierLooks,
  type LookOptions,
} from './looks.ts';
import type { DigestMode } from './reading-plan.ts';

export interface CrawlOptions {
  digests: DigestMode;
  digestBudgetBytes: number;
  concurrency: number;
  deadlineMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  retry?: RetryPolicy;
  /** Aborts the whole crawl. */
  signal: AbortSignal;
  /** The one extension that is asked about; all of them without it. */
  only?: ExtensionId;
  /** When what is known is looked at again; in this crawl, all of it, without it. */
  looking?: Omit<LookOptions, 'nowMs'>;
  /** Called with each attachment that was read; the next one of its source waits for it. */
  onRead?: (source: string, uuid: string, known: KnownAttachment) => Promise<void>;
  onProgress?: (source: string, progress: SourceProgress) => void;
}

export type SourceProgress = Partial<ListProgress & DigestProgress>;

/** What one source gave, or what stands in for it. */
export interface SourceOutcome {
  name: string;
  kind: string;
  /** What the next crawl knows of this source: this crawl's listing, or the earlier one carried forward. */
  memory: SourceMemory;
  /** When each of its repositories was last read. */
  looks: Record<string, Look>;
  /** It was not asked: what it gave last stands, and nothing is known of how it is. */
  skipped?: true;
  /** Why the source as a whole has failed. */
  failure?: RegistryError;
  counts: { requests: number; retries: number; assets_read: number; bytes_read: number; duration_ms: number };
}

/** One source from its listing to digests. Never throws for a fault of the source: it is then carried forward. */
export async function crawlSource(
  source: Source,
  { memory: previous, looks, atMs }: EarlierLooks,
  options: CrawlOptions,
): Promise<SourceOutcome> {
  const startedAt = options.now();
  // Kept also when the source fails afterwards, so that no byte is read twice.
  const attachments = { ...previous.attachments };
  const failures = new Map<string, Finding>();
  const read: DigestProgress = { assetsRead: 0, ofAssets: 0, bytesRead: 0 };
  const outcome = ({ memory, looks }: Read, failure?: RegistryError): SourceOutcome => ({
    name: source.name,
    kind: source.kind,
    memory,
    looks,
    ...(failure && { failure }),
    counts: {
      requests: source.counts.requests,
      retries: source.counts.retries,
      assets_read: read.assetsRead,
      bytes_read: read.bytesRead,
      duration_ms: options.now() - startedAt,
    },
  });
  const deadline = startDeadline(source, options);
  try {
    const earlier = { memory: previous, looks, atMs };
    const reading = { earlier, attachments, failures, read, signal: deadline.signal };
    return outcome(await untilAborted(readSource(source, reading, options), deadline.signal));
  } catch (error) {
    options.signal.throwIfAborted();
    const findings = withFailures(previous.findings, [...failures.values()]);
    const carried = { ...previous, findings, attachments: sorted(Object.entries(attachments)) };
    return outcome({ memory: carried, looks: looks.repositories }, asFailure(source, error));
  } finally {
    deadline.end();
  }
}

type Read = Pick<SourceOutcome, 'memory' | 'looks'>;

interface Reading {
  earlier: EarlierLooks;
  /** These three grow as attachments are read. */
  attachments: Record<string, KnownAttachment>;
  failures: Map<string, Finding>;
  read: DigestProgress;
  signal: AbortSignal;
}

async function readSource(source: Source, reading: Reading, options: CrawlOptions): Promise<Read> {
  const { earlier, attachments, failures, read, signal } = reading;
  const { memory: previous } = earlier;
  const { onRead, looking } = options;
  const nowMs = options.now();
  const report = (progress: SourceProgress): void => options.onProgress?.(source.name, progress);
  const listing =
    options.only === undefined
      ? await source.fetchListing({
          signal,
          onProgress: report,
          ...(looking && { plan: (found) => planLooks(found, earlier, { ...looking, nowMs }) }),
        })
      : await fetchOne(source, options.only, { previous, signal });
  const complete = await withMissing(listing, { source, previous, signal, concurrency: options.concurrency });
  const digested = await digestReleases(complete.releases, {
    source,
    mode: options.digests,
    attachments,
    failures,
    listed: new Map(previous.releases.map((each) => [releaseSubject(each), each])),
    failedBefore: failuresOf(previous),
    budgetBytes: options.digestBudgetBytes,
    concurrency: options.concurrency,
    retry: { policy: options.retry ?? DEFAULT_RETRY, random: options.random },
    signal,
    ...(onRead && { onRead: (uuid: string, known: KnownAttachment) => onRead(source.name, uuid, known) }),
    onProgress: (each) => {
      Object.assign(read, each);
      report(each);
    },
  });
  const memory = {
    releases: digested.releases,
    findings: withFailures(complete.findings, digested.findings),
    attachments: ofListing(attachments, complete),
  };
  const looksAfter = options.only === undefined ? nextLooks : partLooks;
  const looks = looksAfter(listing.looked, earlier, nowMs);
  return { memory, looks };
}

/** What is known, with what the source now has of one extension. */
async function fetchOne(
  source: Source,
  id: ExtensionId,
  { previous, signal }: { previous: SourceMemory; signal: AbortSignal },
): Promise<SourceListing> {
  const candidate = source.nameCandidate({ id });
  // A name that has no place here was given nothing by this source.
  const found = candidate.id === undefined ? undefined : await source.examine({ ...candidate, id }, signal);
  const { releases = [], findings = [] } = found?.listing ?? {};
  return {
    releases: [...previous.releases.filter((each) => each.id !== id), ...releases],
    findings: [...previous.findings.filter((each) => extensionOf(each) !== id), ...findings],
    looked: [{ name: candidate.repository, id, listing: found?.listing ?? 'failed' }],
  };
}

/**
 * Aborts what one source does when its time is over, when the whole crawl is given up, and when it has ended: a source
 * that failed leaves no request behind that goes on asking.
 */
function startDeadline(source: Source, options: CrawlOptions): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const seconds = Math.round(options.deadlineMs / 1000);
  const giveUp = (reason: string): void => controller.abort(new RegistryError('timeout', `${source.name} ${reason}`));
  const timer = setTimeout(() => {
    giveUp(`was not read within ${seconds} s; raise [indexer] deadline_seconds or lower digest_budget_bytes.`);
  }, options.deadlineMs);
  return {
    signal: AbortSignal.any([options.signal, controller.signal]),
    end: () => {
      clearTimeout(timer);
      giveUp('is not asked any more; its crawl has ended.');
    },
  };
}

/** What comes of the work, or the signal's reason at once: whatever a source does with it, nobody waits any longer. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject);
  });
}

/** `type/name@version` -> why it could not be read. */
export function failuresOf({ findings }: SourceMemory): Map<string, Finding> {
  return new Map(findings.flatMap((each) => (each.code === 'read_failed' ? [[each.subject, each] as const] : [])));
}

/** So that the next crawl reads last what it could not read in this one; what was told of it before is told anew. */
function withFailures(before: readonly Finding[], failures: readonly Finding[]): Finding[] {
  const known = new Set(failures.map(problemKey));
  return [...before.filter((each) => !known.has(problemKey(each))), ...failures];
}

interface Asking {
  source: Source;
  previous: SourceMemory;
  signal: AbortSignal;
  concurrency: number;
}

/**
 * Pages shift while they are read, so a release that is no longer listed is asked for once more by its own key. One
 * that cannot be asked about stays: only an answer removes it.
 */
async function withMissing(listing: Listing, { source, previous, signal, concurrency }: Asking): Promise<Listing> {
  const listed = new Set(listing.releases.map(releaseSubject));
  const missing = previous.releases.filter((each) => !listed.has(releaseSubject(each)));
  const findings: Finding[] = [];
  const limit = createLimit(concurrency);
  const ask = (each: Release): Promise<Release | undefined> =>
    source.fetchRelease(each, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      const detail = `It is no longer listed, and asking for it failed, so it stays: ${messageOf(error)}`;
      findings.push({ code: 'read_failed', source: source.name, subject: releaseSubject(each), detail });
      return each;
    });
  const asked = await Promise.all(missing.map((each) => limit(() => ask(each))));
  // Nothing listed and nothing confirmed is lost access, not emptiness.
  if (listing.releases.length === 0 && missing.length > 0 && findings.length === missing.length) {
    throw new RegistryError(
      'source_failed',
      `${source.name} lists nothing any more and refuses what it listed before; see that its token still has access.`,
    );
  }
  const found = asked.filter((each) => each !== undefined).filter((each) => !listed.has(releaseSubject(each)));
  const stillTold = toldOf(found, previous, listing);
  return { releases: [...listing.releases, ...found], findings: [...listing.findings, ...stillTold, ...findings] };
}

/** Of a release that is asked for by its key nothing is found anew, so what was told of it still is. */
function toldOf(found: readonly Release[], { findings }: SourceMemory, listing: Listing): Finding[] {
  const subjects = new Set(found.map(releaseSubject));
  const known = new Set(listing.findings.map(problemKey));
  return findings.filter((each) => subjects.has(each.subject) && isSettled(each) && !known.has(problemKey(each)));
}

/** Attachments that no release names any more will not come back: a new upload gets a new uuid. */
function ofListing(attachments: Record<string, KnownAttachment>, listing: Listing): Record<string, KnownAttachment> {
  const listed = new Set(
    listing.releases.flatMap((release) =>
      release.assets.map((each) => ('attachment' in each.location ? each.location.attachment : '')),
    ),
  );
  return sorted(Object.entries(attachments).filter(([uuid]) => listed.has(uuid)));
}

/** In an order that does not depend on which answer came first. */
function sorted(attachments: [uuid: string, known: KnownAttachment][]): Record<string, KnownAttachment> {
  return Object.fromEntries(attachments.sort(([a], [b]) => compareText(a, b)));
}

function asFailure(source: Source, error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  const message = `${source.name} could not be read: ${messageOf(error)}; this is a fault of the indexer, please report it.`;
  return new RegistryError('source_failed', message, { cause: error });
}
