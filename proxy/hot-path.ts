import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { POINTER_FILE } from '../indexer/site/layout.ts';
import { blobDigestOf, kindOf, withoutFile, type DocumentKind } from './document-path.ts';
import type { Document } from './document.ts';
import { conditional, type Ready, type Representations } from './representation.ts';
import type { Services } from './services.ts';
import type { Tracked } from './track-request.ts';

export interface HotPathOptions extends Pick<
  Services,
  'view' | 'documents' | 'representations' | 'metrics' | 'now' | 'isStopping'
> {
  /** Whether all origins are answered alike. */
  sameForAllOrigins: boolean;
  createRequestId: () => string;
  /** Called with each answer before it is sent; undefined where nobody wants to know. */
  onAnswer: ((answer: Tracked) => void) | undefined;
}

/** Answers a request whose answer is in memory. False: nothing has been done with it, and the router takes it. */
export type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean;

const BASE = '/api/v1';

/**
 * The documents that everybody reads, before routing and hooks cost anything: 15 us of CPU instead of 50, and little more
 * than a bare `node:http` server takes. It answers exactly what the routes would, or nothing at all.
 */
export function createHotPath(options: HotPathOptions): HotPath {
  const { view, documents, now, sameForAllOrigins, onAnswer, createRequestId } = options;
  const { pointer, forever, document } = options.representations;
  const count = createCounters(options);

  const find = (path: string, headers: IncomingHttpHeaders): Ready | undefined => {
    const generation = view.fresh();
    if (generation === undefined) return undefined;
    if (path === '') return readyAs(pointer, generation.pointerDocument, headers);
    const digest = blobDigestOf(path);
    const real = digest === undefined ? path : documents.pathOf(generation, digest);
    if (real === undefined) return undefined;
    const { cache } = kindOf(real);
    const held = documents.held(generation, real, cache);
    const ready = held && readyAs(digest === undefined ? document : forever, held, headers);
    if (ready !== undefined) documents.countHit(cache);
    return ready;
  };

  const identify = (answer: Omit<Tracked, 'id'>, rawHeaders: string[]): string[] => {
    const id = createRequestId();
    onAnswer?.({ ...answer, id });
    return rawHeaders.concat('x-request-id', id);
  };

  return (request, response) => {
    const { method, url = '', headers } = request;
    if ((method !== 'GET' && method !== 'HEAD') || options.isStopping()) return false;
    if (!isPlain(headers) || (headers.origin !== undefined && !sameForAllOrigins)) return false;
    const startedMs = now();
    const path = pathOf(url);
    const ready = path === undefined ? undefined : find(path, headers);
    if (path === undefined || ready === undefined) return false;
    const kind = kindOf(path);
    response.writeHead(ready.status, identify({ request, response, route: kind.route, startedMs }, ready.rawHeaders));
    response.end(method === 'HEAD' ? undefined : ready.body);
    count({ kind, method, status: ready.status }).answered((now() - startedMs) / 1_000);
    return true;
  };
}

function readyAs(as: Representations, document: Document, headers: IncomingHttpHeaders): Ready | undefined {
  const representation = as.held(document, as.codingFor(document, headers['accept-encoding']));
  return representation && conditional(representation, headers['if-none-match']);
}

/** A document's path, empty for the pointer; undefined for a URL that has none, and also for some that have one in the end. */
function pathOf(url: string): string | undefined {
  if (url === BASE || url === `${BASE}/`) return '';
  if (!url.startsWith(`${BASE}/`)) return undefined;
  const rest = url.slice(BASE.length + 1);
  const path = withoutFile(rest);
  return path === '' && rest !== POINTER_FILE ? undefined : path;
}

/** A request that has nothing to be refused for: it names a host and brings no body. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  return (
    headers.host !== undefined && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  );
}

interface Series {
  answered(seconds: number): void;
}

/** Counts as the routes do, but renders the labels of a series once. */
function createCounters({ metrics }: Pick<HotPathOptions, 'metrics'>) {
  const known = new Map<DocumentKind, Series[]>();
  return ({ kind, method, status }: { kind: DocumentKind; method: string; status: number }): Series => {
    const ofKind = known.get(kind) ?? [];
    if (ofKind.length === 0) known.set(kind, ofKind);
    const at = (status === 304 ? 1 : 0) + (method === 'HEAD' ? 2 : 0);
    return (ofKind[at] ??= createSeries(metrics, { route: kind.route, method, status }));
  };
}

function createSeries(
  metrics: HotPathOptions['metrics'],
  { route, method, status }: { route: string; method: string; status: number },
): Series {
  const requests = metrics.requests.of({ route, method, status: String(status) });
  const durations = metrics.requestDuration.of({ route, method });
  return {
    answered: (seconds) => {
      requests.add(1);
      durations.observe(seconds);
    },
  };
}
