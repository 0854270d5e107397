import pLimit from 'p-limit';
import type { GiteaSource } from '../../model/source-config.ts';
import { single } from '../../http/exchange.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import type { Location } from '../../model/location.ts';
import type { Finding } from '../../model/problem.ts';
import type { Release } from '../../model/release.ts';
import { onePerVersion, type ReleaseResult } from '../release-parts.ts';
import type { ListOptions, Listing, OpenedAsset, OpenOptions, Source, SourceDependencies } from '../source.ts';
import { createGiteaClient, type GiteaClient } from './client.ts';
import { extensionOf, parseKey, releaseFromWire, type ExtensionRepository } from './release.ts';
import type { WireRepository } from './wire.ts';

/** What a single repository may answer without the whole source being in doubt. */
const OF_ONE_REPOSITORY: ReadonlySet<ErrorCode | undefined> = new Set(['bad_answer', 'too_large', 'not_found']);

/** Releases of one organization's repositories on Gitea or Forgejo. */
export function createGiteaSource(config: GiteaSource, dependencies: SourceDependencies): Source {
  const client = createGiteaClient(config, dependencies);
  return {
    name: config.name,
    kind: 'gitea',
    counts: client.http.counts,
    fetchListing: (options) => fetchListing({ config, client, dependencies }, options),
    fetchRelease: (release, signal) => fetchRelease({ config, client, dependencies }, release, signal),
    openAsset: (location, options) => openAsset(client, location, options),
    checkHealth: async (signal) => {
      await client.fetchVersion(signal);
      await client.checkOrganization(signal);
    },
    close: () => client.http.close(),
  };
}

interface Context {
  config: GiteaSource;
  client: GiteaClient;
  dependencies: SourceDependencies;
}

async function fetchListing(context: Context, options: ListOptions): Promise<Listing> {
  const { repositories, findings } = await readRepositories(context, options.signal);
  const progress = { repositories: 0, ofRepositories: repositories.length, releases: 0 };
  const limit = pLimit(context.dependencies.concurrency);
  const listings = await limit.map(repositories, async (repository) => {
    const listing = await readReleases(context, repository, options.signal);
    progress.repositories += 1;
    progress.releases += listing.releases.length;
    options.onProgress?.({ ...progress });
    return listing;
  });
  return {
    releases: listings.flatMap((each) => each.releases),
    findings: [...findings, ...listings.flatMap((each) => each.findings)],
  };
}

async function readRepositories(
  { config, client, dependencies }: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  await client.checkOrganization(signal).catch((error: unknown) => {
    throw codeOf(error) === 'not_found' ? lostAccess(config, error) : error;
  });
  // An item that moves between two pages while we read comes twice.
  const seen = new Map<number, WireRepository>();
  let total = 0;
  for await (const page of client.listRepositories(signal)) {
    total = page.total ?? total;
    for (const each of page.items) seen.set(each.id, each);
  }
  if (seen.size === 0 && total > 0) throw lostAccess(config);
  const repositories: ExtensionRepository[] = [];
  const findings: Finding[] = [];
  for (const wire of [...seen.values()].filter((each) => isWanted(each, config))) {
    const extension = extensionOf(wire, dependencies.types);
    if (extension === undefined) continue;
    if ('id' in extension) repositories.push({ id: extension.id, wire });
    else {
      findings.push({ code: 'invalid_name', source: config.name, subject: wire.full_name, detail: extension.invalid });
    }
  }
  return { repositories, findings };
}

function isWanted(wire: WireRepository, config: GiteaSource): boolean {
  if (wire.private === true && !config.includePrivate) return false;
  const copied = wire.fork === true || wire.template === true || wire.mirror === true;
  return !copied || config.includeForks;
}

async function readReleases(
  { config, client }: Context,
  repository: ExtensionRepository,
  signal: AbortSignal,
): Promise<Listing> {
  // Plain tags and drafts are not counted, so 0 saves a request for most repositories of a young organization.
  if (repository.wire.release_counter === 0) return { releases: [], findings: [] };
  const results: ReleaseResult[] = [];
  try {
    for await (const page of client.listReleases(repository.wire.full_name, signal)) {
      results.push(...page.items.map((each) => releaseFromWire(each, repository, config.name)));
    }
  } catch (error) {
    if (!OF_ONE_REPOSITORY.has(codeOf(error))) throw error;
    const detail = `Its releases could not be read: ${messageOf(error)}`;
    results.push({
      findings: [{ code: 'read_failed', source: config.name, subject: repository.wire.full_name, detail }],
    });
  }
  return onePerVersion(results, config.name);
}

async function fetchRelease(context: Context, release: Release, signal: AbortSignal): Promise<Release | undefined> {
  const { config, client, dependencies } = context;
  const { fullName, id } = parseKey(release.key);
  if (!fullName.toLowerCase().startsWith(`${config.organization.toLowerCase()}/`)) return undefined;
  const found = await client.fetchRelease(fullName, id, signal);
  if (found === undefined || !isWanted(found.repository, config)) return undefined;
  const extension = extensionOf(found.repository, dependencies.types);
  if (extension === undefined || !('id' in extension)) return undefined;
  return releaseFromWire(found.release, { id: extension.id, wire: found.repository }, config.name).release;
}

async function openAsset(client: GiteaClient, location: Location, options: OpenOptions): Promise<OpenedAsset> {
  if (!('attachment' in location)) {
    throw new RegistryError('not_found', `${location.source} is a Gitea source and has no layer ${location.digest}.`);
  }
  const { status, headers, body } = await client.openAttachment(location.attachment, options);
  const length = single(headers['content-length']);
  return { partial: status === 206, body, ...(length !== undefined && { size: Number(length) }) };
}

function lostAccess(config: GiteaSource, cause?: unknown): RegistryError {
  return new RegistryError(
    'source_failed',
    `${config.name}: the organization ${config.organization} does not exist or is not shown to us; ` +
      'see [gitea] organization, and that the token is of a member of a team that reads it.',
    { cause },
  );
}
