import pLimit from 'p-limit';
import type { GiteaSource } from '../../model/source-config.ts';
import { codeOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import type { Location } from '../../model/location.ts';
import type { Finding } from '../../model/problem.ts';
import type { Release } from '../../model/release.ts';
import { readRepositories } from '../read-repositories.ts';
import { onePerVersion, type ReleaseResult } from '../release-parts.ts';
import type { ListOptions, Listing, OpenedAsset, OpenOptions, Source, SourceDependencies } from '../source.ts';
import { createGiteaClient, type GiteaClient } from './client.ts';
import { extensionOf, parseKey, releaseFromWire, type ExtensionRepository } from './release.ts';
import type { WireRepository } from './wire.ts';

/** What a single repository may answer without the whole source being in doubt. */
const OF_ONE_REPOSITORY: ReadonlySet<ErrorCode> = new Set(['bad_answer', 'too_large', 'redirect', 'not_found']);

/** Releases of one organization's repositories on Gitea or Forgejo. */
export function createGiteaSource(config: GiteaSource, dependencies: SourceDependencies): Source {
  const client = createGiteaClient(config, dependencies);
  const context: Context = { config, client, dependencies, ownerName: undefined };
  return {
    name: config.name,
    kind: 'gitea',
    counts: client.http.counts,
    fetchListing: (options) => fetchListing(context, options),
    fetchRelease: (release, signal) => fetchRelease(context, release, signal),
    openAsset: (location, options) => openAsset(client, location, options),
    checkHealth: async (signal) => {
      await client.fetchVersion(signal);
      await fetchOwner(context, signal);
    },
    close: () => client.http.close(),
  };
}

interface Context {
  config: GiteaSource;
  client: GiteaClient;
  dependencies: SourceDependencies;
  /** The organization as Gitea calls it, once it has said so. */
  ownerName: string | undefined;
}

async function fetchListing(context: Context, options: ListOptions): Promise<Listing> {
  const { config, client, dependencies } = context;
  const { repositories, findings } = await findRepositories(context, options.signal);
  const limit = pLimit(dependencies.concurrency);
  const reading = {
    source: config.name,
    nameOf: ({ wire }: ExtensionRepository) => wire.full_name,
    read: (each: ExtensionRepository, signal: AbortSignal) =>
      limit(() => readReleases({ config, client }, each, signal)),
    isOfOne,
  };
  const listing = await readRepositories(repositories, reading, options);
  return { releases: listing.releases, findings: [...findings, ...listing.findings] };
}

/** 403 is said of one repository whose releases the team may not read; 401 is said of the token itself. */
function isOfOne({ code, status }: RegistryError): boolean {
  return OF_ONE_REPOSITORY.has(code) || (code === 'auth' && status === 403);
}

async function fetchOwner(context: Context, signal: AbortSignal): Promise<string> {
  const { config, client } = context;
  context.ownerName = await client.fetchOrganization(signal).catch((error: unknown) => {
    throw codeOf(error) === 'not_found' ? lostAccess(config, error) : error;
  });
  return context.ownerName;
}

/** The repositories that may have releases of extensions. */
async function findRepositories(
  context: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  const { config, client, dependencies } = context;
  await fetchOwner(context, signal);
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
    // Plain tags and drafts are not counted, so 0 saves a request for most repositories of a young organization.
    if ('id' in extension && wire.release_counter !== 0) repositories.push({ id: extension.id, wire });
    if ('invalid' in extension) {
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
  { config, client }: Pick<Context, 'config' | 'client'>,
  repository: ExtensionRepository,
  signal: AbortSignal,
): Promise<Listing> {
  const results: ReleaseResult[] = [];
  for await (const page of client.listReleases(repository.wire.full_name, signal)) {
    results.push(...page.items.map((each) => releaseFromWire(each, repository, config.name)));
  }
  return onePerVersion(results, config.name);
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
  if (!isWanted(found.repository, config) || extension === undefined || !('id' in extension)) return undefined;
  return releaseFromWire(found.release, { id: extension.id, wire: found.repository }, config.name).release;
}

function isOf(organization: string, fullName: string): boolean {
  return fullName.toLowerCase().startsWith(`${organization.toLowerCase()}/`);
}

async function openAsset(client: GiteaClient, location: Location, options: OpenOptions): Promise<OpenedAsset> {
  if (!('attachment' in location)) {
    throw new RegistryError('not_found', `${location.source} is a Gitea source and has no layer ${location.digest}.`);
  }
  return client.openAttachment(location.attachment, options);
}

function lostAccess(config: GiteaSource, cause?: unknown): RegistryError {
  return new RegistryError(
    'source_failed',
    `${config.name}: the organization ${config.organization} does not exist or is not shown to us; ` +
      'see [gitea] organization, and that the token is of a member of a team that reads it.',
    { cause },
  );
}
