import type { AllCounts, Counts } from '../counts.ts';
import type { MetricSnapshot } from '../metrics.ts';
import { lastingMetrics, sumMetrics } from './sum.ts';

/** A worker that serves. */
export interface Counting {
  /** Its number. */
  worker: number;
  /** Asks it to tell its counts, under a number. */
  tell: (ask: number) => void;
}

export interface CountsCollectorOptions {
  /** As configured. */
  workers: number;
  /** How long one worker is waited for. */
  timeoutMs: number;
  /** What the primary itself counts. */
  ownMetrics?: () => readonly MetricSnapshot[];
}

/** What the primary knows of its workers' counts. Processes are told apart by ids that no two of them ever have. */
export interface CountsCollector {
  join(id: number, counting: Counting): void;
  /** It ended: what it told last is kept. */
  leave(id: number): void;
  /** It told its counts, as an answer to an ask or of its own accord. */
  told(id: number, counts: Counts, ask: number | undefined): void;
  /** What all workers have counted, those included that are gone; waits for none longer than the time limit. */
  collect(): Promise<AllCounts>;
}

interface Member extends Counting {
  last: Counts | undefined;
  /** It did not answer in time, and has not told anything since. */
  silent: boolean;
  waiting: Map<number, (answered: boolean) => void>;
}

/**
 * Sums never fall, however workers end: they are made only of what the primary was told, and it forgets nothing. What a
 * worker has not told when it is killed, and only that, is lost.
 */
export function createCountsCollector({ workers, timeoutMs, ownMetrics }: CountsCollectorOptions): CountsCollector {
  const members = new Map<number, Member>();
  const seen = new Set<number>();
  let restarts = 0;
  let gone: readonly MetricSnapshot[] = [];
  let asks = 0;

  return {
    join: (id, counting) => {
      members.set(id, { ...counting, last: undefined, silent: false, waiting: new Map() });
      if (seen.has(counting.worker)) restarts += 1;
      seen.add(counting.worker);
    },
    leave: (id) => {
      const member = members.get(id);
      if (member === undefined) return;
      members.delete(id);
      gone = sumMetrics([gone, lastingMetrics(member.last?.metrics ?? [])]);
      for (const end of member.waiting.values()) end(false);
    },
    told: (id, counts, number) => {
      const member = members.get(id);
      if (member === undefined) return;
      member.last = counts;
      member.silent = false;
      if (number !== undefined) member.waiting.get(number)?.(true);
    },
    collect: async () => {
      const number = (asks += 1);
      const asked = [...members.values()];
      const answered = await Promise.all(asked.map((each) => ask(each, number, timeoutMs)));
      return {
        metrics: sumMetrics([
          gone,
          ownMetrics?.() ?? [],
          ...[...members.values()].map(({ last }) => last?.metrics ?? []),
        ]),
        reporting: asked
          .filter((_each, at) => answered[at])
          .flatMap(({ worker, last }) =>
            last === undefined ? [] : [{ worker, caches: last.caches, process: last.process }],
          )
          .toSorted((a, b) => a.worker - b.worker),
        workers,
        restarts,
      };
    },
  };
}

/** @returns whether it told its counts in time */
function ask(member: Member, number: number, timeoutMs: number): Promise<boolean> {
  // Waiting for it once is enough: a worker that hangs must not make every scrape slow.
  if (member.silent) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearTimeout(limit);
      member.waiting.delete(number);
      resolve(answered);
    };
    const limit = setTimeout(() => {
      member.silent = true;
      end(false);
    }, timeoutMs);
    member.waiting.set(number, end);
    member.tell(number);
  });
}
