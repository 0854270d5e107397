import type { Config } from './config/config.ts';
import { failuresOf, type SourceOutcome } from './crawl/crawl-source.ts';
import { digestReleases } from './crawl/digests.ts';
import { byRule, isOfSource, stepOfCheck, stepOfProblem, stepsOfReleases, type Step } from './explain-steps.ts';
import { DEFAULT_RETRY } from './http/retry.ts';
import type { CatalogueExtension } from './model/catalogue.ts';
import type { SourceStatus, StatusDocument } from './model/documents.ts';
import { messageOf, RegistryError } from './model/errors.ts';
import type { ExtensionId } from './model/extension.ts';
import { sourceMemoryOf, type Memory, type SourceMemory } from './model/memory.ts';
import type { Finding, Problem } from './model/problem.ts';
import { releaseSubject } from './model/release.ts';
import type { Version } from './model/version.ts';
import type { Candidate, Listing, Source } from './sources/source.ts';

/** A source, and what a name means there. */
export interface Asked {
  source: Source;
  candidate: Candidate;
}

export interface SourceExplanation {
  name: string;
  kind: string;
  /** Its full name there, as it would be asked for. */
  repository: string;
  steps: Step[];
}

/** What is known of one extension at one source, up to its releases. */
export interface SourceKnowledge extends SourceExplanation {
  /** As a crawl would give it, of this one extension. */
  outcome: SourceOutcome;
}

interface Knowing {
  config: Config;
  memory: Memory;
  published: { status: StatusDocument | undefined } | undefined;
  live: boolean;
  random: () => number;
  signal: AbortSignal;
}

const NOTHING: SourceMemory = { releases: [], findings: [], attachments: {} };

export async function knowledgeOf({ source, candidate }: Asked, knowing: Knowing): Promise<SourceKnowledge> {
  const { name, kind } = source;
  const { id, repository, checks } = candidate;
  const know = (steps: Step[], memory: SourceMemory): SourceKnowledge => {
    const counts = { requests: 0, retries: 0, assets_read: 0, bytes_read: 0, duration_ms: 0 };
    return { name, kind, repository, steps, outcome: { name, kind, memory, looks: {}, counts } };
  };
  const named = checks.map(stepOfCheck);
  if (id === undefined) return know(named, NOTHING);
  const previous = sourceMemoryOf(knowing.memory, name);
  const remembered = ofExtension(previous, { id, repository });
  if (!knowing.live) {
    const status = knowing.published?.status?.sources.find((each) => each.name === name);
    return know([stepOfStatus(name, status), ...named, ...stepsOfMemory(remembered, repository)], remembered);
  }
  try {
    const examined = await source.examine({ ...candidate, id }, knowing.signal);
    const { checks: more, listing = NOTHING } = examined;
    const answers: Step = { rule: 'source', verdict: 'passed', detail: `${name} answers.` };
    const known = await withKnownDigests(listing, { source, previous, ...knowing });
    return know([answers, ...named, ...more.map(stepOfCheck)], known);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const remedy = 'Let the operator see to it; until it answers, what it gave last stands.';
    const down: Step = { rule: 'source', verdict: 'failed', detail: messageOf(error), remedy };
    return know([down, ...named, ...stepsOfUnseen(remembered, { name, repository })], remembered);
  }
}

/** Of a repository that cannot be asked about, and of which nothing was seen before. */
function stepsOfUnseen({ releases }: SourceMemory, { name, repository }: { name: string; repository: string }): Step[] {
  if (releases.length > 0) return [];
  const detail = `Whether ${repository} is there is not known while ${name} cannot be read.`;
  return [{ rule: 'repository', verdict: 'unknown', detail }];
}

/** The digests that crawls have read. None is read now: that may take hours. */
async function withKnownDigests(
  listing: Listing,
  { source, previous, config, random, signal }: Knowing & { source: Source; previous: SourceMemory },
): Promise<SourceMemory> {
  const digested = await digestReleases(listing.releases, {
    source,
    mode: config.indexer.digests,
    attachments: { ...previous.attachments },
    failures: new Map(),
    listed: new Map(previous.releases.map((each) => [releaseSubject(each), each])),
    failedBefore: failuresOf(previous),
    budgetBytes: 0,
    concurrency: config.indexer.concurrency,
    retry: { policy: DEFAULT_RETRY, random },
    signal,
  });
  return { releases: digested.releases, findings: [...listing.findings, ...digested.findings], attachments: {} };
}

/** The part of a source's memory that is about one extension. */
function ofExtension(
  { releases, findings }: SourceMemory,
  { id, repository }: { id: ExtensionId; repository: string },
): SourceMemory {
  return {
    releases: releases.filter((each) => each.id === id),
    findings: findings.filter((each) => isAbout(each, id, repository)),
    attachments: {},
  };
}

