import type { Config } from './config/config.ts';
import { crawlSources } from './crawl/crawl.ts';
import type { SourceOutcome, SourceProgress } from './crawl/crawl-source.ts';
import { createOwnership } from './crawl/owners.ts';
import { remember, type Remembered } from './crawl/remember.ts';
import type { RetryPolicy } from './http/retry.ts';
import type { Digest } from './model/digest.ts';
import type { Pointer } from './model/documents.ts';
import { RegistryError } from './model/errors.ts';
import { emptyMemory, type Memory } from './model/memory.ts';
import type { Problem } from './model/problem.ts';
import { formatTime } from './model/text.ts';
import { publishSite, type Current, type Published } from './publish/publish.ts';
import { openSite, parseDocument, readPointer } from './read-site.ts';
import { renderDocument, renderSite } from './site/documents.ts';
import { CRAWL, MEMORY, STATUS } from './site/layout.ts';
import { renderCrawl, renderPointer, renderPointerSources, renderStatus } from './site/reports.ts';
import { createSource } from './sources/create-source.ts';
import type { SiteReader, SiteStorage } from './storage/storage.ts';

export interface BuildDependencies {
  /** Where the site is published. */
  storage: SiteStorage;
  /** A published site to start from, where the configuration names one. */
  previous?: SiteReader;
  /** Start with an empty memory where `previous` has none yet. */
  firstRun?: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  signal: AbortSignal;
  onProgress?: (source: string, progress: SourceProgress) => void;
  retry?: RetryPolicy;
}

/** What one run did. `published` is missing when there was nothing to publish: every source failed at the first run. */
export interface BuildReport {
  outcomes: SourceOutcome[];
  problems: Problem[];
  published?: Published;
  durationMs: number;
}

/** The whole job: what was known, a crawl, what is known now, the documents of it, and these made the visible site. */
export async function buildSite(config: Config, dependencies: BuildDependencies): Promise<BuildReport> {
  const { storage, now } = dependencies;
  const startedAt = now();
  const current = await loadCurrent(storage);
  const start = await loadStart(current, dependencies);

  const outcomes = await crawl(config, start.memory, dependencies);
  const remembered = remember(start.memory, outcomes, {
    preference: config.sources.map((each) => each.name),
    ownership: createOwnership(config.sources),
    now: formatTime(startedAt),
  });
  const report = { outcomes, problems: remembered.catalogue.problems };
  const allFailed = outcomes.every((each) => each.failure !== undefined);
  if (allFailed && start.pointer === undefined) return { ...report, durationMs: now() - startedAt };

  const published = await publish(config, { current, start, remembered, outcomes, startedAt }, dependencies);
  return { ...report, published, durationMs: now() - startedAt };
}

/** What the crawl starts from: an earlier generation and its memory. */
interface Start {
  memory: Memory;
  pointer?: Pointer;
}

async function loadCurrent(storage: SiteStorage): Promise<Current | undefined> {
  const found = await readPointer(storage);
  return found && { ...found, manifest: (await openSite(storage, found.pointer)).manifest };
}

async function loadStart(current: Current | undefined, dependencies: BuildDependencies): Promise<Start> {
  const { previous, storage, firstRun } = dependencies;
  const from = previous ?? storage;
  const pointer = previous === undefined ? current?.pointer : (await readPointer(previous))?.pointer;
  if (pointer === undefined) {
    if (previous === undefined || firstRun === true) return { memory: emptyMemory() };
    throw new RegistryError(
      'storage',
      `[indexer] previous: ${previous.name} has no published site; correct it, or run once with --first-run.`,
    );
  }
  const bytes = await (await openSite(from, pointer)).readDocument(MEMORY);
  if (bytes === undefined)
    throw new RegistryError('invalid_site', `${from.name} has no memory; it cannot be started from.`);
  return { memory: parseDocument<Memory>(bytes, `${from.name}: memory`), pointer };
}

async function crawl(config: Config, memory: Memory, dependencies: BuildDependencies): Promise<SourceOutcome[]> {
  const { now, random, retry, signal, onProgress } = dependencies;
  const { concurrency, digests, digestBudgetBytes = Infinity, deadlineSeconds } = config.indexer;
  const sources = config.sources.map((each) =>
    createSource(each, { types: config.types, concurrency, random, now, ...(retry && { retry }) }),
  );
  try {
    return await crawlSources(sources, memory, {
      digests,
      digestBudgetBytes,
      concurrency,
      deadlineMs: deadlineSeconds * 1_000,
      now,
      signal,
      ...(onProgress && { onProgress }),
    });
  } finally {
    await Promise.all(sources.map((each) => each.close()));
  }
}

interface Publishing {
  current: Current | undefined;
  start: Start;
  remembered: Remembered;
  outcomes: readonly SourceOutcome[];
  startedAt: number;
}

function publish(config: Config, parts: Publishing, { storage, now }: BuildDependencies): Promise<Published> {
  const { current, start, remembered, startedAt } = parts;
  const { catalogue, memory } = remembered;
  const { publicUrl } = config.site;
  const reports = parts.outcomes.map(({ name, kind, failure, counts }) => ({
    name,
    kind,
    counts,
    ...(failure && { failure: { code: failure.code, message: failure.message } }),
  }));
  const time = formatTime(startedAt);
  // A crawl in which nothing could be read confirms nothing.
  const confirmed = reports.some((each) => each.failure === undefined) ? time : (start.pointer?.checked_at ?? time);
  const options = {
    types: [...config.types.keys()],
    sources: config.sources.map((each) => each.name),
    ...(publicUrl !== undefined && { publicUrl }),
  };
  return publishSite(storage, current, {
    documents: renderSite(catalogue, memory, options),
    conclude: ({ manifest, search }) => {
      const { generation, created } = generationOf(manifest.digest, current?.pointer, start.pointer) ?? {
        generation: Math.max(current?.pointer.generation ?? 0, start.pointer?.generation ?? 0) + 1,
        created: time,
      };
      const pointer = renderPointer(catalogue, {
        generation,
        created,
        checkedAt: confirmed,
        manifest,
        search,
        ...(publicUrl !== undefined && { downloads: publicUrl }),
        sources: renderPointerSources(reports, start.pointer?.sources ?? [], time),
      });
      const status = renderDocument(STATUS, renderStatus({ catalogue, memory }, pointer, reports));
      const crawlReport = renderDocument(CRAWL, renderCrawl(reports, time, formatTime(now())));
      return { pointer, reports: [status, crawlReport] };
    },
  });
}

/** The published generation that has this manifest, unless its number would fall below one that was published here. */
function generationOf(manifest: Digest, current: Pointer | undefined, start: Pointer | undefined): Pointer | undefined {
  if (current?.manifest.digest === manifest) return current;
  const grows = (start?.generation ?? 0) > (current?.generation ?? 0);
  return grows && start?.manifest.digest === manifest ? start : undefined;
}
