import type { Pointer } from '../../indexer/model/documents.ts';
import type { Answer, Question } from './answer.ts';
import type { Opening, Reply, Request } from './search-worker.ts';
import { LoadError } from './load.ts';
import { API } from './site.ts';

/*
 * Asks the worker that holds the whole catalogue.
 */

export interface SearchClient {
  /** Loads what answers need, before anybody has asked. */
  prepare(): void;
  /** Undefined where a newer question was asked meanwhile. @throws Error where the catalogue could not be read */
  ask(question: Question): Promise<Answer | undefined>;
  /** Nothing is asked of it any more. */
  close(): void;
}

const NOTHING: Question = { text: '', type: [], source: [], tag: [], sort: 'best', shown: 0 };

export function createSearchClient(pointer: Pointer): SearchClient {
  let worker: Worker | undefined;
  let newest = 0;
  let waiting:
    { id: number; resolve: (answer: Answer | undefined) => void; reject: (error: Error) => void } | undefined;

  const start = (): Worker => {
    const started = new Worker(workerAddress() as string, { type: 'module' });
    started.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if (data.id !== waiting?.id) return;
      if ('answer' in data) waiting.resolve(data.answer);
      else waiting.reject(new LoadError(data.failure));
      waiting = undefined;
    });
    started.addEventListener('error', () => {
      waiting?.reject(new Error('The search could not be started.'));
      waiting = undefined;
      worker = undefined;
    });
    const opening: Opening = {
      base: API.href,
      count: pointer.counts.extensions,
      types: pointer.counts.by_type,
      sources: pointer.sources.map(({ name }) => name),
      search: pointer.search.path,
    };
    started.postMessage({ opening } satisfies Request);
    return started;
  };

  const ask = (question: Question): Promise<Answer | undefined> => {
    waiting?.resolve(undefined);
    newest += 1;
    const id = newest;
    return new Promise((resolve, reject) => {
      waiting = { id, resolve, reject };
      worker ??= start();
      worker.postMessage({ id, question } satisfies Request);
    });
  };

  return {
    prepare: () => {
      // What fails now fails again, and is told, when something is asked.
      if (worker === undefined) ask(NOTHING).catch(() => undefined);
    },
    ask,
    close: () => worker?.terminate(),
  };
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): unknown };
}

let address: unknown;

/** Where trusted types are enforced, this is the one address that may become a worker, and this the one place. */
function workerAddress(): unknown {
  if (address !== undefined) return address;
  const { href } = new URL('search-worker.js', import.meta.url);
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  address = trustedTypes?.createPolicy('search-worker', { createScriptURL: () => href }).createScriptURL('') ?? href;
  return address;
}
