import { parseDigest } from '../../model/digest.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import type { Finding, ProblemCode } from '../../model/problem.ts';
import { releaseSubject } from '../../model/release.ts';
import { isVersion, parseVersion } from '../../model/version.ts';
import { highest, LIMITS, onePerVersion, tooManyVersions, type Draft, type ReleaseResult } from '../release-parts.ts';
import type { Earlier, Listing } from '../source.ts';
import type { FetchedManifest, OciClient } from './client.ts';
import { isInstallable, platformOf, releaseFromArtifact, releaseKey, type PlatformManifest } from './release.ts';
import type { Context, ExtensionRepository } from './repositories.ts';
import { TAG } from './wire.ts';

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

interface TaggedRepository {
  repository: ExtensionRepository;
  tag: string;
}

/** Whether an error is about the one repository: a registry may let us into some of a namespace's only. */
export function isOfOne({ code }: RegistryError): boolean {
  return code === 'auth' || OF_ONE[code] !== undefined;
}

/** Whether a tag stands for a release: not for a signature or another thing about one, and not for the newest one. */
export function isReleaseTag(tag: string): boolean {
  return TAG.test(tag) && !REFERRER_TAG.test(tag) && !MOVING_TAG.test(tag);
}

/** The releases of a repository that can be listed, and what is found on the way. */
export async function readReleases(
  context: Context,
  { repository, earlier }: { repository: ExtensionRepository; earlier: Earlier | undefined },
  signal: AbortSignal,
): Promise<Listing> {
  const { config, client } = context;
  const tags = await client.fetchTags(repository.full, signal).catch((error: unknown) => {
    // A catalog may still name a repository that is gone; one that the configuration names should be there.
    if (codeOf(error) === 'not_found' && config.repositories === undefined) return [];
    throw error;
  });
  return readTagged(context, { repository, tags, ...(earlier && { earlier }) }, signal);
}

interface TagsOf {
  repository: ExtensionRepository;
  tags: readonly string[];
  earlier?: Earlier;
}

/** The same for tags that are known. */
export async function readTagged(
  context: Context,
  { repository, tags, earlier }: TagsOf,
  signal: AbortSignal,
): Promise<Listing> {
  const source = context.config.name;
  const [versions, others] = partition(tags.filter(isReleaseTag).sort(), (tag) => isVersion(versionText(tag)));
  const wanted = highest(versions, (tag) => parseVersion(versionText(tag)));
  const known = knownTags(earlier);
  const readOne = async (tag: string): Promise<ReleaseResult> => {
    const before = known.get(tag);
    const stands =
      before !== undefined &&
      (earlier?.due === false || (await isUnmoved(context, { repository, tag, before }, signal)));
    return stands ? before : readRelease(context, { repository, tag }, signal);
  };
  const results = await Promise.all(wanted.map(readOne));
  const asides = others.map((tag) => ({ findings: [invalidTag(repository, tag, source)] }));
  const tooMany = wanted.length < versions.length ? [tooManyVersions(source, repository.id, versions.length)] : [];
  return onePerVersion([{ findings: tooMany }, ...results, ...asides], source);
}

/** What is told then is of another manifest, too: of a second tag, or of one that was not what stands. */
const MIXED: ReadonlySet<ProblemCode> = new Set(['duplicate_version', 'read_failed', 'mutated']);

/** Tag -> what an earlier crawl made of it. A manifest never changes, so that all is known of it for ever. */
function knownTags(earlier: Earlier | undefined): ReadonlyMap<string, ReleaseResult> {
  const { releases, findings } = earlier?.listing ?? { releases: [], findings: [] };
  // Some were left out, and whose they were is not told.
  if (findings.length >= LIMITS.findingsOfRepository) return new Map();
  const about = Map.groupBy(findings, (each) => each.subject);
  return new Map(
    releases.flatMap((release) => {
      const own = about.get(releaseSubject(release)) ?? [];
      return own.some((each) => MIXED.has(each.code)) ? [] : [[release.tag, { release, findings: own }]];
    }),
  );
}

/** Whether a tag still names the manifest of which we know; where that cannot be told, it is read. */
async function isUnmoved(
  { client }: Context,
  { repository, tag, before }: TaggedRepository & { before: ReleaseResult },
  signal: AbortSignal,
): Promise<boolean> {
  const digest = await client.fetchTagDigest(repository.full, tag, signal).catch((error: unknown) => {
    // An object store that GET is redirected to lets nobody in who comes with HEAD: its address is signed for GET.
    if (problemOf(error) === undefined && codeOf(error) !== 'auth') throw error;
    return undefined;
  });
  return digest !== undefined && before.release?.key === releaseKey(repository.full, digest);
}

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter((each) => isFirst(each)), all.filter((each) => !isFirst(each))];
}

function invalidTag(repository: ExtensionRepository, tag: string, source: string): Finding {
  const detail = `The tag ${JSON.stringify(tag)} is not a semantic version.`;
  return { code: 'invalid_tag', source, subject: `${repository.full}:${tag}`, detail, extension: repository.id };
}

async function readRelease(context: Context, tagged: TaggedRepository, signal: AbortSignal): Promise<ReleaseResult> {
  const { repository, tag } = tagged;
  const source = context.config.name;
  try {
    return await fetchArtifact(context, tagged, signal);
  } catch (error) {
    const code = problemOf(error);
    if (code === undefined) throw error;
    const subject = releaseSubject({ id: repository.id, version: parseVersion(versionText(tag)) });
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

/** @throws RegistryError `not_found` where the tag is gone */
export async function fetchArtifact(
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
