import type { GiteaSource } from '../../model/source-config.ts';
import type { HttpClient } from '../../http/client.ts';
import { bearerAuthorization, forOrigin, type Authorize } from '../../http/credentials.ts';
import { single, type HttpRequest } from '../../http/exchange.ts';
import type { Validate } from '../../http/body.ts';
import { parseNextLink } from '../../http/link-header.ts';
import { codeOf, RegistryError } from '../../model/errors.ts';
import type { SourceDependencies } from '../source.ts';
import { createSourceHttp } from '../source-http.ts';
import { assetStatuses, openedAsset, rangeHeaders } from '../opened-asset.ts';
import type { OpenedAsset, OpenOptions } from '../source.ts';
import {
  validateOrganization,
  validateRelease,
  validateReleasePage,
  validateRepositories,
  validateRepository,
  validateVersion,
  type WireRelease,
  type WireRepository,
} from './wire.ts';

/** Gitea's MAX_RESPONSE_ITEMS; more is clamped to it without a word. */
const PAGE_SIZE = 50;
/** 100,000 repositories, or releases of one: a list that goes on has no end. */
const MAX_PAGES = 2_000;
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
/** A list is held in memory while it is read. */
const MAX_LIST_BYTES = 128 * 1024 * 1024;
const MAX_SMALL_BYTES = 64 * 1024;

export interface Page<T> {
  items: T[];
  /** X-Total-Count: counts also what the token may not see. */
  total: number | undefined;
}

/** The few endpoints of Gitea's API that we ask, and its attachments. */
export interface GiteaClient {
  readonly http: HttpClient;
  fetchVersion(signal: AbortSignal): Promise<string>;
  /**
   * @returns the organization's name, which is another than the configured one after it was renamed
   * @throws RegistryError `not_found` when it does not exist or is not shown to us
   */
  fetchOrganization(signal: AbortSignal): Promise<string>;
  listRepositories(signal: AbortSignal): AsyncGenerator<Page<WireRepository>>;
  /** @param fullName `owner/name` @returns the releases as they came, drafts included where the token may write */
  listReleases(fullName: string, signal: AbortSignal): AsyncGenerator<Page<unknown>>;
  /** A repository; undefined when there is none, or it is not shown to us. */
  fetchRepository(fullName: string, signal: AbortSignal): Promise<WireRepository | undefined>;
  /** One release and its repository; undefined when either is gone. */
  fetchRelease(
    fullName: string,
    id: string,
    signal: AbortSignal,
  ): Promise<{ repository: WireRepository; release: WireRelease } | undefined>;
  openAttachment(uuid: string, options: OpenOptions): Promise<OpenedAsset>;
}

export function createGiteaClient(config: GiteaSource, dependencies: SourceDependencies): GiteaClient {
  const http = createSourceHttp(config, dependencies);
  const authorize = forOrigin(config.base.origin, config.secret && bearerAuthorization(config.secret));
  const organization = `api/v1/orgs/${encodeURIComponent(config.organization)}`;

  const list = <T>(path: string, validate: Validate<T[]>, signal: AbortSignal): AsyncGenerator<Page<T>> =>
    listPages({ http, authorize, path, validate, signal });
  const fetchOrGone = async <T>(url: string, validate: Validate<T>, signal: AbortSignal): Promise<T | undefined> =>
    (await orGone(http.fetchJson({ url, signal, authorize }, MAX_PAGE_BYTES, validate)))?.value;
  const fetchRepository = (fullName: string, signal: AbortSignal): Promise<WireRepository | undefined> =>
    fetchOrGone(repositoryPath(fullName), validateRepository, signal);

  return {
    http,
    fetchVersion: async (signal) => {
      const request = { url: 'api/v1/version', signal, authorize };
      return (await http.fetchJson(request, MAX_SMALL_BYTES, validateVersion)).value.version;
    },
    fetchOrganization: async (signal) => {
      const request = { url: organization, signal, authorize };
      const { name, username } = (await http.fetchJson(request, MAX_SMALL_BYTES, validateOrganization)).value;
      return name ?? username ?? config.organization;
    },
    listRepositories: (signal) => list(`${organization}/repos`, validateRepositories, signal),
    listReleases: (fullName, signal) => list(`${repositoryPath(fullName)}/releases`, validateReleasePage, signal),
    fetchRepository,
    fetchRelease: async (fullName, id, signal) => {
      const repository = await fetchRepository(fullName, signal);
      if (repository === undefined) return undefined;
      const release = await fetchOrGone(`${repositoryPath(fullName)}/releases/${id}`, validateRelease, signal);
      return release && { repository, release };
    },
    openAttachment: async (uuid, options) => {
      const request = attachmentRequest(uuid, options);
      const response = await http.open({ ...request, authorize }, options.tries);
      return openedAsset(response, options, `${config.name}: /${request.url}`);
    },
  };
}

function attachmentRequest(uuid: string, { signal, range }: OpenOptions): HttpRequest & { url: string } {
  return {
    url: `attachments/${encodeURIComponent(uuid)}`,
    signal,
    statuses: assetStatuses(range),
    headers: rangeHeaders(range),
    // With SERVE_DIRECT the bytes are at an object store, which is asked without our token.
    foreignRedirects: true,
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
 * see), and the total may never be reached, so only the absence of a next link ends it.
 */
async function* listPages<T>({ http, authorize, path, validate, signal }: Pages<T>): AsyncGenerator<Page<T>> {
  let fullest = 0;
  let sizeBytes = 0;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const url = `${path}?page=${page}&limit=${PAGE_SIZE}`;
    const { value, headers, bytes } = await http.fetchJson({ url, signal, authorize }, MAX_PAGE_BYTES, validate);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_LIST_BYTES) throw tooLong(http.base, path);
    const total = parseTotal(single(headers['x-total-count']));
    yield { items: value, total };
    fullest = Math.max(fullest, value.length);
    const more =
      headers['link'] === undefined
        ? hasMoreUnlinked({ page, total, size: value.length, fullest })
        : parseNextLink(headers['link']) !== undefined;
    if (!more) return;
  }
  throw new RegistryError('bad_answer', `${http.base.host}: ${path} has no last page; see that it pages its lists.`);
}

function tooLong({ host }: URL, path: string): RegistryError {
  const message = `${host}: ${path} has more than the ${MAX_LIST_BYTES} bytes that are read of a list; shorten its texts.`;
  return new RegistryError('too_large', message);
}

/** Gitea sends no link with an only page, and a gateway may take all of them away. */
function hasMoreUnlinked(list: { page: number; total: number | undefined; size: number; fullest: number }): boolean {
  if (list.total === undefined) return list.size > 0;
  // The server may give fewer a page than we ask for, and the fullest page seen is the best that we know of it.
  return list.page * (list.fullest || PAGE_SIZE) < list.total;
}

function repositoryPath(fullName: string): string {
  return `api/v1/repos/${fullName.split('/').map(encodeURIComponent).join('/')}`;
}

function parseTotal(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,9}$/.test(field) ? Number(field) : undefined;
}
