import { openCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { Config } from './config/config.ts';
import { crawlSources } from './crawl/crawl.ts';
import type { SourceOutcome, SourceProgress } from './crawl/crawl-source.ts';
import { settingsOf } from './crawl/looks.ts';
import { mergeSources, type MergeOptions } from './crawl/merge.ts';
import { createOwnership } from './crawl/owners.ts';
import { remember, type Remembered } from './crawl/remember.ts';
import { loadCurrent, salvageCurrent } from './current-site.ts';
import type { Network } from './http/network.ts';
import type { RetryPolicy } from './http/retry.ts';
import { loadStart, type Start } from './load-start.ts';
import type { Digest } from './model/digest.ts';
import type { Held, Pointer } from './model/documents.ts';
import type { LooksDocument } from './model/looks.ts';
import type { Memory } from './model/memory.ts';
import { withoutHidden } from './model/policy.ts';
import { byGravity, type Problem } from './model/problem.ts';
import { formatTime } from './model/text.ts';
import { notifyPublished, type Notified, type Publication } from './notify-published.ts';
import { assertBelievable, inventoryOf, lossesOf, type Inventory } from './publish/gate.ts';
import { publishSite, type Current, type Published } from './publish/publish.ts';
import { finishPublished } from './publish/unfinished.ts';
import { renderDocument, renderSite } from './site/documents.ts';
import { CRAWL, LOOKS, STATUS } from './site/layout.ts';
import { renderCrawl, renderLooks, renderPointer, renderPointerSources, renderStatus } from './site/reports.ts';
import { createSource } from './sources/create-source.ts';
import type { SiteReader, SiteStorage } from './storage/storage.ts';
import { withLock } from './storage/with-lock.ts';

export interface BuildDependencies {
  /** Where the site is published. */
  storage: SiteStorage;
  /** A published site to start from where there is none in `storage`. */
  previous?: SiteReader;
  /** Start with an empty memory where there is none, or only a damaged one. */
  firstRun?: boolean;
  /** Publish whatever would vanish. */
  force?: boolean;
  /** Read every repository, whatever is known of it. */
  full?: boolean;
  /** `type/name` whose loss the publish gate lets pass. */
  acceptedLosses?: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  signal: AbortSignal;
  /** Extensions up to which search is one list, and shards above; 10,000 without it. */
  maxListed?: number;
  onProgress?: (source: string, progress: SourceProgress) => void;
  retry?: RetryPolicy;
  network?: Network;
}

/** What one run did. `published` is missing when there was nothing to publish: every source failed at the first run. */
export interface BuildReport {
  outcomes: SourceOutcome[];
  /** All of them, also those about what the policy hides, which no document has. */
  problems: Problem[];
  published?: Published;
  /** A rollback holds the site: nothing was crawled or published. */
  held?: Held;
  /** What became of telling `[notify]`; missing where nobody is to be told, or nothing was published. */
  notified?: Notified['outcome'];
  durationMs: number;
}

/** A run up to its publication, and what there may be to tell of it. */
interface Built {
  report: BuildReport;
  publication?: Publication;
}

/**
 * The whole job, one indexer at a time: what was known, a crawl, what is known now, the documents of it, and these made
 * the visible site. Who is told of it is told afterwards, when another indexer may run.
 * @throws RegistryError `locked`, `refused` by the publish gate, and whatever ends a run without a report
 */
export async function buildSite(config: Config, dependencies: BuildDependencies): Promise<BuildReport> {
  const { storage, now } = dependencies;
  const startedAt = now();
  const { report, publication } = await withLock(storage, now, (locked) =>
    crawlAndPublish(config, { ...dependencies, storage: locked }),
  );
  if (config.notify === undefined || publication === undefined) return report;
  const { outcome, problem } = await notifyPublished(publication, config.notify, dependencies);
  const problems = problem === undefined ? report.problems : byGravity([...report.problems, problem]);
  return { ...report, problems, notified: outcome, durationMs: now() - startedAt };
}

async function crawlAndPublish(config: Config, dependencies: BuildDependencies): Promise<Built> {
  const { storage, now } = dependencies;
  const startedAt = now();
  const { previous, firstRun = false } = dependencies;
  const current = await (firstRun ? salvageCurrent(storage) : loadCurrent(storage));
  const held = current?.pointer.held;
  if (current !== undefined && held !== undefined) {
    // Of a rollback that was killed, which nobody else will end.
    if (current.salvaged !== true) await finishPublished(storage, current);
    return { report: { outcomes: [], problems: [], held, durationMs: now() - startedAt } };
  }
  const start = await loadStart(current, { storage, previous, firstRun });

  const checkpoint = await openCheckpoint(storage, { memory: start.memory, now });
  const looks = dependencies.full === true ? undefined : start.looks;
  const outcomes = await crawl(config, { checkpoint, looks }, dependencies);
  const options = {
    preference: config.sources.map((each) => each.name),
    ownership: createOwnership(config.sources),
    policy: config.policy,
    now: formatTime(startedAt),
  };
  const remembered = remember(start.memory, outcomes, options);
  const report = { outcomes, problems: remembered.problems };
  const allFailed = outcomes.every((each) => each.failure !== undefined);
  if (allFailed && start.pointer === undefined) return { report: { ...report, durationMs: now() - startedAt } };

  if (dependencies.force !== true) {
    const { acceptedLosses: accepted = new Set() } = dependencies;
    const { maxLossPercent } = config.indexer;
    const before = start.listed ?? inventoryIn(start.memory, options);
    const after = inventoryIn(remembered.memory, options);
    const removed = Object.keys(start.memory.sources).filter((each) => !options.preference.includes(each));
    assertBelievable(lossesOf(before, after, { maxLossPercent, accepted }), { maxLossPercent, removed });
  }
  const published = await publish(config, { current, start, remembered, outcomes, startedAt }, dependencies);
  await checkpoint.clear();
  return {
    report: { ...report, published, durationMs: now() - startedAt },
    publication: {
      before: publishedBefore(current, start, dependencies),
      after: { reader: storage, pointer: published.pointer },
      catalogue: remembered.catalogue,
      time: options.now,
    },
  };
}

/** What readers saw, here or at `previous`; nothing that can be read where its manifest is damaged. */
function publishedBefore(
  current: Current | undefined,
  { pointer }: Start,
  { storage, previous }: BuildDependencies,
): Publication['before'] {
  if (current?.salvaged === true) return undefined;
  if (current !== undefined) return { reader: storage, pointer: current.pointer };
  return pointer && previous && { reader: previous, pointer };
}

/** What was listed when a memory was made: of all sources that it has, each name added to by those that might then. */
function inventoryIn(memory: Memory, options: MergeOptions): Inventory {
  const preference = [...new Set([...options.preference, ...Object.keys(memory.sources)])];
  const owners = Object.entries(memory.owns ?? {}).map(([name, owns]) => ({ name, owns }));
  const { extensions } = mergeSources(memory, { ...options, preference, ownership: createOwnership(owners) });
  return inventoryOf(extensions, memory);
}

interface Known {
  checkpoint: Checkpoint;
  looks: LooksDocument | undefined;
}

async function crawl(
  config: Config,
  { checkpoint, looks }: Known,
  dependencies: BuildDependencies,
): Promise<SourceOutcome[]> {
  const { now, random, retry, network, signal, onProgress } = dependencies;
  const { concurrency, digests, digestBudgetBytes = Infinity, deadlineSeconds } = config.indexer;
  const { recentSeconds, lookAgainSeconds } = config.indexer;
  const forSources = {
    types: config.types,
    concurrency,
    random,
    now,
    ...(retry && { retry }),
    ...(network && { network }),
  };
  const sources = config.sources.map((each) => createSource(each, forSources));
  try {
    const settings = settingsOfSources(config);
    return await crawlSources(
      sources,
      { memory: checkpoint.memory, ...(looks && { looks: ofSettings(looks, settings) }) },
      {
        looking: { recentMs: recentSeconds * 1_000, lookAgainMs: lookAgainSeconds * 1_000 },
        digests,
        digestBudgetBytes,
        concurrency,
        deadlineMs: deadlineSeconds * 1_000,
        now,
        random,
        signal,
        onRead: checkpoint.note,
        ...(retry && { retry }),
        ...(onProgress && { onProgress }),
      },
    );
  } finally {
    await Promise.all([...sources.map((each) => each.close()), checkpoint.flush()]);
  }
}

function settingsOfSources({ sources, types, indexer: { digests } }: Config): Map<string, string> {
  return new Map(sources.map((each) => [each.name, settingsOf(each, { types, digests })]));
}

/** Those of the sources that are read as they were then. */
function ofSettings(
  { at, sources }: LooksDocument,
  settings: ReadonlyMap<string, string>,
): Pick<LooksDocument, 'at' | 'sources'> {
  const same = Object.entries(sources).filter(([name, each]) => each.settings === settings.get(name));
  return { at, sources: Object.fromEntries(same) };
}

interface Publishing {
  current: Current | undefined;
  start: Start;
  remembered: Remembered;
  outcomes: readonly SourceOutcome[];
  startedAt: number;
}

function publish(
  config: Config,
  parts: Publishing,
  { storage, now, maxListed }: BuildDependencies,
): Promise<Published> {
  const { current, start, remembered, startedAt } = parts;
  const { catalogue, memory } = remembered;
  const { publicUrl } = config.site;
  const reports = parts.outcomes.map(({ name, kind, failure, counts }) => ({
    name,
    kind,
    counts,
    ...(failure && { failure: { code: failure.code, message: withoutHidden(failure.message, config.policy) } }),
  }));
  const time = formatTime(startedAt);
  // A crawl in which nothing could be read confirms nothing.
  const confirmed = reports.some((each) => each.failure === undefined) ? time : (start.pointer?.checked_at ?? time);
  const options = {
    types: [...config.types.keys()],
    sources: config.sources.map((each) => each.name),
    badges: config.site.badges,
    ...(publicUrl !== undefined && { publicUrl }),
    ...(maxListed !== undefined && { maxListed }),
  };
  return publishSite(storage, current, {
    documents: renderSite(catalogue, memory, options),
    keepGenerations: config.site.keepGenerations,
    now,
    conclude: ({ manifest, search, memory: { digest } }) => {
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
      const looks = renderLooks(parts.outcomes, settingsOfSources(config), { at: time, memory: digest });
      const status = renderDocument(STATUS, renderStatus({ catalogue, memory, looks }, pointer, reports));
      const crawlReport = renderDocument(CRAWL, renderCrawl(reports, time, formatTime(now())));
      return { pointer, reports: [status, crawlReport, renderDocument(LOOKS, looks)] };
    },
  });
}

/** The published generation that has this manifest, unless its number would fall below one that was published here. */
function generationOf(manifest: Digest, current: Pointer | undefined, start: Pointer | undefined): Pointer | undefined {
  if (current?.manifest.digest === manifest) return current;
  const grows = (start?.generation ?? 0) > (current?.generation ?? 0);
  return grows && start?.manifest.digest === manifest ? start : undefined;
}
