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

/** One pass over all sources, side by side: a slow or failing one never delays or spoils another. */
export function crawlSources(
  sources: readonly Source[],
  { memory, looks }: Earlier,
  options: CrawlOptions,
): Promise<SourceOutcome[]> {
  const atMs = looks === undefined ? options.now() : Date.parse(looks.at);
  const earlierOf = (name: string): EarlierLooks => {
    const known = looks !== undefined && Object.hasOwn(looks.sources, name) ? looks.sources[name] : undefined;
    return { memory: sourceMemoryOf(memory, name), looks: known ?? { settings: '', repositories: {} }, atMs };
  };
  return Promise.all(sources.map((source) => crawlSource(source, earlierOf(source.name), options)));
}
