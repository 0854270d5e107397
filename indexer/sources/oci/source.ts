import type { OciSource } from '../../model/source-config.ts';
import { single } from '../../http/exchange.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import { extensionId, splitRepositoryName, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import type { Location } from '../../model/location.ts';
import type { Finding, ProblemCode } from '../../model/problem.ts';
import type { Release } from '../../model/release.ts';
import { isVersion, parseVersion } from '../../model/version.ts';
import { onePerVersion, type Draft, type ReleaseResult } from '../release-parts.ts';
import type { ListOptions, Listing, OpenedAsset, OpenOptions, Source, SourceDependencies } from '../source.ts';
import { createOciClient, type FetchedManifest, type OciClient } from './client.ts';
import { isInstallable, platformOf, releaseFromArtifact, repositoryOf, type PlatformManifest } from './release.ts';
import { REPOSITORY_NAME, TAG } from './wire.ts';

/** Referrers' fallback tags (distribution-spec, "Referrers Tag Schema") and cosign's: about an artifact, not one. */
const REFERRER_TAG = /^sha(?:256|512)-[0-9a-f]{32,128}(?:\.[a-z]+)?$/;
/** Tags that move by convention and so are no release: `latest`, `1`, `1.2`, `v1`. */
const MOVING_TAG = /^(?:latest|v?\d+(?:\.\d+)?)$/;
/** What a single tag or repository may answer without the whole source being in doubt. */
const OF_ONE_RELEASE: Readonly<Partial<Record<ErrorCode, ProblemCode>>> = {
  bad_answer: 'invalid_manifest',
  digest_mismatch: 'invalid_manifest',
  too_large: 'too_large',
  not_found: 'read_failed',
};

interface Context {
  config: OciSource;
  client: OciClient;
  types: ExtensionTypes;
}

interface ExtensionRepository {
  id: ExtensionId;
  /** Its full name in the registry. */
  full: string;
  /** Without the namespace. */
  name: string;
}

interface TaggedRepository {
  repository: ExtensionRepository;
  tag: string;
}

/** Artifacts of one namespace of an OCI registry. */
export function createOciSource(config: OciSource, dependencies: SourceDependencies): Source {
  const client = createOciClient(config, dependencies);
  const context: Context = { config, client, types: dependencies.types };
  return {
    name: config.name,
    kind: 'oci',
    counts: client.http.counts,
    fetchListing: (options) => fetchListing(context, options),
    fetchRelease: (release, signal) => fetchRelease(context, release, signal),
    openAsset: (location, options) => openAsset(client, location, options),
    checkHealth: (signal) => client.checkAccess(signal),
    close: () => client.http.close(),
  };
}

async function fetchListing(context: Context, options: ListOptions): Promise<Listing> {
  const { repositories, findings } = await readRepositories(context, options.signal);
  const progress = { repositories: 0, ofRepositories: repositories.length, releases: 0 };
  // Requests are limited within the client, so all repositories may be under way at once.
  const listings = await Promise.all(
    repositories.map(async (repository) => {
      const listing = await readReleases(context, repository, options.signal);
      progress.repositories += 1;
      progress.releases += listing.releases.length;
      options.onProgress?.({ ...progress });
      return listing;
    }),
  );
  return {
    releases: listings.flatMap((each) => each.releases),
    findings: [...findings, ...listings.flatMap((each) => each.findings)],
  };
}

async function readRepositories(
  context: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  const { config } = context;
  const names = configuredNames(config) ?? (await readCatalog(context, signal));
  const repositories: ExtensionRepository[] = [];
  const findings: Finding[] = [];
  for (const full of [...new Set(names)].filter((each) => REPOSITORY_NAME.test(each)).sort()) {
    const extension = extensionOf(full, context);
    if (extension === undefined) continue;
    if ('id' in extension) repositories.push(extension);
    else findings.push({ code: 'invalid_name', source: config.name, subject: full, detail: extension.invalid });
  }
  return { repositories, findings };
}

function configuredNames(config: OciSource): string[] | undefined {
  const prefix = prefixOf(config);
  return config.repositories?.map((each) => (each.startsWith(prefix) ? each : prefix + each));
}

function prefixOf(config: OciSource): string {
  return config.namespace === '' ? '' : `${config.namespace}/`;
}

