import type { Config } from './config/config.ts';
import type { SourceOutcome } from './crawl/crawl-source.ts';
import { createOwnership } from './crawl/owners.ts';
import { remember } from './crawl/remember.ts';
import { explainSource, isDown, knowledgeOf, type Asked, type SourceExplanation } from './explain-sources.ts';
import { RULES, type Rule, type Step } from './explain-steps.ts';
import { didYouMean, type Target } from './explain-target.ts';
import { stepsOfTogether } from './explain-together.ts';
import type { Held, StatusDocument } from './model/documents.ts';
import type { ExtensionId } from './model/extension.ts';
import { emptyMemory, type Memory, type SourceMemory } from './model/memory.ts';
import type { Problem } from './model/problem.ts';
import type { Version } from './model/version.ts';
import type { Source } from './sources/source.ts';

/** What a published site says. */
export interface PublishedKnowledge {
  memory: Memory;
  status: StatusDocument | undefined;
  generation: number;
  /** RFC 3339: the crawl that last confirmed it. */
  checkedAt: string;
  /** A rollback keeps it as it is. */
  held: Held | undefined;
  /** The versions that are listed; none for an extension that is not. */
  versionsOf(id: ExtensionId): Promise<Version[]>;
}

export interface Explanation {
  /** As it was asked. */
  subject: string;
  extension?: ExtensionId;
  version?: Version;
  listed: boolean;
  live: boolean;
  /** RFC 3339: when this was so. */
  as_of: string;
  /** The published one; left out where nothing is published. */
  generation?: number;
  /** What keeps it out: of the steps that do, the one that went farthest. */
  because?: Step;
  sources: SourceExplanation[];
  /** What is decided of all sources together. */
  together: Step[];
  did_you_mean?: ExtensionId[];
}

export interface ExplainOptions {
  config: Config;
  sources: readonly Source[];
  /** Undefined where nothing is published, which only a live answer can do without. */
  published: PublishedKnowledge | undefined;
  /** Ask the backends now. */
  live: boolean;
  /** RFC 3339 */
  now: string;
  random: () => number;
  signal: AbortSignal;
}

/** Why something is listed or not: every rule and what came of it, in the order in which the product applies them. */
export async function explain(target: Target, options: ExplainOptions): Promise<Explanation> {
  const { published, config, now, live } = options;
  const asked = namedAt(target, options.sources);
  const id = 'id' in target.wanted ? target.wanted.id : asked.find(({ candidate }) => candidate.id)?.candidate.id;
  const memory = published?.memory ?? emptyMemory();
  const known = await Promise.all(asked.map((each) => knowledgeOf(each, { ...options, memory })));
  if (id === undefined) {
    const sources = known.map(({ name, kind, repository, steps }) => ({ name, kind, repository, steps }));
    return concluded(target, { listed: false, sources, together: [], isKnown: false }, options);
  }

  const policy = config.policy.filter((each) => each.target.id === id);
  const outcomes = known.map(({ outcome }) => outcome);
  const ownership = createOwnership(config.sources);
  const preference = config.sources.map((each) => each.name);
  const { catalogue } = remember(onlyOf(memory, id), outcomes, { preference, ownership, policy, now });
  const extension = catalogue.extensions.find((each) => each.id === id);
  const wouldBe = includes(extension?.versions.map((each) => each.version) ?? [], target.version);
  const inSite = includes((await published?.versionsOf(id)) ?? [], target.version);
  const found = {
    id,
    version: target.version,
    extension,
    problems: catalogue.problems.filter((each) => isAsked(each, target.version, outcomes)),
    wouldBe,
    live,
  };
  const isKnown = outcomes.some((each) => each.memory.releases.length + each.memory.findings.length > 0);
  return concluded(
    target,
    {
      id,
      listed: live ? wouldBe : inSite,
      sources: known.map((each) => explainSource(each, found)),
      together: stepsOfTogether({ ...found, policy, memory, inSite, site: published }, config),
      isKnown: isKnown || Object.hasOwn(memory.versions, id),
    },
    options,
  );
}

/**
 * Every source for an extension. For a repository those that looked at its name, or all where it is in no right place;
 * where the name means several extensions at several sources, those of the first.
 */
