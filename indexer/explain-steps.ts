import type { CatalogueExtension } from './model/catalogue.ts';
import type { ExtensionId } from './model/extension.ts';
import { rulesAbout, type PolicyRule } from './model/policy.ts';
import type { Problem, ProblemCode } from './model/problem.ts';
import type { Release, SourceAsset } from './model/release.ts';
import { compareVersions, type Version } from './model/version.ts';
import { shownVersion } from './site/items.ts';
import type { Check } from './sources/source.ts';

/** The rules in the order in which the product applies them: those of a source first, then those of all together. */
export const RULES = [
  'source',
  'place',
  'name',
  'repository',
  'spelling',
  'flags',
  'releases',
  'tags',
  'assets',
  'primary',
  'digests',
  'texts',
  'ownership',
  'merging',
  'policy',
  'shown',
  'published',
] as const;

export type Rule = (typeof RULES)[number];

/** One rule and what came of it. `failed` keeps something out; `note` does not; `unknown`: nobody has looked. */
export interface Step {
  rule: Rule;
  verdict: 'passed' | 'failed' | 'note' | 'unknown';
  detail: string;
  remedy?: string;
}

/** What each problem is about, and whether it keeps out what it is about. */
const OF_PROBLEM: Readonly<Record<ProblemCode, { rule: Rule; keepsOut: boolean }>> = {
  invalid_name: { rule: 'name', keepsOut: true },
  invalid_tag: { rule: 'tags', keepsOut: true },
  duplicate_version: { rule: 'tags', keepsOut: false },
  no_asset: { rule: 'assets', keepsOut: true },
  unsafe_asset_name: { rule: 'assets', keepsOut: false },
  invalid_manifest: { rule: 'assets', keepsOut: true },
  too_large: { rule: 'assets', keepsOut: true },
  no_primary_asset: { rule: 'primary', keepsOut: false },
  sidecar_mismatch: { rule: 'digests', keepsOut: true },
  read_failed: { rule: 'digests', keepsOut: true },
  mutated: { rule: 'digests', keepsOut: true },
  truncated_text: { rule: 'texts', keepsOut: false },
  foreign_version: { rule: 'ownership', keepsOut: true },
  digest_conflict: { rule: 'merging', keepsOut: true },
  unmatched_rule: { rule: 'policy', keepsOut: false },
  notify_failed: { rule: 'published', keepsOut: false },
};

/** What is decided of all sources together. */
const OF_ALL: ReadonlySet<Rule> = new Set(['ownership', 'merging', 'policy', 'shown', 'published']);

export function isOfSource({ code }: Pick<Problem, 'code'>): boolean {
  return !OF_ALL.has(OF_PROBLEM[code].rule);
}

export function byRule(a: Step, b: Step): number {
  return RULES.indexOf(a.rule) - RULES.indexOf(b.rule);
}

export function stepOfCheck({ rule, passed, detail, remedy }: Check): Step {
  return { rule, verdict: passed ? 'passed' : 'failed', detail, ...(remedy !== undefined && { remedy }) };
}

/**
 * A problem as a step. One that keeps bytes out, while the version is listed with those that it had before, is a note.
 * @param listed `type/name@version` of all that this source has in the catalogue
 */
export function stepOfProblem({ code, subject, detail, remedy }: Problem, listed: ReadonlySet<string>): Step {
  const { keepsOut } = OF_PROBLEM[code];
  const ofVersion = subject.includes('@');
  const rule = code === 'read_failed' && !ofVersion ? 'releases' : OF_PROBLEM[code].rule;
  const about = ofVersion ? `${subject.slice(subject.indexOf('@') + 1)}: ` : '';
  // Of an extension as a whole, too many versions keep only the oldest out.
  const isOfSome = code === 'too_large' && !ofVersion;
  const verdict = keepsOut && !isOfSome && !listed.has(subject) ? 'failed' : 'note';
  return { rule, verdict, detail: about + detail, remedy };
}

/** What a source's releases passed: one step for each rule that no problem is about. */
export function stepsOfReleases(
  releases: readonly Release[],
  asked: Version | undefined,
  taken: ReadonlySet<Rule>,
): Step[] {
  const newestFirst = releases.toSorted((a, b) => compareVersions(b.version, a.version));
  const release = newestFirst.find((each) => asked === undefined || each.version === asked);
  const passed = (rule: Rule, detail: string): Step[] => (taken.has(rule) ? [] : [{ rule, verdict: 'passed', detail }]);
  if (newestFirst.length === 0) return [];
  const tags = passed('tags', `Versions: ${someOf(newestFirst.map((each) => each.version))}.`);
  if (release === undefined) return tags;
  const primary = release.assets.find((each) => each.primary);
  return [
    ...tags,
    ...passed('assets', `${release.version} has ${someOf(release.assets.map((each) => each.name))}.`),
    ...(primary === undefined ? [] : passed('primary', `A bare download of ${release.version} gives ${primary.name}.`)),
    ...passed('digests', describeDigests(releases.flatMap((each) => each.assets))),
  ];
}

function describeDigests(assets: readonly SourceAsset[]): string {
  const unread = assets.filter((each) => each.digest === undefined).length;
  if (unread === 0) return 'Every file has its digest.';
  return `${unread} of ${assets.length} files are not read yet; the crawls to come read them, as [indexer] says.`;
}

/** At most eight of a list, and how many more. */
function someOf(all: readonly string[]): string {
  const more = all.length - 8;
  return more > 0 ? `${all.slice(0, 8).join(', ')} and ${more} more` : all.join(', ');
}

/** What the policy says of an extension, or of one version of it. */
export function stepsOfPolicy(id: ExtensionId, version: Version | undefined, policy: readonly PolicyRule[]): Step[] {
  const about = policy.filter(({ target }) => target.id === id);
  const matching = version === undefined ? about : rulesAbout(version, about);
  if (matching.length === 0) return [{ rule: 'policy', verdict: 'passed', detail: 'No rule is about it.' }];
  return matching.map((rule): Step => {
    const { action, target } = rule;
    const why = action === 'deprecate' ? rule.message : rule.reason;
    const detail = `The rule to ${action} ${target.text}: ${why}`;
    if (action !== 'hide') return { rule: 'policy', verdict: 'note', detail };
    const remedy = 'Let the operator take the rule out of the policy file, if it should not be hidden.';
    return { rule: 'policy', verdict: 'failed', detail, remedy };
  });
}

/** Which version is shown, and why not the one that was asked about. */
export function stepsOfShown({ versions }: CatalogueExtension, asked: Version | undefined): Step[] {
  const shown = shownVersion(versions);
  const about = versions.find((each) => each.version === asked);
  const what =
    shown.yanked !== undefined
      ? 'the highest, though yanked: every version is, so no search finds it'
      : shown.prerelease
        ? 'the highest prerelease: there is no stable version that is not yanked'
        : 'the highest stable version that is not yanked';
  const detail = `${shown.version} is shown: ${what}.`;
  if (about === undefined || about === shown) return [{ rule: 'shown', verdict: 'passed', detail }];
  const why =
    about.yanked !== undefined ? 'is yanked' : about.prerelease && !shown.prerelease ? 'is a prerelease' : 'is lower';
  return [{ rule: 'shown', verdict: 'note', detail: `${detail} ${about.version} ${why}, and downloads all the same.` }];
}
