import type { GiteaSource } from '../../model/source-config.ts';
import { RegistryError } from '../../model/errors.ts';
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
import { createGiteaClient, type GiteaClient } from './client.ts';
import { examineRepository, nameCandidate } from './examine.ts';
import { extensionOf, parseKey, releaseFromWire, type ExtensionRepository } from './release.ts';
import {
  fetchOwner,
  fetchReleases,
  findRepositories,
  isOf,
  isOfOne,
  keptOutBy,
  listedOf,
  listingOf,
  type Context,
} from './repositories.ts';

/** Releases of one organization's repositories on Gitea or Forgejo. */
export function createGiteaSource(config: GiteaSource, dependencies: SourceDependencies): Source {
  const client = createGiteaClient(config, dependencies);
  const context: Context = { config, client, dependencies, ownerName: undefined };
  return {
    name: config.name,
    kind: 'gitea',
    counts: client.http.counts,
    ...(isUnverified(config) && { tls: 'unverified' }),
    fetchListing: (options) => fetchListing(context, options),
    fetchRelease: (release, signal) => fetchRelease(context, release, signal),
    openAsset: (location, options) => openAsset(client, location, options),
    nameCandidate: (wanted) => nameCandidate(wanted, context),
    examine: (candidate, signal) => examineRepository(context, candidate, signal),
    checkHealth: async (signal) => {
      await client.fetchVersion(signal);
      await fetchOwner(context, signal);
    },
    close: () => client.http.close(),
  };
}

async function fetchListing(context: Context, options: ListOptions): Promise<SourceListing> {
  const { config, client, dependencies } = context;
  const { repositories, findings } = await findRepositories(context, options.signal);
  const reading = {
    source: config.name,
    concurrency: dependencies.concurrency,
    listed: listedOf,
    read: async (each: ExtensionRepository, earlier: Earlier | undefined, signal: AbortSignal) =>
      earlier?.due === false
        ? earlier.listing
        : listingOf(await fetchReleases(client, each.wire.full_name, signal), each, config.name),
    isOfOne,
  };
  const listing = await readRepositories(repositories, reading, options);
  return { ...listing, findings: [...findings, ...listing.findings] };
}

async function fetchRelease(context: Context, release: Release, signal: AbortSignal): Promise<Release | undefined> {
  const { config, client, dependencies } = context;
  const owner = context.ownerName ?? (await fetchOwner(context, signal));
  const { fullName, id } = parseKey(release.key);
  if (!isOf(owner, fullName) && !isOf(config.organization, fullName)) return undefined;
  const found = await client.fetchRelease(fullName, id, signal);
  // What was transferred answers under its old name too, and is another organization's now.
  if (found === undefined || !isOf(owner, found.repository.full_name)) return undefined;
  const extension = extensionOf(found.repository, dependencies.types);
  if (extension === undefined || !('id' in extension)) return undefined;
  if (keptOutBy(found.repository, config) !== undefined) return undefined;
  return releaseFromWire(found.release, { id: extension.id, wire: found.repository }, config.name).release;
}

async function openAsset(client: GiteaClient, location: Location, options: OpenOptions): Promise<OpenedAsset> {
  if (!('attachment' in location)) {
    throw new RegistryError('not_found', `${location.source} is a Gitea source and has no layer ${location.digest}.`);
  }
  return client.openAttachment(location.attachment, options);
}
