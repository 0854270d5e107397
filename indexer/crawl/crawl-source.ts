import { RegistryError } from '../model/errors.ts';
import { compareText } from '../model/extension.ts';
import { emptySourceMemory, type KnownAttachment, type SourceMemory } from '../model/memory.ts';
import type { Release } from '../model/release.ts';
import type { Listing, ListProgress, Source } from '../sources/source.ts';
import { digestReleases, type DigestMode, type DigestProgress } from './digests.ts';

export interface CrawlOptions {
  digests: DigestMode;
  digestBudgetBytes: number;
  concurrency: number;
  deadlineMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborts the whole crawl. */
  signal: AbortSignal;
  onProgress?: (source: string, progress: SourceProgress) => void;
}

export type SourceProgress = Partial<ListProgress & DigestProgress>;

/** What one source gave, or what stands in for it. */
export interface SourceOutcome {
  name: string;
  kind: string;
  /** What the next crawl knows of this source: this crawl's listing, or the earlier one carried forward. */
  memory: SourceMemory;
  /** Why the source as a whole has failed. */
  failure?: RegistryError;
  counts: { requests: number; retries: number; assets_read: number; bytes_read: number; duration_ms: number };
}

/** One source from its listing to digests. Never throws for a fault of the source: it is then carried forward. */
export async function crawlSource(
  source: Source,
  before: SourceMemory | undefined,
  options: CrawlOptions,
): Promise<SourceOutcome> {
  const startedAt = options.now();
  const previous = before ?? emptySourceMemory();
  // Kept also when the source fails afterwards, so that no byte is read twice.
  const attachments = { ...previous.attachments };
  const read: DigestProgress = { assetsRead: 0, ofAssets: 0, bytesRead: 0 };
  const outcome = (memory: SourceMemory, failure?: RegistryError): SourceOutcome => ({
    name: source.name,
    kind: source.kind,
    memory,
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
    return outcome(await readSource(source, { previous, attachments, read, signal: deadline.signal }, options));
  } catch (error) {
    options.signal.throwIfAborted();
    return outcome({ ...previous, attachments }, asFailure(source, error));
  } finally {
    deadline.clear();
  }
}

interface Reading {
  previous: SourceMemory;
  /** Grows as attachments are read. */
  attachments: Record<string, KnownAttachment>;
  /** Grows likewise. */
  read: DigestProgress;
  signal: AbortSignal;
}

async function readSource(source: Source, reading: Reading, options: CrawlOptions): Promise<SourceMemory> {
  const { previous, attachments, read, signal } = reading;
  const report = (progress: SourceProgress): void => options.onProgress?.(source.name, progress);
  const listing = await source.fetchListing({ signal, onProgress: report });
  const complete = await withMissing(source, { listing, previous, signal });
  const digested = await digestReleases(complete.releases, {
    source,
    mode: options.digests,
    attachments,
    budgetBytes: options.digestBudgetBytes,
    concurrency: options.concurrency,
    signal,
    onProgress: (each) => {
      Object.assign(read, each);
      report(each);
    },
  });
  return {
    releases: digested.releases,
    findings: [...complete.findings, ...digested.findings],
    attachments: ofListing(attachments, complete),
  };
}

/** Aborts what one source does when its time is over, or when the whole crawl is given up. */
function startDeadline(source: Source, options: CrawlOptions): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const seconds = Math.round(options.deadlineMs / 1000);
  const timer = setTimeout(() => {
    const message = `${source.name} was not read within ${seconds} s; raise [indexer] deadline_seconds or lower digest_budget_bytes.`;
    controller.abort(new RegistryError('timeout', message));
  }, options.deadlineMs);
  const stop = (): void => controller.abort(options.signal.reason);
  options.signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', stop);
    },
  };
}

/**
 * Pages shift while they are read, so a release that is no longer listed is asked for once more by its own key. One
 * that cannot be asked about stays: only an answer removes it.
 */
async function withMissing(
  source: Source,
  { listing, previous, signal }: { listing: Listing; previous: SourceMemory; signal: AbortSignal },
): Promise<Listing> {
  const listed = new Set(listing.releases.map(releaseKey));
  const found: Release[] = [];
  for (const missing of previous.releases.filter((each) => !listed.has(releaseKey(each)))) {
    const release = await source.fetchRelease(missing, signal).catch(() => {
      signal.throwIfAborted();
      return missing;
    });
    if (release !== undefined && !listed.has(releaseKey(release))) found.push(release);
  }
  return { ...listing, releases: [...listing.releases, ...found] };
}

/** Attachments that no release names any more will not come back: a new upload gets a new uuid. */
function ofListing(attachments: Record<string, KnownAttachment>, listing: Listing): Record<string, KnownAttachment> {
  const listed = new Set(
    listing.releases.flatMap((release) =>
      release.assets.map((each) => ('attachment' in each.location ? each.location.attachment : '')),
    ),
  );
  const kept = Object.entries(attachments).filter(([uuid]) => listed.has(uuid));
  return Object.fromEntries(kept.sort(([a], [b]) => compareText(a, b)));
}

function releaseKey(release: Release): string {
  return `${release.id}@${release.version}`;
}

function asFailure(source: Source, error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  return new RegistryError('source_failed', `${source.name} could not be read; the cause says why.`, { cause: error });
}
