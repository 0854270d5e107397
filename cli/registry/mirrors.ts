import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpRequest, HttpResponse } from '../../indexer/http/exchange.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { POINTER_FILE } from '../../indexer/site/layout.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import type { SiteReader } from '../../indexer/storage/storage.ts';
import { parseBase, type Connections, type RequestFields } from './connections.ts';
import type { RequestEvent } from './registry.ts';

/** A place that a site can be read from. */
export interface Mirror extends SiteReader {
  /** The URL of its `v1`; undefined for a folder. */
  readonly url?: URL;
  /**
   * The pointer's bytes, `unchanged` where they are still those that had the ETag, undefined where nothing is published.
   * @throws RegistryError network errors, `storage`
   */
  readPointer(etag: string | undefined): Promise<PointerAnswer | 'unchanged' | undefined>;
}

export interface PointerAnswer {
  bytes: Buffer;
  etag?: string;
}

export interface MirrorOptions {
  connections: Connections;
  /** What a request to an origin carries. */
  fieldsFor: (origin: string) => RequestFields;
  /** Milliseconds since 1970. */
  now: () => number;
  onRequest?: (event: RequestEvent) => void;
}

const MAX_POINTER_BYTES = 1024 * 1024;
const MAX_DOCUMENT_BYTES = 512 * 1024 * 1024;
/** How many times the longest silence a whole document may take. */
const PATIENCE = 10;

/** A site's place by its folder, `file:` URL or http(s) URL. @throws RegistryError `config` */
export function openMirror(place: string, options: MirrorOptions): Mirror {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(place) || isAbsolute(place)) return createFolderMirror(resolve(place), options);
  if (URL.parse(place)?.protocol === 'file:') return createFolderMirror(fileURLToPath(place), options);
  return createHttpMirror(parseBase(place, 'The site'), options);
}

function createFolderMirror(root: string, { now, onRequest }: MirrorOptions): Mirror {
  const reader = createFolderReader({ root });
  const read = async (file: string, maxBytes?: number): Promise<Buffer | undefined> => {
    const startedMs = now();
    const bytes = await reader.read(file, maxBytes);
    onRequest?.({
      method: 'GET',
      url: `${root}/${file}`,
      durationMs: now() - startedMs,
      fromCache: false,
      ...(bytes === undefined && { error: 'there is no such file' }),
    });
    return bytes;
  };
  return {
    ...reader,
    read,
    readPointer: async () => {
      const bytes = await read(POINTER_FILE, MAX_POINTER_BYTES);
      return bytes && { bytes };
    },
  };
}

function createHttpMirror(url: URL, { connections, fieldsFor }: MirrorOptions): Mirror {
  const { authorize, headers } = fieldsFor(url.origin);
  const ask = async (
    file: string,
    request: Partial<HttpRequest>,
    maxBytes: number,
  ): Promise<Omit<HttpResponse, 'body'> & { bytes: Buffer }> => {
    const target = new URL(file, url);
    if (!target.href.startsWith(url.href)) throw new RegistryError('storage', `${file} is not within ${url.href}.`);
    const timeoutMs = connections.timeoutMs * PATIENCE;
    const signal = AbortSignal.timeout(timeoutMs);
    const http = await connections.to(url);
    try {
      return await http.fetchBytes(
        {
          ...request,
          url: target,
          signal,
          headers: { ...headers, ...request.headers },
          ...(authorize && { authorize }),
        },
        maxBytes,
      );
    } catch (cause) {
      if (!signal.aborted) throw cause;
      const sentence = `${target.href} did not come whole within ${timeoutMs / 1_000} s; try again.`;
      throw new RegistryError('timeout', sentence, { cause });
    }
  };

  return {
    name: url.href,
    url,
    readPointer: async (etag) => {
      const condition = etag === undefined ? {} : { 'if-none-match': etag };
      const fields = { ...(authorize && { authorize }), headers: { ...headers, ...condition } };
      const answer =
        (await connections.askLightly(new URL(POINTER_FILE, url), fields, MAX_POINTER_BYTES)) ??
        (await ask(POINTER_FILE, { statuses: [200, 304, 404], headers: condition }, MAX_POINTER_BYTES));
      if (answer.status === 404) return undefined;
      if (answer.status === 304) return 'unchanged';
      const [tag] = [answer.headers['etag']].flat();
      return { bytes: answer.bytes, ...(tag !== undefined && { etag: tag }) };
    },
    read: async (file, maxBytes = MAX_DOCUMENT_BYTES) => {
      const answer = await ask(file, { statuses: [200, 404], compressed: true }, maxBytes);
      return answer.status === 404 ? undefined : answer.bytes;
    },
    // Its connections are the registry's.
    close: async () => undefined,
  };
}
