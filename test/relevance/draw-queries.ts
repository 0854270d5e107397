import { isNear } from '../../indexer/site/search/words.ts';
import type { RelevanceQuery } from './catalogue.ts';

/** Of each kind; the set is never looked at. */
const COUNTS = { exact: 48, typo: 60, start: 20 };
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

interface Named {
  type: string;
  name: string;
  deprecated?: unknown;
}

/** A small generator of numbers below 1 (mulberry32), the same for the same seed everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Queries by the names that there are: whole ones, their first four letters, and with one typo. Right is whatever is called
 * so; of a start, whatever begins so; of a typo, whatever is called so but for one typo, unless there is a name as typed.
 */
export function drawQueries(catalogue: readonly Named[], seed: number): RelevanceQuery[] {
  const random = createRandom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const current = catalogue.filter((each) => each.deprecated === undefined);
  const names = [...new Set(current.map(({ name }) => name))];
  const long = names.filter((name) => /^[a-z0-9]{5,}$/.test(name));
  const idsOf = (isRight: (name: string) => boolean): string[] =>
    current.filter(({ name }) => isRight(name)).map(({ type, name }) => `${type}/${name}`);
  const draw = (kind: keyof typeof COUNTS, create: () => [text: string, right: string[]]): RelevanceQuery[] =>
    Array.from({ length: COUNTS[kind] }, create).map(([text, right]) => ({ kind, text, right }));
  return [
    ...draw('exact', () => {
      const name = pick(names);
      return [name, idsOf((each) => each === name)];
    }),
    ...draw('typo', () => {
      const name = pick(long);
      const text = withTypo(name, random);
      const isMeant = names.includes(text)
        ? (each: string) => each === text
        : (each: string) => each !== text && isNear(text, each, 1);
      return [text, idsOf(isMeant)];
    }),
    ...draw('start', () => {
      const start = pick(long).slice(0, 4);
      const starting = names.filter((name) => name.startsWith(start));
      const exact = starting.filter((name) => name === start);
      return [start, idsOf((name) => (exact.length > 0 ? exact : starting).includes(name))];
    }),
  ];
}

/** A letter more, less or another, or two neighbours swapped; never the first letter, as people rarely miss it. */
function withTypo(name: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (name.length - 2));
  const letter = LETTERS[Math.floor(random() * LETTERS.length)] ?? '';
  const [before, own, next] = [name.slice(0, at), name[at] ?? '', name[at + 1] ?? ''];
  const kinds = [
    before + letter + name.slice(at),
    before + name.slice(at + 1),
    before + letter + name.slice(at + 1),
    before + next + own + name.slice(at + 2),
  ];
  const typed = kinds[Math.floor(random() * kinds.length)] ?? name;
  return typed === name ? before + name.slice(at + 1) : typed;
}
