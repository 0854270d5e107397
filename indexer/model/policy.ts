import type { CatalogueVersion } from './catalogue.ts';
import { nameOf, type ExtensionId } from './extension.ts';
import type { Finding } from './problem.ts';
import { isVersion, isWithin, parseVersion, type Version } from './version.ts';

/** Which versions of one extension a rule is about. */
export interface PolicyTarget {
  /** As it was written, such as `taskserv/redis@<7.2`. */
  text: string;
  id: ExtensionId;
  /** A semver range, prereleases included; or one exact version, build and all. Undefined: every version. */
  range?: string;
}

export type PolicyRule =
  | { action: 'yank'; target: PolicyTarget; reason: string }
  | { action: 'deprecate'; target: PolicyTarget; message: string; replacement?: ExtensionId }
  | { action: 'hide'; target: PolicyTarget; reason: string };

/** What stands as the source of a problem that the policy itself has. */
export const POLICY_SOURCE = 'policy';

interface VersionsOf {
  id: ExtensionId;
  versions: CatalogueVersion[];
}

/**
 * The extensions as the policy shows them: yanked and deprecated versions marked, hidden ones gone. A rule that is about
 * nothing that there is becomes a finding, since it is most often a slip of the pen.
 */
export function applyPolicy<T extends VersionsOf>(
  extensions: readonly T[],
  rules: readonly PolicyRule[],
): { extensions: T[]; findings: Finding[] } {
  const used = new Set<PolicyRule>();
  const rulesOf = Map.groupBy(rules, (each) => each.target.id);
  const shown = extensions.flatMap((extension) => {
    const ofExtension = rulesOf.get(extension.id);
    if (ofExtension === undefined) return [extension];
    const versions = extension.versions.flatMap((version) => {
      const matching = rulesAbout(version.version, ofExtension);
      for (const rule of matching) used.add(rule);
      const hides = matching.some((each) => each.action === 'hide');
      return hides ? [] : [{ ...version, ...marksOf(matching) }];
    });
    return versions.length > 0 ? [{ ...extension, versions }] : [];
  });
  return { extensions: shown, findings: rules.filter((each) => !used.has(each)).map(unmatched) };
}

/** The rules that are about a version, of rules that are about its extension. */
export function rulesAbout(version: Version, rules: readonly PolicyRule[]): PolicyRule[] {
  return rules.filter(({ target: { range } }) => range === undefined || includes(range, version));
}

/**
 * Whether a rule hides what a problem is about: a version, or an extension of which nothing is shown. A rule that hides and
 * is about nothing is hidden with what it names.
 * @param shown the extensions that the policy lets be seen
 */
export function isHidden(
  { source, subject, extension }: Finding,
  { rules, shown }: { rules: readonly PolicyRule[]; shown: ReadonlySet<string> },
): boolean {
  const id = extension ?? subject.split('@')[0] ?? '';
  const hiding = rules.filter(({ action, target }) => action === 'hide' && target.id === id);
  if (source === POLICY_SOURCE && hiding.some(({ target }) => target.text === subject)) return true;
  const version = subject.startsWith(`${id}@`) ? subject.slice(id.length + 1) : '';
  if (isVersion(version)) return rulesAbout(parseVersion(version), hiding).length > 0;
  return hiding.length > 0 && (!shown.has(id) || hiding.some(({ target }) => target.range === undefined));
}

/** What may be said to everybody of a failure; its address may name a repository that is hidden. */
export function withoutHidden(message: string, rules: readonly PolicyRule[]): string {
  const told = message.toLowerCase();
  const isNamed = rules.some(({ action, target }) => action === 'hide' && told.includes(nameOf(target.id)));
  return isNamed ? 'It could not be read; the report of the indexer says why.' : message;
}

/** Of several rules of one kind the first in the file stands. */
function marksOf(rules: readonly PolicyRule[]): Pick<CatalogueVersion, 'yanked' | 'deprecated'> {
  const yank = rules.find((each) => each.action === 'yank');
  const deprecate = rules.find((each) => each.action === 'deprecate');
  return {
    ...(yank && { yanked: yank.reason }),
    ...(deprecate && {
      deprecated: {
        message: deprecate.message,
        ...(deprecate.replacement !== undefined && { replacement: deprecate.replacement }),
      },
    }),
  };
}

function includes(range: string, version: Version): boolean {
  // The identity of a version is its whole string, which a range cannot tell apart by build.
  return isVersion(range) ? parseVersion(range) === version : isWithin(version, range);
}

function unmatched({ action, target }: PolicyRule): Finding {
  const detail = `The rule to ${action} ${target.text} is about no version that there is.`;
  return { code: 'unmatched_rule', source: POLICY_SOURCE, subject: target.text, detail, extension: target.id };
}
