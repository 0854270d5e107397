import { digestOf, hexOf } from '../../model/digest.ts';
import type { GiteaSource } from '../../model/source-config.ts';
import { codeOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import type { Finding } from '../../model/problem.ts';
import { onePerVersion } from '../release-parts.ts';
import type { ListedRepository, Listing, SourceDependencies } from '../source.ts';
import type { GiteaClient } from './client.ts';
import { extensionOf, releaseFromWire, type ExtensionRepository } from './release.ts';
import type { WireRepository } from './wire.ts';

/** What a single repository may answer without the whole source being in doubt. */
const OF_ONE_REPOSITORY: ReadonlySet<ErrorCode> = new Set(['bad_answer', 'too_large', 'redirect', 'not_found']);

export interface Context {
  config: GiteaSource;
  client: GiteaClient;
  dependencies: SourceDependencies;
  /** The organization as Gitea calls it, once it has said so. */
  ownerName: string | undefined;
}

/** The organization as Gitea calls it. @throws RegistryError `source_failed` when it is not shown to us */
export async function fetchOwner(context: Context, signal: AbortSignal): Promise<string> {
  const { config, client } = context;
  context.ownerName = await client.fetchOrganization(signal).catch((error: unknown) => {
    throw codeOf(error) === 'not_found' ? lostAccess(config, error) : error;
  });
  return context.ownerName;
}

export type RepositoryFlag = 'private' | 'fork' | 'template' | 'mirror';

/** The repositories that may have releases of extensions. */
export async function findRepositories(
  context: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  const { config, dependencies } = context;
  const repositories: ExtensionRepository[] = [];
  const findings: Finding[] = [];
  for (const wire of (await readRepositories(context, signal)).filter((each) => isWanted(each, config))) {
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

/**
 * What the list tells of a repository. A release that is added or removed changes it by its count; one whose files or
 * notes are edited does not.
 */
export function listedOf({ id, wire }: ExtensionRepository): ListedRepository {
  const { name, full_name, description, website, html_url, archived, topics, licenses } = wire;
  const told = [wire.id, name, full_name, description, website, html_url, archived, topics, licenses];
  const seen = digestOf(JSON.stringify([...told, wire.release_counter, wire.updated_at]));
  // 64 bits: a collision would only wait for its turn.
  return { name: full_name, id, seen: hexOf(seen).slice(0, 16) };
}

/** All repositories of the organization that are shown to us. @throws RegistryError `source_failed` when none may be */
async function readRepositories(context: Context, signal: AbortSignal): Promise<WireRepository[]> {
  const { config, client } = context;
  // An item that moves between two pages while we read comes twice.
  const seen = new Map<number, WireRepository>();
  let total = 0;
  try {
    for await (const page of client.listRepositories(signal)) {
      total = page.total ?? total;
      for (const each of page.items) seen.set(each.id, each);
    }
  } catch (error) {
    throw codeOf(error) === 'not_found' ? lostAccess(config, error) : error;
  }
  const [first] = seen.values();
  // Who shows a repository shows its owner's name with it; only an empty list leaves to ask whether we may look.
  if (first === undefined) await fetchOwner(context, signal);
  else context.ownerName = first.full_name.split('/')[0];
  if (seen.size === 0 && total > 0) throw lostAccess(config);
  return [...seen.values()];
}

function isWanted(wire: WireRepository, config: GiteaSource): boolean {
  return keptOutBy(wire, config) === undefined;
}

/** What keeps a repository out though its name is an extension's. */
export function keptOutBy(wire: WireRepository, config: GiteaSource): RepositoryFlag | undefined {
  if (wire.private === true && !config.includePrivate) return 'private';
  if (config.includeForks) return undefined;
  return (['fork', 'template', 'mirror'] as const).find((each) => wire[each] === true);
}

/**
 * Whether an error is about the one repository that was asked for. 403 is said of one whose releases the team may not
 * read; 401 is said of the token itself.
 */
export function isOfOne({ code, status }: RegistryError): boolean {
  return OF_ONE_REPOSITORY.has(code) || (code === 'auth' && status === 403);
}

/** Every release of a repository as it came, drafts included where we may see them. */
export async function fetchReleases(client: GiteaClient, fullName: string, signal: AbortSignal): Promise<unknown[]> {
  const releases: unknown[] = [];
  for await (const page of client.listReleases(fullName, signal)) releases.push(...page.items);
  return releases;
}

/** The releases of a repository that can be listed, and what is found on the way. */
export function listingOf(releases: readonly unknown[], repository: ExtensionRepository, source: string): Listing {
  const results = releases.map((each) => releaseFromWire(each, repository, source));
  return onePerVersion(results, source);
}

/** Whether a repository belongs to an organization; Gitea does not tell cases of names apart. */
export function isOf(organization: string, fullName: string): boolean {
  return fullName.toLowerCase().startsWith(`${organization.toLowerCase()}/`);
}

function lostAccess(config: GiteaSource, cause?: unknown): RegistryError {
  return new RegistryError(
    'source_failed',
    `${config.name}: the organization ${config.organization} does not exist or is not shown to us; ` +
      'see [gitea] organization, and that the token is of a member of a team that reads it.',
    { cause },
  );
}
