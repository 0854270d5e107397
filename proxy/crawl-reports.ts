import type { FastifyBaseLogger } from 'fastify';
import type { CrawlDocument, StatusDocument } from '../indexer/model/documents.ts';
import { messageOf } from '../indexer/model/errors.ts';
import { PROBLEMS } from '../indexer/model/problem.ts';
import { parseDocument } from '../indexer/read-site.ts';
import { CRAWL, fileOf, STATUS } from '../indexer/site/layout.ts';
import type { SiteReader } from '../indexer/storage/storage.ts';

/** What the newest crawl cost at one source, and what it found there. */
export interface SourceFigures {
  name: string;
  durationSeconds: number;
  requests: number;
  retries: number;
  readBytes: number;
  releases: number;
}

/** The numbers of the two documents that the indexer leaves of each crawl. */
export interface CrawlFigures {
  /** Seconds since 1970. */
  startedSeconds: number;
  finishedSeconds: number;
  sources: SourceFigures[];
  /** Of every code that there is. */
  problems: readonly (readonly [code: string, count: number])[];
}

export interface CrawlReports {
  /** Undefined while they cannot be read, as before the first crawl. Never throws. */
  read(): Promise<CrawlFigures | undefined>;
}

export interface CrawlReportsOptions {
  reader: SiteReader;
  /** The configured sources: no other name becomes a label. */
  sources: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** A thousand problems are spelled out in the larger one. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Whatever asks for metrics asks more often than crawls end. */
const KEPT_MS = 10_000;

/** The indexer is gone when its figures are asked for, so they come from what it has written. */
export function createCrawlReports(options: CrawlReportsOptions): CrawlReports {
  const { reader, now, log } = options;
  let kept: { atMs: number; figures: Promise<CrawlFigures | undefined> } | undefined;
  let complaint: string | undefined;

  const look = async (): Promise<CrawlFigures | undefined> => {
    try {
      const [status, crawl] = await Promise.all([
        readReport<StatusDocument>(reader, STATUS),
        readReport<CrawlDocument>(reader, CRAWL),
      ]);
      const figures = status && crawl && figuresOf(status, crawl, options.sources);
      complaint = undefined;
      return figures;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== complaint)
        log.warn({ event: 'crawl_unreadable', reason }, "the newest crawl's report is unreadable");
      complaint = reason;
      return undefined;
    }
  };

  return {
    read: () => {
      const ageMs = kept === undefined ? Infinity : now() - kept.atMs;
      // Less than nothing is a clock that jumped back.
      if (kept === undefined || ageMs < 0 || ageMs >= KEPT_MS) kept = { atMs: now(), figures: look() };
      return kept.figures;
    },
  };
}

async function readReport<T extends { schema: number }>(reader: SiteReader, path: string): Promise<T | undefined> {
  const bytes = await reader.read(fileOf(path), MAX_BYTES);
  return bytes && parseDocument<T>(bytes, `${reader.name}: ${path}`);
}

/** No digest vouches for these two: who takes a figure looks whether it is a number. */
function figuresOf(status: StatusDocument, crawl: CrawlDocument, sources: ReadonlySet<string>): CrawlFigures {
  const releasesOf = new Map(status.sources.map((each) => [each.name, each.releases]));
  return {
    startedSeconds: Date.parse(crawl.started_at) / 1_000,
    finishedSeconds: Date.parse(crawl.finished_at) / 1_000,
    sources: crawl.sources
      .filter(({ name }) => sources.has(name))
      .map((each) => ({
        name: each.name,
        durationSeconds: each.duration_ms / 1_000,
        requests: each.requests,
        retries: each.retries,
        readBytes: each.bytes_read,
        releases: releasesOf.get(each.name) ?? NaN,
      })),
    problems: Object.keys(PROBLEMS).map((code) => [code, status.problems.by_code[code] ?? 0] as const),
  };
}
