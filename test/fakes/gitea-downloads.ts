import { createHash } from 'node:crypto';
import { withoutHeaders } from './byte-ranges.ts';
import type { Caller } from './gitea-access.ts';
import { UNCACHED, latestOf, redirectToMoved, type GiteaContext } from './gitea-api.ts';
import type { Asset, Release, Repository } from './gitea-world.ts';
import type { ObjectStore } from './object-store.ts';
import { redirectReply, textReply, type LoggedRequest, type Reply, type ReplyHeaders } from './replies.ts';

interface Target {
  readonly repository: Repository;
  readonly release: Release;
  readonly asset: Asset;
}

/** `store`: SERVE_DIRECT. Undefined: not a download route. */
export function replyDownload(
  context: GiteaContext,
  request: LoggedRequest,
  store: ObjectStore | undefined,
): Reply | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const params = matchDownload(request.path);
  if (params === undefined) return undefined;
  const reply = replyToVisitor(context, { request, params, store });
  // Gitea keeps its session cookie to itself when it sends the visitor to another site.
  const isLeaving = reply.status === 303 && reply.headers?.['Location']?.includes('://');
  return isLeaving
    ? reply
    : { ...reply, headers: { ...UNCACHED, ...reply.headers, 'Set-Cookie': sessionCookie(request) } };
}

type Params =
  | { readonly kind: 'uuid'; readonly uuid: string; readonly owner?: string; readonly name?: string }
  | {
      readonly kind: 'path';
      readonly owner: string;
      readonly name: string;
      readonly tag: string;
      readonly file: string;
    };

function matchDownload(path: string): Params | undefined {
  const [, bare] = /^\/attachments\/([^/]+)$/.exec(path) ?? [];
  if (bare !== undefined) return { kind: 'uuid', uuid: bare };
  const [, owner, name, rest] = /^\/([^/]+)\/([^/]+)\/releases\/(.+)$/.exec(path) ?? [];
  if (owner === undefined || name === undefined || rest === undefined) return undefined;
  const [, uuid] = /^attachments\/([^/]+)$/.exec(rest) ?? [];
  if (uuid !== undefined) return { kind: 'uuid', uuid, owner, name };
  const [, tag, file] = /^download\/([^/]+)\/([^/]+)$/.exec(rest) ?? [];
  if (tag === undefined || file === undefined) return undefined;
  return { kind: 'path', owner, name, tag: decodeURIComponent(tag), file: decodeURIComponent(file) };
}

function replyNoPage(): Reply {
  return textReply(404, 'Not found.\n', { 'Content-Type': 'text/plain;charset=utf-8' });
}

interface Visit {
  readonly request: LoggedRequest;
  readonly params: Params;
  readonly store: ObjectStore | undefined;
}

function replyToVisitor(context: GiteaContext, { request, params, store }: Visit): Reply {
  const { state, access } = context;
  const caller = access.identify(request.authorization);
  if (caller === 'refused') return textReply(401, 'Failed to authenticate user\n');
  if (access.isSignInRequired && !caller.isSignedIn) {
    const query = new URLSearchParams({ redirect_to: request.target });
    return redirectReply(303, `/user/login?${query.toString()}`);
  }
  const { owner, name } = params;
  if (owner !== undefined && name !== undefined) {
    const repository = state.findRepository(owner, name);
    const moved = repository ? undefined : redirectToMoved(state, request, { owner, name });
    if (moved) return moved;
    if (repository === undefined || !caller.canSeeRepository(repository)) return replyNoPage();
  }
  const target = findTarget(context, params, caller);
  if (target === undefined || !caller.canSeeRepository(target.repository)) return textReply(404, 'Not Found\n');
  if (!caller.has('read:repository')) return textReply(403, 'Forbidden\n');
  // Counted before the ETag and the Range are looked at, so that a HEAD, a 304 and a 416 are downloads too.
  target.asset.downloadCount += 1;
  return serveAsset(request, target.asset, store);
}

