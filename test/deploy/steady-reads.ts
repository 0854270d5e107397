import { Agent } from 'node:http';
import { ask } from '../proxy/http.ts';

/** What is asked, with what its answer must be. */
export interface Read {
  path: string;
  /** The body where every answer must have the same. */
  body?: Buffer;
}

export interface SteadyReads {
  /** Resolves when so many more have been answered since. */
  more(count: number): Promise<void>;
  /** Ends when what runs has been answered. @returns how many were answered, and what was wrong with the others */
  stop(): Promise<{ answered: number; failures: string[] }>;
}

/** Clients that ask the same things again and again, on connections that they keep, as long as a test needs them. */
export function startReads(url: string, reads: readonly Read[], clients = 4): SteadyReads {
  const failures: string[] = [];
  const waiting = new Set<() => void>();
  let answered = 0;
  const stopping = new AbortController();

  const readOnce = async ({ path, body }: Read, agent: Agent): Promise<void> => {
    const answer = await ask(`${url}${path}`, { agent }).catch((error: unknown) => String(error));
    if (typeof answer === 'string') failures.push(`${path}: ${answer}`);
    else if (answer.status !== 200) failures.push(`${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    else if (!answer.complete || body?.equals(answer.body) === false) failures.push(`${path}: other bytes`);
    else answered += 1;
    for (const wake of waiting) wake();
  };

  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopping.signal.aborted) for (const each of reads) await readOnce(each, agent);
    agent.destroy();
  };

  const running = Array.from({ length: clients }, client);
  return {
    more: (count) =>
      new Promise((resolve) => {
        const goal = answered + failures.length + count;
        const look = (): void => {
          if (answered + failures.length < goal) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      }),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return { answered, failures };
    },
  };
}
