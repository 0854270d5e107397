import type { Caller, GiteaAccess } from './gitea-access.ts';
import { organizationToWire, releaseToWire, repositoryToWire } from './gitea-wire.ts';
import type { GiteaState, Organization, Release, Repository } from './gitea-world.ts';
import { jsonReply, redirectReply, type LoggedRequest, type Reply, type ReplyHeaders } from './replies.ts';

export interface GiteaSettings {
  /** With a trailing slash; every URL and Link in a body or header starts with it, whatever host was called. */
  readonly rootUrl: string;
  readonly version: string;
  /** DEFAULT_PAGING_NUM and MAX_RESPONSE_ITEMS */
  readonly defaultLimit: number;
  readonly maxLimit: number;
}

export interface GiteaContext {
  readonly state: GiteaState;
  readonly access: GiteaAccess;
  readonly settings: GiteaSettings;
}

interface Call extends GiteaContext {
  readonly request: LoggedRequest;
  readonly caller: Caller;
  /** The pattern's groups, percent-decoded. */
  readonly params: readonly string[];
}

interface Route {
  readonly pattern: RegExp;
  readonly scope?: string;
  readonly needsToken?: boolean;
  readonly reply: (call: Call) => Reply;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/version$/, reply: ({ settings }) => apiReply(200, { version: settings.version }) },
  { pattern: /^\/orgs\/([^/]+)$/, scope: 'read:organization', reply: replyOrganization },
  { pattern: /^\/orgs\/([^/]+)\/repos$/, scope: 'read:organization', reply: replyOrganizationRepositories },
  { pattern: /^\/repositories\/(\d+)$/, scope: 'read:repository', needsToken: true, reply: replyRepositoryById },
  inRepository('', (call, repository) => apiReply(200, showRepository(call, repository))),
  inRepository('/releases', replyReleases),
  inRepository('/releases/latest', (call, repository) => showRelease(call, repository, latestOf(repository))),
  inRepository('/releases/(\\d+)', replyReleaseById),
  inRepository('/releases/tags/([^/]+)', replyReleaseByTag),
];

export function replyApi(context: GiteaContext, request: LoggedRequest): Reply | undefined {
  const path = request.path.slice('/api/v1'.length);
  const route = ROUTES.find(({ pattern }) => pattern.test(path));
  if (route === undefined) return undefined;
  if (request.method === 'HEAD') return { status: 405, headers: { Allow: 'GET' }, unexpected: true };
  if (request.method !== 'GET') return undefined;
  const caller = context.access.identify(request.authorization);
  if (caller === 'refused') return refuse(401, 'invalid username, password or token');
  if (context.access.isSignInRequired && !caller.isSignedIn) {
    return apiReply(403, { message: 'Only signed in user is allowed to call APIs.' });
  }
  if (route.needsToken && !caller.isSignedIn) return refuse(401, 'token is required');
  if (route.scope !== undefined && !caller.has(route.scope)) {
    const given = caller.scopes.join(',');
    return refuse(
      403,
      `token does not have at least one of required scope(s), required=[${route.scope}], token scope=${given}`,
    );
  }
  const params = (route.pattern.exec(path) ?? []).slice(1).map((each) => decodeURIComponent(each));
  return route.reply({ ...context, request, caller, params });
}

export const UNCACHED = { 'Cache-Control': 'max-age=0, private, must-revalidate, no-transform' };

function showRepository({ state, settings, request, caller }: Call, repository: Repository) {
  return repositoryToWire(repository, {
    rootUrl: settings.rootUrl,
    calledUrl: `http://${request.headers.host}/`,
    canWrite: caller.canWrite(repository),
    isInternal: !repository.private && state.findOrganization(repository.owner)?.visibility === 'private',
  });
}

function apiReply(status: number, value: unknown, headers: ReplyHeaders = {}): Reply {
  return jsonReply(status, value, {
    'Content-Type': 'application/json;charset=utf-8',
    ...UNCACHED,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    ...headers,
  });
}

function refuse(status: number, message: string): Reply {
  return apiReply(status, { message, url: 'http://git.example.test/api/swagger' });
}

function replyNotFound(message = 'not found'): Reply {
  return apiReply(404, { errors: null, message, url: 'http://git.example.test/api/swagger' });
}

function inRepository(rest: string, reply: (call: Call, repository: Repository) => Reply): Route {
  return {
    pattern: new RegExp(`^/repos/([^/]+)/([^/]+)${rest}$`),
    scope: 'read:repository',
    reply(call) {
      const [owner = '', name = ''] = call.params;
      const repository = call.state.findRepository(owner, name);
      if (repository === undefined)
        return redirectToMoved(call.state, call.request, { owner, name }) ?? replyNotFound();
      return call.caller.canSeeRepository(repository) ? reply(call, repository) : replyNotFound();
    },
  };
}

/** A renamed or transferred repository: 301, the Location relative to the host, the query kept. */
export function redirectToMoved(
  state: GiteaState,
  request: LoggedRequest,
  old: { readonly owner: string; readonly name: string },
): Reply | undefined {
  const repository = state.findMoved(old.owner, old.name);
  if (repository === undefined) return undefined;
  const location = request.target.replace(`${old.owner}/${old.name}`, `${repository.owner}/${repository.name}`);
  return redirectReply(301, location, UNCACHED);
}

