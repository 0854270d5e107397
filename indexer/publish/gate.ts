import { RegistryError } from '../model/errors.ts';
import { compareText } from '../model/extension.ts';
import type { Memory } from '../model/memory.ts';
import { releaseSubject } from '../model/release.ts';

export interface GateOptions {
  /** `[indexer] max_loss_percent`: a greater share lost is too much. */
  maxLossPercent: number;
  /** `type/name` whose loss is meant. */
  accepted: ReadonlySet<string>;
}

/** Fewer than so many are never too many: one lost of three is no catastrophe. */
const LEAST_LOSS = 3;
/** How many of each kind a refusal names. */
const MAX_NAMED = 50;

/** Kind, in words for many: the extensions, the versions, the releases of one source -> their names. */
export type Inventory = ReadonlyMap<string, ReadonlySet<string>>;

/** What would be lost of one kind. */
export interface Loss {
  kind: string;
  lost: string[];
  before: number;
}

/**
 * What there is to lose: the extensions and versions as merged, before a policy hides some, and what each source gives,
 * since what one source has lost another may still have.
 */
export function inventoryOf(
  merged: readonly { id: string; versions: readonly { version: string }[] }[],
  { sources }: Pick<Memory, 'sources'>,
): Inventory {
  return new Map([
    ['extensions', new Set(merged.map((each) => each.id))],
    ['versions', new Set(merged.flatMap(({ id, versions }) => versions.map((each) => `${id}@${each.version}`)))],
    ...Object.entries(sources).map(
      ([name, { releases }]) => [`releases of the source ${name}`, new Set(releases.map(releaseSubject))] as const,
    ),
  ]);
}

/** The losses that are too great to be believed; empty when the site may be published. */
export function lossesOf(before: Inventory, after: Inventory, { maxLossPercent, accepted }: GateOptions): Loss[] {
  return [...before].flatMap(([kind, names]) => {
    const now = after.get(kind);
    const lost = [...names].filter((each) => now?.has(each) !== true && !accepted.has(each.split('@')[0] ?? ''));
    const tooMuch = lost.length >= LEAST_LOSS && lost.length * 100 > names.size * maxLossPercent;
    return tooMuch ? [{ kind, lost: lost.sort(compareText), before: names.size }] : [];
  });
}

/**
 * @param removed sources that the configuration no longer has
 * @throws RegistryError `refused` that lists what would vanish and names the remedies
 */
export function assertBelievable(
  losses: readonly Loss[],
  { maxLossPercent, removed }: { maxLossPercent: number; removed: readonly string[] },
): void {
  if (losses.length === 0) return;
  const gone = removed
    .map((each) => `the source ${each} is no longer in the configuration: put it back, or`)
    .join('; ');
  throw new RegistryError(
    'refused',
    [
      `Nothing is published: more would vanish than [indexer] max_loss_percent = ${maxLossPercent} allows.`,
      ...losses.flatMap(({ kind, lost, before }) => [
        `  ${lost.length} of ${before} ${kind}:`,
        ...lost.slice(0, MAX_NAMED).map((each) => `    ${each}`),
        ...(lost.length > MAX_NAMED ? [`    … and ${lost.length - MAX_NAMED} more`] : []),
      ]),
      `  See whether the sources still have them, and [[source]] owns lets them in; ${gone}${gone === '' ? '' : ' '}if the loss is meant, run once with`,
      '  --accept-loss type/name for each extension that it is about, or with --force.',
    ].join('\n'),
  );
}
