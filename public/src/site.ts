/*
 * The documents of the site, as this page reads them: relative to where the page itself is, so that it works below any
 * path of any host.
 */

/** Where `api/v1/` is. */
export const API = new URL('api/v1/', document.baseURI);
/** Where a document's path is its file. */
export const FEEDS = 'feeds/';
const PATIENCE_MS = 20_000;

export type LoadFault = 'offline' | 'missing' | 'refused' | 'unreadable' | 'newer';

const SAID: Readonly<Record<LoadFault, string>> = {
  offline: 'no answer',
  missing: 'not there',
  refused: 'an error',
  unreadable: 'no JSON',
  newer: 'a newer schema',
};

/** Why a document is not there. */
export class LoadError extends Error {
  readonly fault: LoadFault;
  readonly path: string;
  readonly status: number | undefined;

  constructor(fault: LoadFault, { path, status, cause }: { path: string; status?: number; cause?: unknown }) {
    super(`${path}: ${status === undefined ? SAID[fault] : `HTTP ${status}, ${SAID[fault]}`}`, { cause });
    this.fault = fault;
    this.path = path;
    this.status = status;
  }
}

/** @param path the file of a document, below `api/v1/`. @throws LoadError */
export async function loadFile<T>(path: string, base: URL = API): Promise<T> {
  const response = await fetch(new URL(path, base), { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
    (cause: unknown) => {
      throw new LoadError('offline', { path, cause });
    },
  );
  if (response.status === 404 || response.status === 410)
    throw new LoadError('missing', { path, status: response.status });
  if (!response.ok) throw new LoadError('refused', { path, status: response.status });
  const value = await response.json().catch((cause: unknown) => {
    // The address may answer with a page for whatever it does not have.
    throw new LoadError('unreadable', { path, status: response.status, cause });
  });
  if (isNewer(value)) throw new LoadError('newer', { path });
  return value as T;
}

/** @param path a document's. @throws LoadError */
export function loadDocument<T>(path: string): Promise<T> {
  return loadFile<T>(path === '' ? 'index.json' : `${path}/index.json`);
}

/** The address of a document's file, relative to the page. */
export function addressOf(path: string): string {
  if (path.startsWith(FEEDS)) return `api/v1/${path}`;
  return path === '' ? 'api/v1/index.json' : `api/v1/${path}/index.json`;
}

/** A higher schema has fields that mean something else: better nothing than something wrong. */
function isNewer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema !== 1;
}
