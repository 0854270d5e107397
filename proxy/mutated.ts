import type { Item, StatusDocument } from '../indexer/model/documents.ts';
import type { ExtensionId } from '../indexer/model/extension.ts';
import type { Problem } from '../indexer/model/problem.ts';
import type { Version } from '../indexer/model/version.ts';
import { extensionPath, STATUS } from '../indexer/site/layout.ts';
import type { Documents } from './documents.ts';
import type { Generation } from './site-view.ts';

/**
 * The names of the sources at which a crawl saw that the files of a version were replaced. What was first seen stands in
 * the versions document with its old locations; the problem of the extension says that the backend has other bytes now.
 * After a rollback the extension is as it was before that was seen, and only the status document, which is of the newest
 * crawl, still says so.
 */
export async function findMutatedAt(
  { documents, generation }: { documents: Documents; generation: Generation },
  { id, version }: { id: ExtensionId; version: Version },
): Promise<ReadonlySet<string>> {
  const sourcesOf = (problems: readonly Problem[] = []): string[] =>
    problems
      .filter(({ code, subject }) => code === 'mutated' && subject === `${id}@${version}`)
      .map(({ source }) => source);
  const ofExtension = async (): Promise<string[]> =>
    sourcesOf((await documents.read(generation, extensionPath(id)))?.json<Item>().problems);
  const ofNewestCrawl = async (): Promise<string[]> => {
    try {
      return sourcesOf((await documents.read(generation, STATUS))?.json<StatusDocument>().problems.first);
    } catch {
      // It is of no generation, so no digest vouches for it: a damaged one must not hide the backend's own error.
      return [];
    }
  };
  return new Set((await Promise.all([ofExtension(), ofNewestCrawl()])).flat());
}