function replyOrganization({ state, caller, settings, params }: Call): Reply {
  const organization = state.findOrganization(params[0] ?? '');
  if (organization === undefined) return replyNotFound('GetOrgByName');
  if (isClosedToToken(caller, organization)) return refuse(403, 'token scope is limited to public orgs');
  if (!caller.canSeeOrganization(organization)) return replyNotFound('HasOrgOrUserVisible');
  return apiReply(200, organizationToWire(organization, settings.rootUrl));
}

function isClosedToToken({ scopes }: Caller, { visibility }: Organization): boolean {
  return scopes.includes('public-only') && visibility !== 'public';
}

/**
 * The page is cut, and the total counted, BEFORE what the caller may not see is taken out: pages can be short or empty
 * anywhere, and a stranger to a private organization gets 200, `[]`, and the total of its repositories.
 */
function replyOrganizationRepositories(call: Call): Reply {
  const { state, caller, params } = call;
  const organization = state.findOrganization(params[0] ?? '');
  if (organization === undefined) return replyNotFound('GetOrgByName');
  if (isClosedToToken(caller, organization)) return refuse(403, 'token scope is limited to public orgs');
  const isAllCounted = caller.isSignedIn && !caller.scopes.includes('public-only');
  const counted = state.repositories
    .filter((each) => each.owner === organization.name && (isAllCounted || !each.private))
    .toSorted((one, other) => one.id - other.id);
  const { page, headers } = cutPage(call, counted);
  const shown = page.filter((each) => caller.canSeeRepository(each));
  return apiReply(
    200,
    shown.map((each) => showRepository(call, each)),
    headers,
  );
}

function replyRepositoryById(call: Call): Reply {
  const { state, caller, params } = call;
  const repository = state.repositories.find((each) => String(each.id) === params[0]);
  if (repository === undefined || !caller.canSeeRepository(repository)) return replyNotFound();
  return apiReply(200, showRepository(call, repository));
}

function replyReleases(call: Call, repository: Repository): Reply {
  const { caller, request, settings } = call;
  const isWanted = (parameter: string, value: boolean) =>
    (optionalBoolean(request.query.get(parameter)) ?? value) === value;
  const listed = repository.releases
    .filter((each) => !each.draft || caller.canListDrafts(repository))
    .filter((each) => isWanted('draft', each.draft) && isWanted('pre-release', each.prerelease))
    .toSorted(newestFirst);
  const { page, headers } = cutPage(call, listed);
  return apiReply(
    200,
    page.map((each) => releaseToWire(each, repository, settings.rootUrl)),
    headers,
  );
}

/** Whatever is not true is false, except nothing. */
function optionalBoolean(text: string | null): boolean | undefined {
  return text === null || text === '' ? undefined : /^(1|t|true)$/i.test(text);
}

function replyReleaseById(call: Call, repository: Repository): Reply {
  const release = repository.releases.find((each) => String(each.id) === call.params[2]);
  return showRelease(call, repository, release?.draft && !call.caller.canListDrafts(repository) ? undefined : release);
}

/** Without regard to case, and drafts to a writer even with a token that only reads. */
function replyReleaseByTag(call: Call, repository: Repository): Reply {
  const tag = call.params[2]?.toLowerCase();
  const release = repository.releases.find((each) => each.tag.toLowerCase() === tag);
  return showRelease(call, repository, release?.draft && !call.caller.canWrite(repository) ? undefined : release);
}

function showRelease({ settings }: Call, repository: Repository, release: Release | undefined): Reply {
  return release === undefined ? replyNotFound() : apiReply(200, releaseToWire(release, repository, settings.rootUrl));
}

function newestFirst(one: Release, other: Release): number {
  return Date.parse(other.createdAt) - Date.parse(one.createdAt) || other.id - one.id;
}

export function latestOf(repository: Repository): Release | undefined {
  return repository.releases.filter((each) => !each.draft && !each.prerelease).toSorted(newestFirst)[0];
}

interface Page<T> {
  readonly page: readonly T[];
  readonly headers: ReplyHeaders;
}

/** `limit` is clamped in silence, while the links repeat the one that was asked for. */
function cutPage<T>({ request, settings }: Call, items: readonly T[]): Page<T> {
  const asked = positive(request.query.get('limit'));
  const limit = Math.min(asked ?? settings.defaultLimit, settings.maxLimit);
  const number = positive(request.query.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / limit));
  const current = Math.min(number, last);
  const linkTo = (page: number, rel: string) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(page));
    query.sort();
    return `<${settings.rootUrl}${request.path.slice(1)}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(current < last ? [linkTo(current + 1, 'next'), linkTo(last, 'last')] : []),
    ...(current > 1 ? [linkTo(1, 'first'), linkTo(current - 1, 'prev')] : []),
  ];
  return {
    page: items.slice((number - 1) * limit, number * limit),
    headers: { 'X-Total-Count': String(items.length), ...(links.length > 0 ? { Link: links.join(',') } : {}) },
  };
}

function positive(text: string | null): number | undefined {
  const number = Number.parseInt(text ?? '', 10);
  return number > 0 ? number : undefined;
}
