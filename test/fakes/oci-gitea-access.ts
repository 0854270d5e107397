import { createHash } from 'node:crypto';
import {
  isLetIn,
  ownerOf,
  refuse,
  type Need,
  type OciAccess,
  type OciAccessOptions,
  type Refused,
  type Viewer,
} from './oci-access.ts';
import type { OciUser } from './oci-tokens.ts';
import { jsonReply, parseAuthorization, textReply, type LoggedRequest, type Reply } from './replies.ts';

export interface GiteaOciOptions extends OciAccessOptions {
  /** REQUIRE_SIGNIN_VIEW */
  readonly requireSignIn?: boolean;
}

/** Nobody has no account; a ghost came with the token that strangers are given. */
type Doer = { readonly kind: 'ghost' } | { readonly kind: 'user'; readonly user: OciUser };

/**
 * Gitea's own registry. Every route wants a token, and strangers are given one (the ghost's, for a day, under the key
 * `token` alone). A personal access token is a Basic password, and never a Bearer token.
 */
export function createGiteaOciAccess(options: GiteaOciOptions): OciAccess {
  const users = new Map((options.users ?? []).map((each) => [each.name, each]));
  const hidden = new Set(options.privateOwners ?? []);
  const issued = new Map<string, { readonly doer: Doer; readonly expiresAt: number }>();
  const { clock = Date.now, lifetimeSeconds = 86_400 } = options.tokens ?? {};

  function findUser(request: LoggedRequest): OciUser | undefined {
    const authorization = parseAuthorization(request.authorization);
    if (authorization.scheme !== 'basic') return undefined;
    const secret = authorization.password === '' ? authorization.username : authorization.password;
    return [...users.values()].find((each) => each.password === secret);
  }

  function doerOf(request: LoggedRequest): Doer | undefined {
    const authorization = parseAuthorization(request.authorization);
    if (authorization.scheme === 'bearer') {
      const token = issued.get(authorization.secret);
      return token !== undefined && token.expiresAt > clock() ? token.doer : undefined;
    }
    const user = findUser(request);
    return user && { kind: 'user', user };
  }

  /** The realm is guessed from what the client called; owners that are not public also name Basic, in a second header. */
  function challenge(request: LoggedRequest, owner?: string): Refused {
    const scheme = request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
    const realm = `${scheme}://${request.headers.host}/v2/token`;
    const isBasicToo = options.requireSignIn || (owner !== undefined && hidden.has(owner));
    const bearer = `Bearer realm="${realm}",service="container_registry",scope="*"`;
    const basic = isBasicToo ? ['Basic realm="Gitea Container Registry"'] : [];
    return refuse('gitea', { 'WWW-Authenticate': [bearer, ...basic] });
  }

  function admit(request: LoggedRequest, need: Need): Viewer | Refused {
    const owner = need.kind === 'repository' ? ownerOf(need.name).toLowerCase() : undefined;
    const doer = doerOf(request);
    const isStranger = doer === undefined || (options.requireSignIn && doer.kind === 'ghost');
    if (isStranger) return challenge(request, owner);
    const canSee = (repository: string) => isOpenTo(doer, ownerOf(repository), hidden);
    if (need.kind === 'repository' && !(hasPackageScope(doer) && canSee(need.name.toLowerCase()))) {
      return { kind: 'refused', reply: refusePackage() };
    }
    return { kind: 'viewer', canSee };
  }

  function replyToken(request: LoggedRequest): Reply {
    const doer = doerOf(request);
    const user = doer?.kind === 'user' ? doer.user : undefined;
    const isWrong = request.authorization !== undefined && user === undefined;
    const isUnscoped = user !== undefined && !hasPackageScope({ kind: 'user', user });
    if (isWrong || isUnscoped || (user === undefined && options.requireSignIn)) return challenge(request).reply;
    const token = `eyJnaXRlYSI6${createHash('sha256').update(`jwt ${issued.size}`).digest('hex')}`;
    issued.set(token, {
      doer: user ? { kind: 'user', user } : { kind: 'ghost' },
      expiresAt: clock() + lifetimeSeconds * 1000,
    });
    return jsonReply(200, { token }, { 'Content-Type': 'application/json;charset=utf-8' });
  }

  return {
    admit,
    tokens: {
      reply: replyToken,
      redeem: () => undefined,
      expireTokens: () => {
        for (const [token, { doer }] of issued) issued.set(token, { doer, expiresAt: 0 });
      },
    },
    addUser: (user) => void users.set(user.name, user),
    removeUser: (name) => void users.delete(name),
    hideOwner: (owner) => void hidden.add(owner),
  };
}

function isOpenTo(doer: Doer, owner: string, hidden: ReadonlySet<string>): boolean {
  return !hidden.has(owner) || (doer.kind === 'user' && isLetIn(doer.user, owner));
}

function hasPackageScope(doer: Doer): boolean {
  if (doer.kind === 'ghost') return true;
  const scopes = doer.user.scopes ?? ['read:package'];
  return ['read:package', 'write:package', 'all'].some((each) => scopes.includes(each));
}

/** Even with a valid token, and again after each new one: a client must not go on asking. */
function refusePackage(): Reply {
  return textReply(401, 'reqPackageAccess\n', { 'WWW-Authenticate': 'Basic realm="Gitea Package API"' });
}
