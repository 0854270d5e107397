import type { OciSource } from '../../model/source-config.ts';
import { codeOf, RegistryError } from '../../model/errors.ts';
import type { Location } from '../../model/location.ts';
import type { Release } from '../../model/release.ts';
import { readRepositories } from '../read-repositories.ts';
import { isUnverified } from '../source-http.ts';
import type {
  Earlier,
  ListOptions,
  OpenedAsset,
  OpenOptions,
  Source,
  SourceDependencies,
  SourceListing,
} from '../source.ts';
import { fetchArtifact, isOfOne, readReleases } from './artifacts.ts';
import { createOciClient, type OciClient } from './client.ts';
import { examineRepository, nameCandidate } from './examine.ts';
import { repositoryOf } from './release.ts';
import {
  configuredNames,
  extensionOf,
  findRepositories,
  type Context,
  type ExtensionRepository,
} from './repositories.ts';

/** Artifacts of one namespace of an OCI registry. */
export function createOciSource(config: OciSource, dependencies: SourceDependencies): Source {
  const client = createOciClient(config, dependencies);
  const context: Context = { config, client, types: dependencies.types };
  return {
    name: config.name,
    kind: 'oci',
    counts: client.http.counts,
    ...(isUnverified(config) && { tls: 'unverified' }),
    fetchListing: (options) => fetchListing(context, options, dependencies.concurrency),
    fetchRelease: (release, signal) => fetchRelease(context, release, signal),
    openAsset: (location, options) => openAsset(client, location, options),
    nameCandidate: (wanted) => nameCandidate(wanted, context),
    examine: (candidate, signal) => examineRepository(context, candidate, signal),
    checkHealth: (signal) => client.checkAccess(signal),
    close: () => client.http.close(),
  };
}

async function fetchListing(context: Context, options: ListOptions, concurrency: number): Promise<SourceListing> {
  const { repositories, findings } = await findRepositories(context, options.signal);
  const reading = {
    source: context.config.name,
    concurrency,
    // A catalog is a list of names.
    listed: ({ full, id }: ExtensionRepository) => ({ name: full, id }),
    read: (each: ExtensionRepository, earlier: Earlier | undefined, signal: AbortSignal) =>
      readReleases(context, { repository: each, earlier }, signal),
    isOfOne,
  };
  const listing = await readRepositories(repositories, reading, options);
  return { ...listing, findings: [...findings, ...listing.findings] };
}

async function fetchRelease(context: Context, release: Release, signal: AbortSignal): Promise<Release | undefined> {
  const full = repositoryOf(release.key);
  const configured = configuredNames(context.config);
  const repository = extensionOf(full, context);
  if (configured?.includes(full) === false || repository === undefined || !('id' in repository)) return undefined;
  try {
    return (await fetchArtifact(context, { repository, tag: release.tag }, signal)).release;
  } catch (error) {
    // Only this answer means that it is gone; a broken one says nothing.
    if (codeOf(error) === 'not_found') return undefined;
    throw error;
  }
}

async function openAsset(client: OciClient, location: Location, options: OpenOptions): Promise<OpenedAsset> {
  if (!('repository' in location)) {
    throw new RegistryError(
      'not_found',
      `${location.source} is an OCI source and has no attachment ${location.attachment}.`,
    );
  }
  return client.openBlob(location.repository, location.digest, options);
}
