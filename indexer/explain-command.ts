import type { Config } from './config/config.ts';
import { explain, type Explanation, type PublishedKnowledge } from './explain.ts';
import { parseTarget } from './explain-target.ts';
import type { Network } from './http/network.ts';
import type { RetryPolicy } from './http/retry.ts';
import type { StatusDocument, VersionEntry } from './model/documents.ts';
import { RegistryError } from './model/errors.ts';
import type { Memory } from './model/memory.ts';
import { formatTime } from './model/text.ts';
import { openSite, parseDocument, readPointer } from './read-site.ts';
import { fileOf, MEMORY, STATUS, versionsPath } from './site/layout.ts';
import { createSource } from './sources/create-source.ts';
import { openReader, v1Within } from './storage/open-reader.ts';
import type { SiteReader } from './storage/storage.ts';

export interface ExplainDependencies {
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number;
  network?: Network;
  retry?: RetryPolicy;
}

const SITE_TIMEOUT_MS = 30_000;

/**
 * What the registry knows of an extension or a repository, or, `live`, what its backends say now.
 * @param subject `type/name` or a repository, with `@version` or without
 * @throws RegistryError `usage`; `unavailable` where nothing is published and nobody is to be asked
 */
export async function explainSubject(
  subject: string,
  { config, live }: { config: Config; live: boolean },
  dependencies: ExplainDependencies,
): Promise<Explanation> {
  const target = parseTarget(subject, config.types);
  const { site, indexer } = config;
  // The site in the own folder, else the one that a first crawl would start from.
  const places = [v1Within(site.path), ...(indexer.previous === undefined ? [] : [indexer.previous])];
  const readers = places.map((each) =>
    openReader(each, { timeoutMs: SITE_TIMEOUT_MS, s3: config.s3, ...dependencies }),
  );
  const forSources = { types: config.types, concurrency: indexer.concurrency, ...dependencies };
  const sources = config.sources.map((each) => createSource(each, forSources));
  try {
    const published = await readFirst(readers);
    if (published === undefined && !live) {
      throw new RegistryError(
        'unavailable',
        `No site is published in ${site.path} yet; run the indexer once, or ask the backends with --live.`,
      );
    }
    return await explain(target, {
      config,
      sources,
      published,
      live,
      now: formatTime(dependencies.now()),
      random: dependencies.random,
      signal: AbortSignal.timeout(indexer.deadlineSeconds * 1_000),
    });
  } finally {
    await Promise.all([...sources, ...readers].map((each) => each.close()));
  }
}

async function readFirst(readers: readonly SiteReader[]): Promise<PublishedKnowledge | undefined> {
  for (const reader of readers) {
    const found = await readKnowledge(reader);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function readKnowledge(reader: SiteReader): Promise<PublishedKnowledge | undefined> {
  const found = await readPointer(reader);
  if (found === undefined) return undefined;
  const site = await openSite(reader, found.pointer);
  const memory = await site.readDocument(MEMORY);
  if (memory === undefined) throw new RegistryError('invalid_site', `${reader.name} has no memory; publish it again.`);
  const status = await reader.read(fileOf(STATUS));
  return {
    memory: parseDocument<Memory>(memory, `${reader.name}: memory`),
    status: status && parseDocument<StatusDocument>(status, `${reader.name}: status`),
    generation: found.pointer.generation,
    checkedAt: found.pointer.checked_at,
    held: found.pointer.held,
    versionsOf: async (id) => {
      const bytes = await site.readDocument(versionsPath(id));
      if (bytes === undefined) return [];
      return (JSON.parse(bytes.toString('utf8')) as VersionEntry[]).map((each) => each.version);
    },
  };
}