/** A finding's subject is `type/name`, `type/name@version`, or a repository, with or without a tag of it. */
function isAbout({ subject }: Finding, id: ExtensionId, repository: string): boolean {
  if (subject === id || subject.startsWith(`${id}@`)) return true;
  const isRepository = subject.toLowerCase().startsWith(repository.toLowerCase());
  return isRepository && /^(?:$|[: ])/.test(subject.slice(repository.length));
}

function stepOfStatus(name: string, status: SourceStatus | undefined): Step {
  const { error, carried_since: since, last_success: success } = status ?? {};
  if (since === undefined) {
    return success === undefined
      ? { rule: 'source', verdict: 'unknown', detail: `No crawl has read ${name} yet.` }
      : { rule: 'source', verdict: 'passed', detail: `${name} was read at ${success}.` };
  }
  const why = error === undefined ? '' : ` ${error.message}`;
  return {
    rule: 'source',
    verdict: 'failed',
    detail: `${name} could not be read since ${since}; what it gave before stands.${why}`,
    remedy: 'Let the operator see to it; the next crawl that can read it lists what was published since.',
  };
}

function stepsOfMemory({ releases, findings }: SourceMemory, repository: string): Step[] {
  if (releases.length > 0) return [{ rule: 'repository', verdict: 'passed', detail: `${repository} was there.` }];
  if (findings.length > 0) return [];
  const detail =
    `Nothing of ${repository} was seen: it does not exist or is not shown to us, is passed over as private, a fork, ` +
    'a template or a mirror, or has no published release.';
  return [{ rule: 'repository', verdict: 'unknown', detail, remedy: 'Ask again with --live, which looks.' }];
}

/** What came of an extension when all sources were put together. */
export interface Found {
  id: ExtensionId;
  /** The one that was asked about. */
  version: Version | undefined;
  extension: CatalogueExtension | undefined;
  problems: readonly Problem[];
  /** Whether a crawl that knew this would list it. */
  wouldBe: boolean;
  /** Whether the backends were asked now. */
  live: boolean;
}

/** All steps of one source, in the order of the rules. */
export function explainSource(known: SourceKnowledge, found: Found): SourceExplanation {
  const { name, kind, repository, outcome } = known;
  const { id, version, extension, wouldBe } = found;
  const { releases } = outcome.memory;
  const here = (extension?.versions ?? []).filter((each) => each.sources.includes(name));
  const listed = new Set(here.map((each) => releaseSubject({ id, version: each.version })));
  const problems = found.problems
    .filter((each) => each.source === name && isOfSource(each))
    .map((each) => stepOfProblem(each, listed));
  const taken = new Set(problems.map(({ rule }) => rule));
  const steps = [
    ...known.steps,
    ...problems,
    ...stepsOfReleases(releases, version, taken),
    ...stepsOfMissing(known, found, problems),
  ];
  // What another source has may be missing here.
  const isElsewhere = wouldBe && here.every((each) => version !== undefined && each.version !== version);
  const told = steps.map((each) => (isElsewhere || (wouldBe && each.rule === 'source') ? asNote(each) : each));
  return { name, kind, repository, steps: told.toSorted(byRule) };
}

/** What keeps nothing out, because it is listed all the same, calls for nothing to be done. */
function asNote(step: Step): Step {
  return step.verdict === 'passed' ? step : { rule: step.rule, verdict: 'note', detail: step.detail };
}

/** The version that was asked about is not among the releases, and nothing else at this source says why. */
function stepsOfMissing(known: SourceKnowledge, { version, live }: Found, problems: readonly Step[]): Step[] {
  const { name, outcome, steps } = known;
  if (version === undefined || outcome.memory.releases.some((each) => each.version === version)) return [];
  const others = [...steps, ...problems].filter((each) => !isDown(each));
  if (others.some(({ verdict }) => verdict === 'failed' || verdict === 'unknown')) return [];
  if (steps.some(isDown)) {
    const detail = `Whether ${name} has a release ${version} of it is not known while it cannot be read.`;
    return [{ rule: 'releases', verdict: 'unknown', detail }];
  }
  if (live) {
    const detail = `${name} has no release ${version} of it.`;
    return [{ rule: 'releases', verdict: 'failed', detail, remedy: `Publish a release with the tag ${version}.` }];
  }
  const detail = `${name} had no release ${version} of it when it was last read; it may have one since.`;
  return [{ rule: 'releases', verdict: 'unknown', detail, remedy: 'Wait for the next crawl, or ask now with --live.' }];
}

/** A source that could not be read, so that what it may have now is not known. */
export function isDown({ rule, verdict }: Step): boolean {
  return rule === 'source' && verdict === 'failed';
}
