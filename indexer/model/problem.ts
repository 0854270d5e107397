import type { ExtensionId } from './extension.ts';

/**
 * What each problem means and what its publisher can do; the only list of problem codes, the gravest first: what somebody
 * may have tampered with, then what is not listed, then what is listed in part.
 */
export const PROBLEMS = {
  mutated: 'Never replace the files of a published version: publish the changed files as a new version.',
  digest_conflict: 'Publish the same bytes at both sources, or give one of them another version.',
  sidecar_mismatch: 'Upload the .sha256 file again, made from the very file that is attached.',
  foreign_version: 'Publish this extension at the source that owns its name, or change [[source]] owns.',
  read_failed: 'See whether the backend answers for this release; the next crawl tries again.',
  notify_failed:
    'See that the receiver of [notify] webhook runs and has the same secret; what it missed is in the status.',
  unmatched_rule: 'Correct the rule in the policy file, or remove it once the version is gone for good.',
  invalid_name:
    'Rename the repository to lower-case letters, digits and single . _ - between them, then its type ending.',
  invalid_manifest: 'Push the artifact again with a current client, such as oras.',
  no_asset: 'Attach at least one file to the release, or delete it.',
  invalid_tag: 'Tag releases with a semantic version, such as 1.4.0 or v1.4.0-rc.1.',
  too_large: 'Stay below the limit that the detail names: a smaller manifest, fewer files or fewer versions.',
  unsafe_asset_name: 'Rename the file: letters, digits and . _ + - only, each name once in a release.',
  duplicate_version: 'Keep one tag for each version: 1.4.0 and v1.4.0 are the same version.',
  no_primary_asset: 'Name one archive {repository}.tar.gz or {name}-{version}.tar.gz, or attach only one archive.',
  truncated_text: 'Shorten the text to the limit that the detail names.',
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** A finding as a source or a rule makes it. */
export interface Finding {
  code: ProblemCode;
  source: string;
  /** What it is about: a repository, `type/name`, `type/name@version`, or the match of a policy's rule. */
  subject: string;
  detail: string;
  /** Where the subject is a repository, a tag of one or a rule: the extension that it has to do with. */
  extension?: ExtensionId;
}

/** A recorded finding that does not stop the crawl. */
export interface Problem extends Finding {
  remedy: string;
  /** RFC 3339: the crawl that first saw it. */
  first_seen: string;
}

const CODES = Object.keys(PROBLEMS);

/** The gravest first; those of one code keep their order. */
export function byGravity<T extends Pick<Finding, 'code'>>(problems: readonly T[]): T[] {
  return problems.toSorted((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code));
}

/** What makes two findings of different crawls the same problem. */
export function problemKey(finding: Finding): string {
  return `${finding.code} ${finding.source} ${finding.subject}`;
}
