/*
 * One file of a site, by the page or by its worker: with an end to the waiting, and of the schema that both know.
 */

const PATIENCE_MS = 20_000;

export type LoadFault = 'offline' | 'missing' | 'refused' | 'unreadable' | 'newer';

/** What a message from the worker carries of it. */
export interface LoadFailure {
  fault: LoadFault;
  path: string;
  status?: number | undefined;
}

/** Why a document is not there. */
export class LoadError extends Error {
  readonly failure: LoadFailure;

  constructor(failure: LoadFailure, cause?: unknown) {
    const { fault, path, status } = failure;
    super(`${path}: ${status === undefined ? fault : `HTTP ${status}, ${fault}`}`, { cause });
    this.failure = failure;
  }
}

/** @param path the file of a document, below `base`. @throws LoadError */
export async function loadFile<T>(path: string, base: string | URL): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(new URL(path, base), { signal }).catch((cause: unknown) => {
    throw new LoadError({ fault: 'offline', path }, cause);
  });
  const { ok, status } = response;
  if (!ok) throw new LoadError({ fault: status === 404 || status === 410 ? 'missing' : 'refused', path, status });
  const value: unknown = await response.json().catch((cause: unknown) => {
    // The address may answer with a page for whatever it does not have; anything else is an answer that did not end.
    throw new LoadError({ fault: cause instanceof SyntaxError ? 'unreadable' : 'offline', path, status }, cause);
  });
  // A higher schema has fields that mean something else: better nothing than something wrong.
  if (((value as { schema?: unknown } | null)?.schema ?? 1) !== 1) throw new LoadError({ fault: 'newer', path });
  return value as T;
}