function namedAt({ wanted }: Target, sources: readonly Source[]): Asked[] {
  const all = sources.map((source): Asked => ({ source, candidate: source.nameCandidate(wanted) }));
  if ('id' in wanted) return all;
  const [first] = all.flatMap(({ candidate }) => candidate.id ?? []);
  const looked = all.filter(({ candidate: { id, checks } }) =>
    id === undefined ? checks.at(-1)?.rule === 'name' : id === first,
  );
  return looked.length > 0 ? looked : all;
}

/** The memory of one extension, so that no other one takes part. */
function onlyOf({ versions, sources, problems }: Memory, id: ExtensionId): Memory {
  const ofSources = Object.entries(sources).map(([name, { releases }]): [string, SourceMemory] => [
    name,
    { releases: releases.filter((each) => each.id === id), findings: [], attachments: {} },
  ]);
  return {
    schema: 1,
    sources: Object.fromEntries(ofSources),
    versions: Object.hasOwn(versions, id) ? { [id]: versions[id] ?? {} } : {},
    problems,
  };
}

/** Whether a problem has to do with the version that was asked about; one of a repository as a whole may. */
function isAsked(
  { code, source, subject }: Problem,
  version: Version | undefined,
  outcomes: readonly SourceOutcome[],
): boolean {
  if (version === undefined) return true;
  if (code === 'foreign_version') {
    const releases = outcomes.find((each) => each.name === source)?.memory.releases ?? [];
    return releases.some((each) => each.version === version);
  }
  if (code === 'invalid_tag') return isMeantAs(version, subject);
  const [, of] = /^[^@\s]+@(.+)$/.exec(subject) ?? [];
  return of === undefined || of === version;
}

/** Whether a tag that is no version was meant for this one, such as `release-1.4.0`; any other is another release. */
function isMeantAs(version: Version, subject: string): boolean {
  const at = subject.lastIndexOf(version);
  const around = [subject[at - 1], subject[at + version.length]];
  return at !== -1 && !around.some((each) => each !== undefined && /[\d.]/.test(each));
}

function includes(versions: readonly Version[], asked: Version | undefined): boolean {
  return asked === undefined ? versions.length > 0 : versions.includes(asked);
}

interface Conclusion {
  id?: ExtensionId;
  listed: boolean;
  sources: SourceExplanation[];
  together: Step[];
  /** Whether anything was ever seen of it. */
  isKnown: boolean;
}

function concluded(target: Target, conclusion: Conclusion, options: ExplainOptions): Explanation {
  const { id, listed, sources, together, isKnown } = conclusion;
  const { published, live, now } = options;
  const because = listed ? undefined : reasonOf([...sources.flatMap((each) => each.steps), ...together]);
  const known = Object.values(published?.memory.sources ?? {}).flatMap((each) => each.releases.map(({ id }) => id));
  const meant = listed || isKnown ? [] : didYouMean(target.text, known);
  return {
    subject: target.text,
    ...(id !== undefined && { extension: id }),
    ...(target.version !== undefined && { version: target.version }),
    listed,
    live,
    as_of: live ? now : (published?.checkedAt ?? now),
    ...(published && { generation: published.generation }),
    ...(because && { because }),
    sources,
    together,
    ...(meant.length > 0 && { did_you_mean: meant }),
  };
}

/** Rules that fail where a source has nothing of what was asked about, which says nothing of another source. */
const OF_NOTHING: ReadonlySet<Rule> = new Set(['place', 'name', 'repository', 'releases']);

/** Where nothing was found, a source that could not be read may have it: that is then the reason. */
function reasonOf(steps: readonly Step[]): Step | undefined {
  const best = farthest(steps);
  const isFound = best?.verdict === 'failed' && !OF_NOTHING.has(best.rule);
  return isFound ? best : (steps.find(isDown) ?? best);
}

function farthest(steps: readonly Step[]): Step | undefined {
  const order = (step: Step): number => RULES.indexOf(step.rule) + (step.verdict === 'failed' ? RULES.length : 0);
  const out = steps.filter((each) => each.verdict === 'failed' || each.verdict === 'unknown');
  return out.reduce<Step | undefined>((best, each) => (best && order(best) >= order(each) ? best : each), undefined);
}
