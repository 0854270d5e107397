import type { OciSource } from '../../model/source-config.ts';
import { parseDigest } from '../../model/digest.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import { extensionId, splitRepositoryName, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import type { Location } from '../../model/location.ts';
import type { Finding, ProblemCode } from '../../model/problem.ts';
import type { Release } from '../../model/release.ts';
import { isVersion, parseVersion } from '../../model/version.ts';
import { readRepositories } from '../read-repositories.ts';
import { onePerVersion, type Draft, type ReleaseResult } from '../release-parts.ts';
import type { ListOptions, Listing, OpenedAsset, OpenOptions, Source, SourceDependencies } from '../source.ts';
import { createOciClient, type FetchedManifest, type OciClient } from './client.ts';
import { isInstallable, platformOf, releaseFromArtifact, repositoryOf, type PlatformManifest } from './release.ts';
import { REPOSITORY_NAME, TAG } from './wire.ts';

/** Referrers' fallback tags (distribution-spec, "Referrers Tag Schema") and cosign's: about an artifact, not one. */
const REFERRER_TAG = /^(?:sha256|sha512|blake3)-[0-9a-f]{32,128}(?:\.[a-z]+)?$/;
/** Tags that move by convention and so are no release: `latest`, `1`, `1.2`, `v1`. */
const MOVING_TAG = /^(?:latest|v?\d+(?:\.\d+)?)$/;
/** What a single tag or repository may answer without the whole source being in doubt. */
const OF_ONE: Readonly<Partial<Record<ErrorCode, ProblemCode>>> = {
  bad_answer: 'invalid_manifest',
  digest_mismatch: 'invalid_manifest',
  // A member of an image index that is named by another algorithm, or by no digest at all.
  invalid_digest: 'invalid_manifest',
  too_large: 'too_large',
  redirect: 'read_failed',
  not_found: 'read_failed',
};
/** A name that no extension has; what the registry says of it tells whether the namespace is open to us. */
const PROBED_NAME = 'access-check';

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
  const { repositories, findings } = await findRepositories(context, options.signal);
  const reading = {
    source: context.config.name,
    nameOf: ({ full }: ExtensionRepository) => full,
    // Requests are limited within the client, so all repositories may be under way at once.
    read: (each: ExtensionRepository, signal: AbortSignal) => readReleases(context, each, signal),
    // A registry may let us into some of a namespace's repositories only.
    isOfOne: ({ code }: RegistryError) => code === 'auth' || OF_ONE[code] !== undefined,
  };
  const listing = await readRepositories(repositories, reading, options);
  return { releases: listing.releases, findings: [...findings, ...listing.findings] };
}

async function findRepositories(
  context: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  const { config } = context;
  const configured = configuredNames(config);
  const names = configured ?? (await readCatalog(context, signal));
  const repositories: ExtensionRepository[] = [];
  const findings: Finding[] = [];
  for (const full of [...new Set(names)].filter((each) => REPOSITORY_NAME.test(each)).sort()) {
    const extension = extensionOf(full, context);
    if (extension === undefined) continue;
    if ('id' in extension) repositories.push(extension);
    else findings.push({ code: 'invalid_name', source: config.name, subject: full, detail: extension.invalid });
  }
  if (configured === undefined && repositories.length === 0) await checkNamespace(context, signal);
  return { repositories, findings };
}

/** Gitea and zot leave out of the catalog what we may not see, so that lost access looks like an empty namespace. */
async function checkNamespace({ config, client }: Context, signal: AbortSignal): Promise<void> {
  if (config.namespace === '') return;
  await client.fetchTags(`${config.namespace}/${PROBED_NAME}`, signal).catch((error: unknown) => {
    if (codeOf(error) === 'not_found') return;
    if (codeOf(error) !== 'auth') throw error;
    throw new RegistryError(
      'source_failed',
      `${config.name}: the namespace ${config.namespace} is not shown to us (${messageOf(error)})`,
      { cause: error },
    );
  });
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
    if (!['auth', 'not_found', 'bad_answer', 'redirect', 'too_large'].includes(codeOf(error) ?? '')) throw error;
    throw new RegistryError(
      'source_failed',
      `${config.name}: the registry gives no catalog (${messageOf(error)}) List the repositories in [oci] repositories.`,
      { cause: error },
    );
  }
}

async function readReleases(context: Context, repository: ExtensionRepository, signal: AbortSignal): Promise<Listing> {
  const { config, client } = context;
  const tags = await client.fetchTags(repository.full, signal).catch((error: unknown) => {
    // A catalog may still name a repository that is gone; one that the configuration names should be there.
    if (codeOf(error) === 'not_found' && config.repositories === undefined) return [];
    throw error;
  });
  const wanted = tags.filter((each) => TAG.test(each) && !REFERRER_TAG.test(each) && !MOVING_TAG.test(each));
  const results = await Promise.all(wanted.sort().map((tag) => readRelease(context, { repository, tag }, signal)));
  return onePerVersion(results, config.name);
}

async function readRelease(context: Context, tagged: TaggedRepository, signal: AbortSignal): Promise<ReleaseResult> {
  const { repository, tag } = tagged;
  const source = context.config.name;
  if (!isVersion(versionText(tag))) {
    const detail = `The tag ${JSON.stringify(tag)} is not a semantic version.`;
    return { findings: [{ code: 'invalid_tag', source, subject: `${repository.full}:${tag}`, detail }] };
  }
  try {
    return await fetchArtifact(context, tagged, signal);
  } catch (error) {
    const code = problemOf(error);
    if (code === undefined) throw error;
    const subject = `${repository.id}@${versionText(tag)}`;
    return { findings: [{ code, source, subject, detail: messageOf(error) }] };
  }
}

/** What an error says of one release; undefined where it is about more than that. */
function problemOf(error: unknown): ProblemCode | undefined {
  if (!(error instanceof RegistryError)) return undefined;
  const code = OF_ONE[error.code];
  // An unexpected status is the registry's fault, and none of what was pushed.
  return code === 'invalid_manifest' && error.status !== undefined ? 'read_failed' : code;
}

/** A tag cannot have a `+`, so `_` stands for it (as in Helm). */
function versionText(tag: string): string {
  return tag.replaceAll('_', '+');
}

async function fetchArtifact(
  { config, client }: Context,
  { repository, tag }: TaggedRepository,
  signal: AbortSignal,
): Promise<ReleaseResult> {
  const root = await client.fetchManifest(repository.full, tag, signal);
  const manifests = await readManifests(client, { repository: repository.full, root }, signal);
  const draft: Draft = {
    source: config.name,
    id: repository.id,
    version: parseVersion(versionText(tag)),
    repository: repository.name,
    findings: [],
  };
  const { keywordsAnnotation, base } = config;
  return releaseFromArtifact(draft, { tag, repository: repository.full, root, manifests, keywordsAnnotation, base });
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
      fetched: await client.fetchManifest(repository, parseDigest(each.digest), signal),
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
  return client.openBlob(location.repository, location.digest, options);
}
