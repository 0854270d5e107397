import type { Digest } from '../model/digest.ts';
import type { Memory, SourceMemory } from '../model/memory.ts';
import type { Finding } from '../model/problem.ts';
import type { Release } from '../model/release.ts';
import { compareText } from '../model/extension.ts';
import { compareVersions } from '../model/version.ts';

/** The digests that a version had when it was first seen, by asset name; undefined for a version never seen. */
export function firstSeenDigests(
  memory: Memory,
  release: Pick<Release, 'id' | 'version'>,
): Record<string, Digest> | undefined {
  const versions = Object.hasOwn(memory.versions, release.id) ? memory.versions[release.id] : undefined;
  return versions !== undefined && Object.hasOwn(versions, release.version)
    ? versions[release.version]?.digests
    : undefined;
}

/** The first asset that has another digest than it had when it was first seen. */
export function changedAsset(
  release: Release,
  first: Record<string, Digest> | undefined,
): { name: string; first: Digest; now: Digest | undefined } | undefined {
  for (const { name, digest } of release.assets) {
    const known = first !== undefined && Object.hasOwn(first, name) ? first[name] : undefined;
    if (known !== undefined && known !== digest) return { name, first: known, now: digest };
  }
  return undefined;
}

/**
 * What is remembered of a source: its releases, each as it was first seen. Where the bytes of a version have changed,
 * the record from before stands, with its old location, and the change is a problem; the new bytes are never listed.
 */
export function settleSource(name: string, given: SourceMemory, before: Memory): SourceMemory {
  const previous = new Map(before.sources[name]?.releases.map((each) => [`${each.id}@${each.version}`, each]));
  const findings: Finding[] = [];
  const releases = given.releases.map((release) => {
    const first = firstSeenDigests(before, release);
    const changed = changedAsset(release, first);
    const subject = `${release.id}@${release.version}`;
    const old = previous.get(subject);
    if (changed === undefined || old === undefined || changedAsset(old, first) !== undefined) return release;
    // Not read yet (the budget): nothing is known of the new bytes, so nothing is said of them.
    if (changed.now !== undefined) {
      const detail = `The asset ${changed.name} was ${changed.first} when first seen and is now ${changed.now}.`;
      findings.push({ code: 'mutated', source: name, subject, detail });
    }
    return old;
  });
  return {
    releases: releases.toSorted((a, b) => compareText(a.id, b.id) || compareVersions(a.version, b.version)),
    findings: [...given.findings, ...findings].sort(compareFindings),
    attachments: given.attachments,
  };
}

export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.subject, b.subject) ||
    compareText(a.code, b.code) ||
    compareText(a.detail, b.detail)
  );
}
