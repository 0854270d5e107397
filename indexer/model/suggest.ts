/** What the known words are that somebody may have meant: the nearest ones, or those that hold the word or are held by it. */
export function suggest(word: string, known: readonly string[]): string[] {
  const meant = normalize(word);
  const near = known.map((candidate) => ({ candidate, distance: editDistance(meant, normalize(candidate)) }));
  const least = Math.min(...near.map(({ distance }) => distance));
  if (least <= Math.max(1, Math.floor(meant.length / 3))) {
    return near.filter(({ distance }) => distance === least).map(({ candidate }) => candidate);
  }
  if (meant.length < 3) return [];
  const holds = (candidate: string): boolean => candidate.includes(meant) || meant.includes(candidate);
  return known.filter((each) => holds(normalize(each)));
}

/** Other houses write `verify-ssl` or `verifySsl` for `verify_ssl`. */
function normalize(word: string): string {
  return word
    .replaceAll('-', '_')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase();
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(current, column - 1) + 1,
          at(above, column) + 1,
          at(above, column - 1) + Number(!same),
          swapped ? at(before, column - 2) + 1 : Infinity,
        ),
      );
    }
    before = above;
    above = current;
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
