/** The middle value, or the mean of the two in the middle. @throws TypeError for none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new TypeError('There is no median of nothing.');
  return (low + high) / 2;
}

/** Each figure's median over rounds that measured the same figures. */
export function medianOf<T extends { [K in keyof T]: number }>(rounds: readonly T[]): T {
  const [first] = rounds;
  if (first === undefined) throw new TypeError('There is no median of nothing.');
  const names = Object.keys(first) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((each) => each[name]))])) as T;
}

/**
 * Runs contestants in turn, `rounds` times, every second round backwards: what drifts on the machine meanwhile, hits
 * all of them alike.
 */
export async function alternate<K extends string, T>(
  rounds: number,
  contestants: Readonly<Record<K, () => Promise<T>>>,
): Promise<Record<K, T[]>> {
  const names = Object.keys(contestants) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await contestants[name]());
  }
  return results;
}

/** The median of ours to the peer's, taken round by round, so that only neighbours in time are compared. */
export function medianRatio(ours: readonly number[], peers: readonly number[]): number {
  return median(ours.map((each, round) => each / (peers[round] ?? NaN)));
}
