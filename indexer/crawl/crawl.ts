import { sourceMemoryOf, type Memory } from '../model/memory.ts';
import type { Source } from '../sources/source.ts';
import { crawlSource, type CrawlOptions, type SourceOutcome } from './crawl-source.ts';

/** One pass over all sources, side by side: a slow or failing one never delays or spoils another. */
export function crawlSources(
  sources: readonly Source[],
  memory: Memory,
  options: CrawlOptions,
): Promise<SourceOutcome[]> {
  return Promise.all(sources.map((source) => crawlSource(source, sourceMemoryOf(memory, source.name), options)));
}
