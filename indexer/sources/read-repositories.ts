import { createLimit } from '../http/limit.ts';
import { messageOf, RegistryError } from '../model/errors.ts';
import type { ExtensionId } from '../model/extension.ts';
import type { Listing, ListOptions } from './source.ts';

export interface RepositoryReading<R extends { id: ExtensionId }> {
  /** The source's name. */
  source: string;
  /**
   * Repositories at once. Each under way has a request to make, so no more are needed to keep as many requests going; all
   * at once would only hold all that is yet to be asked in memory.
   */
  concurrency: number;
  /** The repository's full name, the subject of a finding. */
  nameOf: (repository: R) => string;
  read: (repository: R, signal: AbortSignal) => Promise<Listing>;
  /** Whether an error is about the one repository; any other is about the source. */
  isOfOne: (error: RegistryError) => boolean;
}

/**
 * The listings of all repositories as one, in their order. A repository that cannot be read is a finding, unless none
 * can: then it is the source that fails, because lost access must not look like emptiness.
 * @throws RegistryError the first error about the source, after the other readings have been stopped
 */
export async function readRepositories<R extends { id: ExtensionId }>(
  repositories: readonly R[],
  reading: RepositoryReading<R>,
  { signal, onProgress }: ListOptions,
): Promise<Listing> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: RegistryError[] = [];
  const progress = { repositories: 0, ofRepositories: repositories.length, releases: 0 };
  const readOne = async (repository: R): Promise<Listing> => {
    const listing = await reading.read(repository, either).catch((error: unknown) => {
      if (!(error instanceof RegistryError) || either.aborted || !reading.isOfOne(error)) {
        stop.abort(error);
        throw error;
      }
      failures.push(error);
      return unreadable(reading, repository, error);
    });
    progress.repositories += 1;
    progress.releases += listing.releases.length;
    onProgress?.({ ...progress });
    return listing;
  };
  const limit = createLimit(reading.concurrency);
  const settled = await Promise.allSettled(repositories.map((each) => limit(() => readOne(each))));
  either.throwIfAborted();
  const [failure] = failures;
  if (failure !== undefined && failures.length === repositories.length) throw failure;
  const listings = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return {
    releases: listings.flatMap((each) => each.releases),
    findings: listings.flatMap((each) => each.findings),
  };
}

function unreadable<R extends { id: ExtensionId }>(
  { source, nameOf }: RepositoryReading<R>,
  repository: R,
  error: RegistryError,
): Listing {
  const detail = `Its releases could not be read: ${messageOf(error)}`;
  const subject = nameOf(repository);
  return { releases: [], findings: [{ code: 'read_failed', source, subject, detail, extension: repository.id }] };
}
