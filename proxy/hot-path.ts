import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { kindOf, withoutFile, type DocumentKind } from './document-path.ts';
import { conditional, type Ready } from './representation.ts';
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

interface Found {
  ready: Ready;
  kind: DocumentKind;
}

const BASE = '/api/v1';

/**
 * The documents that everybody reads, before routing and hooks cost anything: 15 us of CPU instead of 50, and little more
 * than a bare `node:http` server takes. It answers exactly what the routes would, or nothing at all.
 */
export function createHotPath(options: HotPathOptions): HotPath {
  const { view, documents, now, sameForAllOrigins, onAnswer, createRequestId } = options;
  const { pointer, forever, document } = options.representations;
  const count = createCounters(options);

  const find = (url: string, headers: IncomingHttpHeaders): Found | undefined => {
    const path = pathOf(url);
    const generation = path === undefined ? undefined : view.fresh();
    if (path === undefined || generation === undefined) return undefined;
    const kind = kindOf(path);
    const held = path === '' ? generation.pointerDocument : documents.held(generation, path);
    if (held === undefined) return undefined;
    const as = path === '' ? pointer : path.startsWith('by-hash/') ? forever : document;
    const representation = as.held(held, as.codingFor(held, headers['accept-encoding']));
    if (representation === undefined) return undefined;
    if (path !== '') documents.countHit(generation, path);
    return { kind, ready: conditional(representation, headers['if-none-match']) };
  };

  /** An id is for finding a request in the log; where none is written, it would be one more field for nobody. */
  const identify = (answer: Omit<Tracked, 'id'>, rawHeaders: string[]): string[] => {
    if (onAnswer === undefined) return rawHeaders;
    const id = createRequestId();
    onAnswer({ ...answer, id });
    return rawHeaders.concat('x-request-id', id);
  };

  return (request, response) => {
    const { method, url = '', headers } = request;
    if ((method !== 'GET' && method !== 'HEAD') || options.isStopping()) return false;
    if (!isPlain(headers) || (headers.origin !== undefined && !sameForAllOrigins)) return false;
    const startedMs = now();
    const found = find(url, headers);
    if (found === undefined) return false;
    const { ready, kind } = found;
    response.writeHead(ready.status, identify({ request, response, route: kind.route, startedMs }, ready.rawHeaders));
    response.end(method === 'HEAD' ? undefined : ready.body);
    count({ kind, method, status: ready.status }).answered((now() - startedMs) / 1_000);
    return true;
  };
}

/** A document's path, empty for the pointer; undefined for a URL that has none, and also for some that have one in the end. */
function pathOf(url: string): string | undefined {
  const target = withoutFile(url);
  if (target === BASE) return '';
  return target.startsWith(`${BASE}/`) && target.length > BASE.length + 1 ? target.slice(BASE.length + 1) : undefined;
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
