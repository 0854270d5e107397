import { createLimit } from '../http/limit.ts';
import { messageOf, RegistryError } from '../model/errors.ts';
import type { Earlier, ListedRepository, Listing, ListOptions, Looked, SourceListing } from './source.ts';

export interface RepositoryReading<R> {
  /** The source's name. */
  source: string;
  /**
   * Repositories at once. Each under way has a request to make, so no more are needed to keep as many requests going; all
   * at once would only hold all that is yet to be asked in memory.
   */
  concurrency: number;
  /** What the list tells of it; its name is the subject of a finding. */
  listed: (repository: R) => ListedRepository;
  /** @param earlier what is known of it; undefined where all of it must be read */
  read: (repository: R, earlier: Earlier | undefined, signal: AbortSignal) => Promise<Listing>;
  /** Whether an error is about the one repository; any other is about the source. */
  isOfOne: (error: RegistryError) => boolean;
}

/**
 * The listings of all repositories as one, in their order. A repository that cannot be read is a finding, unless none
 * can: then it is the source that fails, because lost access must not look like emptiness.
 * @throws RegistryError the first error about the source, after the other readings have been stopped
 */
export async function readRepositories<R>(
  repositories: readonly R[],
  reading: RepositoryReading<R>,
  { signal, onProgress, plan }: ListOptions,
): Promise<SourceListing> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: RegistryError[] = [];
  const known = plan?.(repositories.map(reading.listed));
  const progress = { repositories: 0, ofRepositories: repositories.length, releases: 0 };
  const readOne = async (repository: R): Promise<{ listing: Listing; looked: Looked }> => {
    const listed = reading.listed(repository);
    const earlier = known?.get(listed.name);
    let failed = false;
    const listing = await reading.read(repository, earlier, either).catch((error: unknown) => {
      if (!(error instanceof RegistryError) || either.aborted || !reading.isOfOne(error)) {
        stop.abort(error);
        throw error;
      }
      failures.push(error);
      failed = true;
      return unreadable(reading.source, listed, error);
    });
    progress.repositories += 1;
    progress.releases += listing.releases.length;
    onProgress?.({ ...progress });
    const isLeft = earlier?.due === false;
    return { listing, looked: { ...listed, listing: failed ? 'failed' : listing, ...(isLeft && { isLeft }) } };
  };
  const limit = createLimit(reading.concurrency);
  const settled = await Promise.allSettled(repositories.map((each) => limit(() => readOne(each))));
  either.throwIfAborted();
  const [failure] = failures;
  if (failure !== undefined && failures.length === repositories.length) throw failure;
  const read = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return {
    releases: read.flatMap((each) => each.listing.releases),
    findings: read.flatMap((each) => each.listing.findings),
    looked: read.map((each) => each.looked),
  };
}

function unreadable(source: string, { name, id }: ListedRepository, error: RegistryError): Listing {
  const detail = `Its releases could not be read: ${messageOf(error)}`;
  return { releases: [], findings: [{ code: 'read_failed', source, subject: name, detail, extension: id }] };
}
