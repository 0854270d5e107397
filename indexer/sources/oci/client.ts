import type { OciSource } from '../../model/source-config.ts';
import { parseJson } from '../../http/body.ts';
import type { HttpBytes, HttpClient } from '../../http/client.ts';
import { single, type HttpRequest } from '../../http/exchange.ts';
import { createLimit } from '../../http/limit.ts';
import { digestOf, isDigest, type Digest } from '../../model/digest.ts';
import { RegistryError } from '../../model/errors.ts';
import type { SourceDependencies } from '../source.ts';
import { createSourceHttp } from '../source-http.ts';
import { assetStatuses, openedAsset, rangeHeaders } from '../opened-asset.ts';
import type { OpenedAsset, OpenOptions } from '../source.ts';
import { askAuthorized, createAuthentication } from './authentication.ts';
import { fetchNames, MAX_LIST_BYTES, readCatalog, readTags, type Names, type NamesRequest } from './names.ts';
import { ACCEPT, validateManifest, type WireManifest } from './wire.ts';

/** distribution-spec: clients should handle 4 MiB; a larger one is not an extension's. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const CATALOG_SCOPE = 'registry:catalog:*';

export interface FetchedManifest {
  digest: Digest;
  manifest: WireManifest;
}

/** The few endpoints of an OCI registry that we ask. */
export interface OciClient {
  readonly http: HttpClient;
  checkAccess(signal: AbortSignal): Promise<void>;
  fetchCatalog(signal: AbortSignal): Promise<string[]>;
  fetchTags(repository: string, signal: AbortSignal): Promise<string[]>;
  fetchManifest(repository: string, reference: string, signal: AbortSignal): Promise<FetchedManifest>;
  /** What a tag names now, without its bytes; undefined where the registry does not say. */
  fetchTagDigest(repository: string, tag: string, signal: AbortSignal): Promise<Digest | undefined>;
  openBlob(repository: string, digest: Digest, options: OpenOptions): Promise<OpenedAsset>;
}

export function createOciClient(config: OciSource, dependencies: SourceDependencies): OciClient {
  const http = createSourceHttp(config, dependencies, config.tokenService);
  const asking = { config, authentication: createAuthentication(config, http, dependencies.now) };
  const limit = createLimit(dependencies.concurrency);

  const fetchBytes = (scope: string, request: HttpRequest, maxBytes: number): Promise<HttpBytes> =>
    limit(() => askAuthorized({ ...asking, scope, request }, (each) => http.fetchBytes(each, maxBytes)));

  const fetchAll = (path: string, list: Pick<NamesRequest, 'scope' | 'signal' | 'read'>): Promise<Names> =>
    fetchNames({ fetchBytes, source: config.name, base: http.base, path, ...list });

  return {
    http,
    checkAccess: async (signal) => void (await fetchBytes('', { url: 'v2/', signal }, MAX_LIST_BYTES)),
    fetchCatalog: async (signal) => {
      const catalog = await fetchAll('v2/_catalog', { scope: CATALOG_SCOPE, signal, read: readCatalog });
      if (!catalog.cut) return catalog.names;
      throw new RegistryError('bad_answer', `${config.name}: the catalog stops after ${catalog.names.length} names.`);
    },
    fetchTags: async (repository, signal) =>
      (await fetchAll(`v2/${repository}/tags/list`, { scope: pullScope(repository), signal, read: readTags })).names,
    fetchManifest: async (repository, reference, signal) => {
      const request = manifestRequest(repository, reference, signal);
      const answer = await fetchBytes(pullScope(repository), request, MAX_MANIFEST_BYTES);
      return checkedManifest(answer, reference, `${config.name}: ${repository}:${reference}`);
    },
    fetchTagDigest: async (repository, tag, signal) => {
      const request = { ...manifestRequest(repository, tag, signal), method: 'HEAD' } as const;
      const { headers } = await fetchBytes(pullScope(repository), request, MAX_MANIFEST_BYTES);
      const said = single(headers['docker-content-digest']);
      return said !== undefined && isDigest(said) ? said : undefined;
    },
    openBlob: async (repository, digest, options) => {
      const request = blobRequest(repository, digest, options);
      const response = await askAuthorized({ ...asking, scope: pullScope(repository), request }, (each) =>
        http.open(each, options.tries),
      );
      return openedAsset(response, options, `${config.name}: /${request.url}`);
    },
  };
}

function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

function manifestRequest(repository: string, reference: string, signal: AbortSignal): HttpRequest {
  return {
    url: `v2/${repository}/manifests/${reference}`,
    signal,
    headers: { accept: ACCEPT },
    // Registries may keep manifests at an object store too (GitLab's); our credential stays here.
    foreignRedirects: true,
  };
}

function blobRequest(
  repository: string,
  digest: Digest,
  { signal, range }: OpenOptions,
): HttpRequest & { url: string } {
  return {
    url: `v2/${repository}/blobs/${digest}`,
    signal,
    statuses: assetStatuses(range),
    headers: rangeHeaders(range),
    // Registries keep blobs at object stores and redirect there; our credential stays here.
    foreignRedirects: true,
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
  return { digest, manifest };
}
