import type { ExtensionId } from '../model/extension.ts';

/** `[[source]] owns`: the names that only one source may add to. */
export interface Ownership {
  /** Source -> its patterns, of those that have any. */
  readonly owns: Readonly<Record<string, readonly string[]>>;
  /** Whether a source may add to this extension. */
  mayAdd(source: string, id: ExtensionId): boolean;
}

/** @param sources each with its patterns of `type/name`, `*` standing for anything within a segment */
export function createOwnership(sources: readonly { name: string; owns: readonly string[] }[]): Ownership {
  const owners = sources.flatMap(({ name, owns }) =>
    owns.map((pattern) => ({ name, matches: compilePattern(pattern) })),
  );
  return {
    owns: Object.fromEntries(sources.filter((each) => each.owns.length > 0).map(({ name, owns }) => [name, owns])),
    mayAdd: (source, id) => {
      const matching = owners.filter((each) => each.matches.test(id));
      return matching.length === 0 || matching.some((each) => each.name === source);
    },
  };
}

function compilePattern(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, (each) => (each === '*' ? '[^/]*' : `\\${each}`));
  return new RegExp(`^${escaped}$`);
}
