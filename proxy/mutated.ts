import type { Item } from '../indexer/model/documents.ts';
import type { ExtensionId } from '../indexer/model/extension.ts';
import type { Version } from '../indexer/model/version.ts';
import { extensionPath } from '../indexer/site/layout.ts';
import type { Documents } from './documents.ts';
import type { Generation } from './site-view.ts';

/**
 * The names of the sources at which a crawl saw that the files of a version were replaced. What was first seen stands in
 * the versions document with its old locations; the problem of the extension says that the backend has other bytes now.
 */
export async function findMutatedAt(
  { documents, generation }: { documents: Documents; generation: Generation },
  { id, version }: { id: ExtensionId; version: Version },
): Promise<ReadonlySet<string>> {
  const document = await documents.read(generation, extensionPath(id));
  const problems = document?.json<Item>().problems ?? [];
  const found = problems.filter(({ code, subject }) => code === 'mutated' && subject === `${id}@${version}`);
  return new Set(found.map(({ source }) => source));
}
