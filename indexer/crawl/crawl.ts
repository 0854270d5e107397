import type { ExtensionId } from '../model/extension.ts';
import type { LooksDocument } from '../model/looks.ts';
import { sourceMemoryOf, type Memory } from '../model/memory.ts';
import type { Source } from '../sources/source.ts';
import { crawlSource, type CrawlOptions, type SourceOutcome } from './crawl-source.ts';
import type { EarlierLooks } from './looks.ts';

/** What earlier crawls knew. */
export interface Earlier {
  memory: Memory;
  /** When and how they looked; each source is read as a whole without it. */
  looks?: Pick<LooksDocument, 'at' | 'sources'>;
}

/** What is crawled of all that is configured. */
export interface CrawlPart {
  /** The one source that is asked. */
  source?: string;
  /** The one extension that is asked about. */
  only?: ExtensionId;
}

/** One pass over all sources, side by side: a slow or failing one never delays or spoils another. */
export function crawlSources(
  sources: readonly Source[],
  { memory, looks }: Earlier,
  options: CrawlOptions & { part?: CrawlPart },
): Promise<SourceOutcome[]> {
  const atMs = looks === undefined ? options.now() : Date.parse(looks.at);
  const earlierOf = (name: string): EarlierLooks => {
    const known = looks !== undefined && Object.hasOwn(looks.sources, name) ? looks.sources[name] : undefined;
    return { memory: sourceMemoryOf(memory, name), looks: known ?? { settings: '', repositories: {} }, atMs };
  };
  const isAsked = ({ name }: Source): boolean => options.part?.source === undefined || options.part.source === name;
  return Promise.all(
    sources.map((source) => {
      const earlier = earlierOf(source.name);
      return isAsked(source) ? crawlSource(source, earlier, { ...options, ...options.part }) : skipped(source, earlier);
    }),
  );
}

async function skipped({ name, kind }: Source, { memory, looks }: EarlierLooks): Promise<SourceOutcome> {
  const counts = { requests: 0, retries: 0, assets_read: 0, bytes_read: 0, duration_ms: 0 };
  return { name, kind, memory, looks: looks.repositories, skipped: true, counts };
}
