import type { Config } from './config/config.ts';
import { createOwnership } from './crawl/owners.ts';
import type { Found } from './explain-sources.ts';
import { byRule, isOfSource, stepOfProblem, stepsOfPolicy, stepsOfShown, type Step } from './explain-steps.ts';
import type { Held } from './model/documents.ts';
import type { ExtensionId } from './model/extension.ts';
import type { Memory } from './model/memory.ts';
import type { PolicyRule } from './model/policy.ts';
import { shownVersion } from './site/items.ts';

export interface Together extends Found {
  /** The rules about this extension. */
  policy: readonly PolicyRule[];
  memory: Memory;
  /** Whether the published site lists it. */
  inSite: boolean;
  /** Undefined where nothing is published. */
  site: { checkedAt: string; held: Held | undefined } | undefined;
}

/** What is decided once all sources have been read. */
export function stepsOfTogether(found: Together, config: Config): Step[] {
  const { id, version, extension, problems, policy } = found;
  const listed = new Set<string>();
  const told = problems.filter((each) => !isOfSource(each)).map((each) => stepOfProblem(each, listed));
  const taken = new Set(told.map(({ rule }) => rule));
  const steps = [
    ...told.filter(({ rule }) => rule !== 'policy'),
    ...(taken.has('ownership') ? [] : [stepOfOwnership(id, config)]),
    ...(taken.has('merging') ? [] : stepsOfMerging(found)),
    ...stepsOfPolicy(id, version, policy),
    ...(extension === undefined ? [] : stepsOfShown(extension, version)),
    ...stepsOfRecord(found),
    ...stepsOfPublished(found),
  ];
  return steps.toSorted(byRule);
}

function stepOfOwnership(id: ExtensionId, { sources }: Config): Step {
  const owners = sources.filter((each) => !createOwnership([each]).mayAdd('', id)).map((each) => each.name);
  const detail = owners.length === 0 ? 'No source owns this name.' : `Its name is owned by ${owners.join(' and ')}.`;
  return { rule: 'ownership', verdict: 'passed', detail };
}

function stepsOfMerging({ extension, version }: Found): Step[] {
  if (extension === undefined) return [];
  const shown = shownVersion(extension.versions);
  const about = version === undefined ? shown : extension.versions.find((each) => each.version === version);
  if (about === undefined) return [];
  const { sources } = about;
  const detail =
    sources.length === 1
      ? `${about.version} is of ${sources[0]}.`
      : `${about.version} is the same at ${sources.join(' and ')}.`;
  return [{ rule: 'merging', verdict: 'passed', detail }];
}

/** What the registry remembers of what is not there any more. */
function stepsOfRecord({ id, version, memory, wouldBe }: Together): Step[] {
  const records = Object.hasOwn(memory.versions, id) ? Object.entries(memory.versions[id] ?? {}) : [];
  const gone = records.flatMap(([each, record]) =>
    record.gone !== undefined && (version === undefined || each === version)
      ? [`${each}, first seen at ${record.first_seen}, is gone since ${record.gone}`]
      : [],
  );
  if (gone.length === 0 || (wouldBe && version === undefined)) return [];
  const detail = `It was listed before: ${gone.slice(0, 3).join('; ')}.`;
  return [{ rule: 'releases', verdict: 'note', detail }];
}

/** Where the published site and what is known now differ. */
function stepsOfPublished({ wouldBe, live, inSite, site }: Together): Step[] {
  if (site === undefined) return [{ rule: 'published', verdict: 'unknown', detail: 'No site is published yet.' }];
  const { checkedAt, held } = site;
  const next = held === undefined ? 'The next crawl' : 'Let the operator run resume; the next crawl then';
  const detail =
    held === undefined
      ? `The site of ${checkedAt} ${inSite ? 'has it' : 'does not have it'}`
      : `The site is held since ${held.since} as it was in generation ${held.generation}, and ${inSite ? 'has it' : 'does not have it'}`;
  if (wouldBe && !inSite) {
    const remedy = `${next} lists it.`;
    return [{ rule: 'published', verdict: live ? 'note' : 'failed', detail: `${detail} yet.`, remedy }];
  }
  if (!wouldBe && inSite) {
    return [{ rule: 'published', verdict: 'note', detail: `${detail}.`, remedy: `${next} takes it out.` }];
  }
  return [{ rule: 'published', verdict: inSite ? 'passed' : 'note', detail: `${detail}.` }];
}
