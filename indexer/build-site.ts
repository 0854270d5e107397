import { openCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { Config } from './config/config.ts';
import { crawlSources, type CrawlPart } from './crawl/crawl.ts';
import type { SourceOutcome, SourceProgress } from './crawl/crawl-source.ts';
import { mergeSources, type MergeOptions } from './crawl/merge.ts';
import { createOwnership } from './crawl/owners.ts';
import { remember } from './crawl/remember.ts';
import { loadCurrent, salvageCurrent } from './current-site.ts';
import { hasFailed } from './crawl/outcome.ts';
import type { Network } from './http/network.ts';
import type { RetryPolicy } from './http/retry.ts';
import { ofSettings, settingsOfSources } from './load-looks.ts';
import { loadStart, type Start } from './load-start.ts';
import type { Held } from './model/documents.ts';
import { codeOf, RegistryError } from './model/errors.ts';
import type { LooksDocument } from './model/looks.ts';
import type { Memory } from './model/memory.ts';
import { byGravity, type Problem } from './model/problem.ts';
import { formatTime } from './model/text.ts';
import { notifyPublished, type Notified, type Publication } from './notify-published.ts';
import { assertBelievable, inventoryOf, lossesOf, type Inventory } from './publish/gate.ts';
import { publishCrawl } from './publish-crawl.ts';
import type { Current, Published } from './publish/publish.ts';
import { finishPublished } from './publish/unfinished.ts';
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
  /** Crawl a part only, and keep what is known of the rest. */
  part?: CrawlPart;
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

const MAX_RACES = 3;

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
    againWhenLost(() => crawlAndPublish(config, { ...dependencies, storage: locked })),
  );
  if (config.notify === undefined || publication === undefined) return report;
  const { outcome, problem } = await notifyPublished(publication, config.notify, dependencies);
  const problems = problem === undefined ? report.problems : byGravity([...report.problems, problem]);
  return { ...report, problems, notified: outcome, durationMs: now() - startedAt };
}

/** Whoever loses the race for the pointer, to one that does not mind the lock, begins anew from what that has published. */
async function againWhenLost<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (codeOf(error) !== 'conflict' || tries >= MAX_RACES) throw error;
    }
  }
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
  if (dependencies.part !== undefined && start.pointer === undefined) throw nothingToKeep(storage);

  const checkpoint = await openCheckpoint(storage, { memory: start.memory, now });
  const outcomes = await crawl(config, { checkpoint, looks: start.looks }, dependencies);
  const options = {
    preference: config.sources.map((each) => each.name),
    ownership: createOwnership(config.sources),
    policy: config.policy,
    now: formatTime(startedAt),
  };
  const remembered = remember(start.memory, outcomes, options);
  const report = { outcomes, problems: remembered.problems };
  if (hasFailed(outcomes) && start.pointer === undefined)
    return { report: { ...report, durationMs: now() - startedAt } };

  if (dependencies.force !== true) {
    const { acceptedLosses: accepted = new Set() } = dependencies;
    const { maxLossPercent } = config.indexer;
    const before = start.listed ?? inventoryIn(start.memory, options);
    const after = inventoryIn(remembered.memory, options);
    const removed = Object.keys(start.memory.sources).filter((each) => !options.preference.includes(each));
    assertBelievable(lossesOf(before, after, { maxLossPercent, accepted }), { maxLossPercent, removed });
  }
  const published = await publishCrawl(config, { current, start, remembered, outcomes, startedAt }, dependencies);
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

function nothingToKeep({ name }: SiteStorage): RegistryError {
  return new RegistryError(
    'refused',
    `${name} has no published site to keep the rest of; crawl once without --only and --source.`,
  );
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
  const { now, random, retry, network, signal, onProgress, part, full } = dependencies;
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
        // What was looked at, and which of it is recent, is still known after it.
        ...(full !== true && { looking: { recentMs: recentSeconds * 1_000, lookAgainMs: lookAgainSeconds * 1_000 } }),
        digests,
        digestBudgetBytes,
        concurrency,
        deadlineMs: deadlineSeconds * 1_000,
        now,
        random,
        signal,
        onRead: checkpoint.note,
        ...(retry && { retry }),
        ...(part && { part }),
        ...(onProgress && { onProgress }),
      },
    );
  } finally {
    await Promise.all([...sources.map((each) => each.close()), checkpoint.flush()]);
  }
}
