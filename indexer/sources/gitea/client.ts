import type { GiteaSource } from '../../model/source-config.ts';
import { createHttpClient, type HttpClient } from '../../http/client.ts';
import { bearerAuthorization, forOrigin, type Authorize } from '../../http/credentials.ts';
import { single, type HttpRequest, type HttpResponse } from '../../http/exchange.ts';
import type { Validate } from '../../http/body.ts';
import { parseNextLink } from '../../http/link-header.ts';
import { codeOf, RegistryError } from '../../model/errors.ts';
import type { SourceDependencies } from '../source.ts';
import {
  validateAnything,
  validateReleasePage,
  validateRepositories,
  validateRepository,
  validateVersion,
  type WireRepository,
} from './wire.ts';

/** Gitea's MAX_RESPONSE_ITEMS; more is clamped to it without a word. */
const PAGE_SIZE = 50;
const MAX_PAGES = 20_000;
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
const MAX_SMALL_BYTES = 64 * 1024;

export interface Page<T> {
  items: T[];
  /** X-Total-Count: counts also what the token may not see. */
  total: number | undefined;
}

/** The few endpoints of Gitea's API that we ask, and its attachments. */
export interface GiteaClient {
  readonly http: HttpClient;
  fetchVersion(signal: AbortSignal, tries?: number): Promise<string>;
  /** @throws RegistryError `not_found` when it does not exist or is not shown to us */
  checkOrganization(signal: AbortSignal): Promise<void>;
  listRepositories(signal: AbortSignal): AsyncGenerator<Page<WireRepository>>;
  /** @param fullName `owner/name` @returns the releases as they came, drafts included where the token may write */
  listReleases(fullName: string, signal: AbortSignal): AsyncGenerator<Page<unknown>>;
  /** One release, not yet checked, and its repository; undefined when either is gone. */
  fetchRelease(
    fullName: string,
    id: string,
    signal: AbortSignal,
  ): Promise<{ repository: WireRepository; release: unknown } | undefined>;
  openAttachment(uuid: string, options: AttachmentOptions): Promise<HttpResponse>;
}

export interface AttachmentOptions {
  signal: AbortSignal;
  range?: { first: number; last: number };
  tries?: number;
}

export function createGiteaClient(config: GiteaSource, dependencies: SourceDependencies): GiteaClient {
  const http = createHttpClient({
    name: config.name,
    base: config.base,
    timeoutMs: config.timeoutMs,
    verifyTls: config.verifyTls,
    connections: dependencies.concurrency,
    random: dependencies.random,
    ...(dependencies.retry && { retry: dependencies.retry }),
  });
  const authorize = forOrigin(config.base.origin, config.secret && bearerAuthorization(config.secret));
  const organization = `api/v1/orgs/${encodeURIComponent(config.organization)}`;

  return {
    http,
    fetchVersion: async (signal) => {
      const request = { url: 'api/v1/version', signal, authorize };
      return (await http.fetchJson(request, MAX_SMALL_BYTES, validateVersion)).value.version;
    },
    checkOrganization: async (signal) =>
      void (await http.fetchBytes({ url: organization, signal, authorize }, MAX_SMALL_BYTES)),
    listRepositories: (signal) =>
      listPages({ http, authorize, path: `${organization}/repos`, validate: validateRepositories, signal }),
    listReleases: (fullName, signal) =>
      listPages({
        http,
        authorize,
        path: `${repositoryPath(fullName)}/releases`,
        validate: validateReleasePage,
        signal,
      }),
    fetchRelease: async (fullName, id, signal) => {
      const path = repositoryPath(fullName);
      const repository = await orGone(
        http.fetchJson({ url: path, signal, authorize }, MAX_PAGE_BYTES, validateRepository),
      );
      const url = `${path}/releases/${id}`;
      const release = await orGone(http.fetchJson({ url, signal, authorize }, MAX_PAGE_BYTES, validateAnything));
      return repository && release && { repository: repository.value, release: release.value };
    },
    openAttachment: (uuid, options) => http.open({ ...attachmentRequest(uuid, options), authorize }, options.tries),
  };
}

function attachmentRequest(uuid: string, { signal, range }: AttachmentOptions): HttpRequest {
  return {
    url: `attachments/${encodeURIComponent(uuid)}`,
    signal,
    statuses: range === undefined ? [200] : [200, 206],
    // With SERVE_DIRECT the bytes are at an object store, which is asked without our token.
    foreignRedirects: true,
    ...(range && { headers: { range: `bytes=${range.first}-${range.last}` } }),
  };
}

async function orGone<T>(fetching: Promise<T>): Promise<T | undefined> {
  return fetching.catch((error: unknown) => {
    if (codeOf(error) === 'not_found') return undefined;
    throw error;
  });
}

interface Pages<T> {
  http: HttpClient;
  authorize: Authorize;
  path: string;
  validate: Validate<T[]>;
  signal: AbortSignal;
}

/**
 * Every page. A page may be short or empty in the middle (Gitea cuts the page before it filters what the token may not
 * see), and the total may never be reached, so only the absence of a next link ends it; without any links, the total.
 */
async function* listPages<T>({ http, authorize, path, validate, signal }: Pages<T>): AsyncGenerator<Page<T>> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const url = `${path}?page=${page}&limit=${PAGE_SIZE}`;
    const { value, headers } = await http.fetchJson({ url, signal, authorize }, MAX_PAGE_BYTES, validate);
    const total = parseTotal(single(headers['x-total-count']));
    yield { items: value, total };
    const more =
      headers['link'] === undefined
        ? value.length > 0 && total !== undefined && page * PAGE_SIZE < total
        : parseNextLink(headers['link']) !== undefined;
    if (!more) return;
  }
  throw new RegistryError('bad_answer', `${path} has no last page; see that the server pages its lists.`);
}

function repositoryPath(fullName: string): string {
  return `api/v1/repos/${fullName.split('/').map(encodeURIComponent).join('/')}`;
}

function parseTotal(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,9}$/.test(field) ? Number(field) : undefined;
}
