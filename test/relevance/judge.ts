import type { RelevanceQuery } from './catalogue.ts';

/** What a search answers: ids, best first. */
export type Answers = (text: string) => Promise<readonly string[]>;

export interface Judged {
  /** Share of the queries whose first answer is right. */
  successAt1: number;
  /** Mean of 1 / place of the first right answer; 0 for none. */
  meanReciprocalRank: number;
  /** Queries whose first answer is wrong, and what it was. */
  missed: string[];
}

export async function judge(
  queries: readonly Pick<RelevanceQuery, 'text' | 'right'>[],
  answers: Answers,
): Promise<Judged> {
  const missed: string[] = [];
  let [first, sum] = [0, 0];
  for (const { text, right } of queries) {
    const found = await answers(text);
    // Where nothing may be found, nothing is the right first answer.
    const place = right.length === 0 ? Number(found.length === 0) : found.findIndex((each) => right.includes(each)) + 1;
    if (place === 1) first += 1;
    else
      missed.push(
        `${text} => ${found[0] ?? 'nothing'}, not ${right.join(' or ')} (${place === 0 ? 'nowhere' : place})`,
      );
    sum += place === 0 ? 0 : 1 / place;
  }
  return { successAt1: first / queries.length, meanReciprocalRank: sum / queries.length, missed };
}
