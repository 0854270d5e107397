/*
 * Where a word of the catalogue stands, as one number below 64 for each word and extension: a field, the better the
 * higher; from NAME on how many parts the name has and which of them the word is. So a name that is matched whole is
 * known without the name itself.
 */

export const [DESCRIPTION, BEGINNING, TYPE, TAG, NAME] = [0, 1, 2, 3, 4] as const;
/** Longer names count as ones of so many parts. */
const MAX_PARTS = 7;

/** @param part from 0 */
export function placeInName(part: number, parts: number): number {
  return NAME + (Math.min(parts, MAX_PARTS) - 1) * 8 + Math.min(part, MAX_PARTS - 1);
}

/** How many parts the name has. */
export function sizeOf(place: number): number {
  return ((place - NAME) >> 3) + 1;
}

/** Which of them, from 0. */
export function partOf(place: number): number {
  return (place - NAME) & 7;
}

/** The term under which the extensions of a type are listed; no word begins so. */
export function typeTerm(type: string): string {
  return `/${type}`;
}