/** The extension that a repository holds, undefined for one of another purpose, or why it cannot be listed. */
function extensionOf(full: string, { config, types }: Context): ExtensionRepository | { invalid: string } | undefined {
  const prefix = prefixOf(config);
  const name = full.slice(prefix.length);
  // An extension's repository lies directly in the namespace: what lies deeper has a name of two segments.
  if (!full.startsWith(prefix) || name.includes('/')) return undefined;
  const parts = splitRepositoryName(
    name,
    [...types].map(([type, naming]) => [type, naming.oci] as const),
  );
  if (parts === undefined) return undefined;
  try {
    return { id: extensionId(parts.type, parts.name), full, name };
  } catch (error) {
    return { invalid: messageOf(error) };
  }
}

/** `_catalog` is not in the specification, and many registries refuse it. */
async function readCatalog({ config, client }: Context, signal: AbortSignal): Promise<string[]> {
  try {
    return await client.fetchCatalog(signal);
  } catch (error) {
    if (!['auth', 'not_found', 'bad_answer'].includes(codeOf(error) ?? '')) throw error;
    throw new RegistryError(
      'source_failed',
      `${config.name}: the registry gives no catalog (${messageOf(error)}) List the repositories in [oci] repositories.`,
      { cause: error },
    );
  }
}

async function readReleases(context: Context, repository: ExtensionRepository, signal: AbortSignal): Promise<Listing> {
  const { config, client } = context;
  try {
    const tags = await client.fetchTags(repository.full, signal);
    const wanted = tags.filter((each) => TAG.test(each) && !REFERRER_TAG.test(each) && !MOVING_TAG.test(each));
    const results = await Promise.all(wanted.sort().map((tag) => readRelease(context, { repository, tag }, signal)));
    return onePerVersion(results, config.name);
  } catch (error) {
    // A repository whose tags are all deleted stays in some catalogs.
    if (codeOf(error) === 'not_found') return { releases: [], findings: [] };
    if (OF_ONE_RELEASE[codeOf(error) ?? 'usage'] === undefined) throw error;
    const finding = { source: config.name, subject: repository.full, detail: messageOf(error) };
    return { releases: [], findings: [{ code: 'read_failed', ...finding }] };
  }
}

async function readRelease(context: Context, tagged: TaggedRepository, signal: AbortSignal): Promise<ReleaseResult> {
  const { config, client } = context;
  const { repository, tag } = tagged;
  const text = tag.replaceAll('_', '+');
  const finding = (code: ProblemCode, subject: string, detail: string): ReleaseResult => ({
    findings: [{ code, source: config.name, subject, detail }],
  });
  if (!isVersion(text)) {
    const detail = `The tag ${JSON.stringify(tag)} is not a semantic version.`;
    return finding('invalid_tag', `${repository.full}:${tag}`, detail);
  }
  try {
    const root = await client.fetchManifest(repository.full, tag, signal);
    const manifests = await readManifests(client, { repository: repository.full, root }, signal);
    const { keywordsAnnotation, base, name: source } = config;
    const draft: Draft = {
      source,
      id: repository.id,
      version: parseVersion(text),
      repository: repository.name,
      findings: [],
    };
    return releaseFromArtifact(draft, { tag, repository: repository.full, root, manifests, keywordsAnnotation, base });
  } catch (error) {
    const code = OF_ONE_RELEASE[codeOf(error) ?? 'usage'];
    if (code === undefined) throw error;
    return finding(code, `${repository.id}@${text}`, messageOf(error));
  }
}

async function fetchRelease(context: Context, release: Release, signal: AbortSignal): Promise<Release | undefined> {
  const full = repositoryOf(release.key);
  const configured = configuredNames(context.config);
  const repository = extensionOf(full, context);
  if (configured?.includes(full) === false || repository === undefined || !('id' in repository)) return undefined;
  return (await readRelease(context, { repository, tag: release.tag }, signal)).release;
}

async function readManifests(
  client: OciClient,
  { repository, root }: { repository: string; root: FetchedManifest },
  signal: AbortSignal,
): Promise<PlatformManifest[]> {
  if (root.manifest.manifests === undefined || root.manifest.manifests === null) {
    return [{ platform: undefined, fetched: root }];
  }
  return Promise.all(
    root.manifest.manifests.filter(isInstallable).map(async (each) => ({
      platform: platformOf(each),
      fetched: await client.fetchManifest(repository, each.digest, signal),
    })),
  );
}

async function openAsset(client: OciClient, location: Location, options: OpenOptions): Promise<OpenedAsset> {
  if (!('repository' in location)) {
    throw new RegistryError(
      'not_found',
      `${location.source} is an OCI source and has no attachment ${location.attachment}.`,
    );
  }
  const { status, headers, body } = await client.openBlob(location.repository, location.digest, options);
  const length = single(headers['content-length']);
  return { partial: status === 206, body, ...(length !== undefined && { size: Number(length) }) };
}
