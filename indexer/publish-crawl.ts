import type { Config } from './config/config.ts';
import type { CrawlPart } from './crawl/crawl.ts';
import type { SourceOutcome } from './crawl/crawl-source.ts';
import type { Remembered } from './crawl/remember.ts';
import { settingsOfSources } from './load-looks.ts';
import type { Start } from './load-start.ts';
import type { Digest } from './model/digest.ts';
import type { Pointer } from './model/documents.ts';
import { withoutHidden, type PolicyRule } from './model/policy.ts';
import { formatTime } from './model/text.ts';
import { publishSite, type Current, type Published } from './publish/publish.ts';
import { renderDocument, renderSite } from './site/documents.ts';
import { CRAWL, LOOKS, STATUS } from './site/layout.ts';
import {
  renderCrawl,
  renderLooks,
  renderPointer,
  renderPointerSources,
  renderStatus,
  type SourceReport,
} from './site/reports.ts';
import type { SiteStorage } from './storage/storage.ts';

export interface PublishDependencies {
  storage: SiteStorage;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Extensions up to which search is one list, and shards above; 10,000 without it. */
  maxListed?: number;
  /** What was crawled; all without it. */
  part?: CrawlPart;
}

export interface CrawledSite {
  /** What is published there now. */
  current: Current | undefined;
  start: Start;
  remembered: Remembered;
  outcomes: readonly SourceOutcome[];
  startedAt: number;
}

/** Makes what a crawl came to the visible site, with the reports of that crawl. */
export function publishCrawl(
  config: Config,
  parts: CrawledSite,
  { storage, now, maxListed, part }: PublishDependencies,
): Promise<Published> {
  const { current, start, remembered, startedAt } = parts;
  const { catalogue, memory } = remembered;
  const { publicUrl } = config.site;
  const reports = parts.outcomes.map((each) => reportOf(each, config.policy));
  const time = formatTime(startedAt);
  // A crawl in which nothing could be read, or of a part, does not confirm the index.
  const confirms = part === undefined && reports.some((each) => each.failure === undefined);
  const confirmed = confirms ? time : (start.pointer?.checked_at ?? time);
  // The turns of the next crawl are those since the last whole one.
  const lookedAt = part === undefined ? time : (start.looks?.at ?? time);
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
      const looks = renderLooks(parts.outcomes, settingsOfSources(config), { at: lookedAt, memory: digest });
      const status = renderDocument(STATUS, renderStatus({ catalogue, memory, looks }, pointer, reports));
      const crawlReport = renderDocument(CRAWL, renderCrawl(reports, time, formatTime(now())));
      return { pointer, reports: [status, crawlReport, renderDocument(LOOKS, looks)] };
    },
  });
}

function reportOf(
  { name, kind, skipped, failure, counts }: SourceOutcome,
  policy: readonly PolicyRule[],
): SourceReport {
  return {
    name,
    kind,
    counts,
    ...(skipped && { skipped }),
    ...(failure && { failure: { code: failure.code, message: withoutHidden(failure.message, policy) } }),
  };
}

/** The published generation that has this manifest, unless its number would fall below one that was published here. */
function generationOf(manifest: Digest, current: Pointer | undefined, start: Pointer | undefined): Pointer | undefined {
  if (current?.manifest.digest === manifest) return current;
  const grows = (start?.generation ?? 0) > (current?.generation ?? 0);
  return grows && start?.manifest.digest === manifest ? start : undefined;
}
