import pLimit from 'p-limit';
import type { OciSource } from '../../model/source-config.ts';
import { parseJson } from '../../http/body.ts';
import { createHttpClient, type HttpBytes, type HttpClient } from '../../http/client.ts';
import { single, type HttpRequest, type HttpResponse } from '../../http/exchange.ts';
import { digestOf, isDigest, type Digest } from '../../model/digest.ts';
import { RegistryError } from '../../model/errors.ts';
import type { SourceDependencies } from '../source.ts';
import { askAuthorized, createAuthentication } from './authentication.ts';
import { fetchNames, MAX_LIST_BYTES, readCatalog, readTags } from './names.ts';
import { ACCEPT, validateManifest, type WireManifest } from './wire.ts';

/** distribution-spec: clients should handle 4 MiB; a larger one is not an extension's. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const CATALOG_SCOPE = 'registry:catalog:*';

export interface FetchedManifest {
  digest: Digest;
  /** Its own bytes' length. */
  size: number;
  mediaType: string;
  manifest: WireManifest;
}

/** The few endpoints of an OCI registry that we ask. */
export interface OciClient {
  readonly http: HttpClient;
  checkAccess(signal: AbortSignal): Promise<void>;
  fetchCatalog(signal: AbortSignal): Promise<string[]>;
  fetchTags(repository: string, signal: AbortSignal): Promise<string[]>;
  fetchManifest(repository: string, reference: string, signal: AbortSignal): Promise<FetchedManifest>;
  openBlob(repository: string, digest: Digest, options: BlobOptions): Promise<HttpResponse>;
}

export interface BlobOptions {
  signal: AbortSignal;
  range?: { first: number; last: number };
  tries?: number;
}

export function createOciClient(config: OciSource, dependencies: SourceDependencies): OciClient {
  const http = createHttpClient({
    name: config.name,
    base: config.base,
    timeoutMs: config.timeoutMs,
    verifyTls: config.verifyTls,
    connections: dependencies.concurrency,
    random: dependencies.random,
    ...(dependencies.retry && { retry: dependencies.retry }),
  });
  const asking = { config, authentication: createAuthentication(config, http, dependencies.now) };
  const limit = pLimit(dependencies.concurrency);

  const fetchBytes = (scope: string, request: HttpRequest, maxBytes: number): Promise<HttpBytes> =>
    limit(() => askAuthorized({ ...asking, scope, request }, (each) => http.fetchBytes(each, maxBytes)));

  const paging = { fetchBytes, base: http.base };

  return {
    http,
    checkAccess: async (signal) => void (await fetchBytes('', { url: 'v2/', signal }, MAX_LIST_BYTES)),
    fetchCatalog: (signal) =>
      fetchNames({ ...paging, path: 'v2/_catalog', scope: CATALOG_SCOPE, signal, read: readCatalog }),
    fetchTags: (repository, signal) =>
      fetchNames({
        ...paging,
        path: `v2/${repository}/tags/list`,
        scope: pullScope(repository),
        signal,
        read: readTags,
      }),
    fetchManifest: async (repository, reference, signal) => {
      const request = { url: `v2/${repository}/manifests/${reference}`, signal, headers: { accept: ACCEPT } };
      const answer = await fetchBytes(pullScope(repository), request, MAX_MANIFEST_BYTES);
      return checkedManifest(answer, reference, `${config.name}: ${repository}:${reference}`);
    },
    openBlob: (repository, digest, { signal, range, tries }) =>
      askAuthorized(
        { ...asking, scope: pullScope(repository), request: blobRequest(repository, digest, { signal, range }) },
        (each) => http.open(each, tries),
      ),
  };
}

function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

function blobRequest(
  repository: string,
  digest: Digest,
  { signal, range }: { signal: AbortSignal; range: BlobOptions['range'] | undefined },
): HttpRequest {
  return {
    url: `v2/${repository}/blobs/${digest}`,
    signal,
    statuses: range === undefined ? [200] : [200, 206],
    // Registries keep blobs at object stores and redirect there; our credential stays here.
    foreignRedirects: true,
    ...(range && { headers: { range: `bytes=${range.first}-${range.last}` } }),
  };
}

/** The bytes name themselves: what the registry or the reference says of their digest must agree. */
function checkedManifest(answer: HttpBytes, reference: string, subject: string): FetchedManifest {
  const digest = digestOf(answer.bytes);
  const said = single(answer.headers['docker-content-digest']);
  for (const claimed of [said, reference]) {
    if (claimed !== undefined && isDigest(claimed) && claimed !== digest) {
      throw new RegistryError('digest_mismatch', `${subject} is not the OCI manifest that ${claimed} names.`);
    }
  }
  const manifest = parseJson(answer.bytes, validateManifest, subject);
  const type = single(answer.headers['content-type'])?.split(';')[0]?.trim() ?? '';
  return { digest, size: answer.bytes.length, mediaType: manifest.mediaType ?? type, manifest };
}