/** A draft's asset is open to whoever knows its uuid (up to 1.26.4), but not by its path. */
function findTarget({ state }: GiteaContext, params: Params, caller: Caller): Target | undefined {
  const repository =
    params.owner === undefined || params.name === undefined
      ? undefined
      : state.findRepository(params.owner, params.name);
  if (params.kind === 'uuid') {
    const target = state.findAsset(params.uuid);
    return repository === undefined || target?.repository === repository ? target : undefined;
  }
  if (repository === undefined) return undefined;
  const isOpen = (release: Release) => !release.draft || caller.canWrite(repository);
  const release =
    repository.releases.find((each) => each.tag === params.tag && isOpen(each)) ??
    (params.tag === 'latest' ? latestOf(repository) : undefined);
  // Two assets of one name: the oldest answers.
  const asset = release?.assets.find((each) => each.name === params.file);
  return release && asset ? { repository, release, asset } : undefined;
}

function sessionCookie(request: LoggedRequest): string {
  const id = createHash('sha256').update(request.path).digest('hex').slice(0, 16);
  return `i_like_gitea=${id}; Path=/; HttpOnly; SameSite=Lax`;
}

function serveAsset(request: LoggedRequest, asset: Asset, store: ObjectStore | undefined): Reply {
  if (store) {
    return redirectReply(303, store.sign(request.method, asset.content, 'application/octet-stream'));
  }
  const lastModified = new Date(asset.createdAt).toUTCString();
  const validators = { ETag: `"${asset.uuid}"`, 'Last-Modified': lastModified };
  if (isNotModified(request, asset)) return { status: 304, headers: validators };
  return serveRange(request, asset.content, {
    ...validators,
    'Content-Type': isText(asset.content) ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'Content-Disposition': contentDisposition(asset.name),
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  });
}

/** Weak or strong, one or a list; `*` is nothing special. */
function isNotModified(request: LoggedRequest, { uuid, createdAt }: Asset): boolean {
  const noneMatch = request.headers['if-none-match'];
  if (noneMatch?.split(',').some((each) => each.trim().replace(/^W\//, '') === `"${uuid}"`)) return true;
  const since = request.headers['if-modified-since'];
  return since !== undefined && Date.parse(createdAt) <= Date.parse(since);
}

/**
 * Gitea's own reading of Range, which is not RFC 9110's: `a-b` and `a-` are 206; a suffix is 416, several ranges are
 * 400; If-Range is not looked at; no 416 has a Content-Range, and nothing announces Accept-Ranges.
 */
function serveRange(request: LoggedRequest, content: Uint8Array, headers: ReplyHeaders): Reply {
  const header = request.headers.range;
  if (content.length === 0 || !header?.startsWith('bytes=')) return { status: 200, headers, body: content };
  const spec = header.slice('bytes='.length);
  const dash = spec.indexOf('-');
  const [first, last] = dash === -1 ? [spec, ''] : [spec.slice(0, dash), spec.slice(dash + 1)];
  const refuse = (status: number, message: string) =>
    textReply(status, `${message}\n`, withoutHeaders(headers, ['Content-Type']));
  const notANumber = (text: string) => `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
  if (!/^\d+$/.test(first)) return refuse(416, notANumber(first));
  const start = Number(first);
  if (start >= content.length) return refuse(416, 'invalid start range');
  const isOpenEnded = last === '' && dash !== -1;
  const asked = /^\d+$/.test(last) ? Number(last) : undefined;
  const end = isOpenEnded ? content.length - 1 : Math.min(asked ?? 0, content.length - 1);
  if (end < start) return refuse(400, 'invalid end range');
  if (!isOpenEnded && asked === undefined) return refuse(400, notANumber(last));
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${start}-${end}/${content.length}` },
    body: content.subarray(start, end + 1),
  };
}

function isText(content: Uint8Array): boolean {
  const head = Buffer.from(content.subarray(0, 1024));
  return !head.includes(0) && Buffer.from(head.toString()).equals(head);
}

/** Always `inline`; a name that is not plain ASCII comes twice (RFC 6266, appendix D). */
function contentDisposition(name: string): string {
  const base = name.split('/').at(-1) ?? name;
  const safe = base.replaceAll(/[^ -~]|["\\]/g, '_');
  const quoted = /^[\w.+-]+$/.test(safe) ? safe : `"${safe}"`;
  return `inline; filename=${quoted}${safe === base ? '' : `; filename*=utf-8''${encodeURIComponent(base)}`}`;
}
