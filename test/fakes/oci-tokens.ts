import { createHash } from 'node:crypto';
import { jsonReply, parseAuthorization, textReply, type LoggedRequest, type Reply } from './replies.ts';

export interface OciUser {
  readonly name: string;
  /** For Gitea: the personal access token; it also works with any other user name. */
  readonly password: string;
  /** Whose private repositories the user is let into: every owner's (default), these, or none's. */
  readonly sees?: 'all' | 'public' | readonly string[];
  /** Gitea's token scopes; without `read:package` nothing is given. */
  readonly scopes?: readonly string[];
}

export interface TokenServiceOptions {
  /** The field(s) of the reply; Gitea has `token` only. */
  readonly field?: 'token' | 'access_token' | 'both';
  /** The announced life; undefined: not said (the specification then means 60 seconds). */
  readonly expiresInSeconds?: number;
  /** The real life (default: 300, Gitea's 86400). */
  readonly lifetimeSeconds?: number;
  /** Whether a caller without credentials gets a token (default true). */
  readonly anonymous?: boolean;
  /** May give less than was asked for, without a word. Default: what the user may see, and the catalog. */
  readonly grants?: (scope: string, user: OciUser | undefined) => boolean;
  /** Milliseconds; default Date.now. */
  readonly clock?: () => number;
}

export interface Grant {
  readonly user: OciUser | undefined;
  /** `repository:NAME:pull`, `registry:catalog:*` */
  readonly scopes: readonly string[];
}

export interface TokenService {
  reply(request: LoggedRequest): Reply;
  /** Undefined: unknown or expired. */
  redeem(token: string): Grant | undefined;
  /** Makes every token so far invalid. */
  expireTokens(): void;
}

export const TOKEN_SERVICE_NAME = 'registry.test';

export interface TokenServiceDependencies extends TokenServiceOptions {
  readonly findUser: (name: string, password: string) => OciUser | undefined;
  readonly canSee: (user: OciUser | undefined, repository: string) => boolean;
}

/** The token endpoint of a Bearer registry (distribution's docs/content/spec/auth/token.md). */
export function createTokenService(dependencies: TokenServiceDependencies): TokenService {
  const { findUser, clock = Date.now, lifetimeSeconds = 300 } = dependencies;
  const issued = new Map<string, Grant & { readonly expiresAt: number }>();
  let count = 0;

  function issue(user: OciUser | undefined, request: LoggedRequest): Reply {
    const asked = request.query.getAll('scope').flatMap((each) => each.split(' '));
    const scopes = asked.filter((scope) => isGranted(dependencies, scope, user));
    count += 1;
    const token = `eyJmYWtlIjoi${createHash('sha256').update(`token ${count}`).digest('hex')}`;
    issued.set(token, { user, scopes, expiresAt: clock() + lifetimeSeconds * 1000 });
    return jsonReply(200, tokenBody(dependencies, token));
  }

  return {
    reply(request) {
      if (request.query.get('service') !== TOKEN_SERVICE_NAME) {
        return { ...textReply(400, 'the service is not the one of the challenge\n'), unexpected: true };
      }
      const authorization = parseAuthorization(request.authorization);
      if (authorization.scheme === 'none' && dependencies.anonymous !== false) return issue(undefined, request);
      const user =
        authorization.scheme === 'basic' ? findUser(authorization.username, authorization.password) : undefined;
      return user === undefined ? refuseToken() : issue(user, request);
    },
    redeem(token) {
      const grant = issued.get(token);
      return grant === undefined || grant.expiresAt <= clock() ? undefined : grant;
    },
    expireTokens: () => issued.clear(),
  };
}

function isGranted({ grants, canSee }: TokenServiceDependencies, scope: string, user: OciUser | undefined): boolean {
  if (grants) return grants(scope, user);
  const [, repository] = /^repository:(.+):pull$/.exec(scope) ?? [];
  return repository === undefined ? scope === 'registry:catalog:*' : canSee(user, repository);
}

function tokenBody({ field = 'both', expiresInSeconds }: TokenServiceOptions, token: string): Record<string, unknown> {
  return {
    ...(field === 'access_token' ? {} : { token }),
    ...(field === 'token' ? {} : { access_token: token }),
    ...(expiresInSeconds === undefined ? {} : { expires_in: expiresInSeconds }),
  };
}

function refuseToken(): Reply {
  const value = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] };
  return jsonReply(401, value, { 'WWW-Authenticate': `Basic realm="${TOKEN_SERVICE_NAME}"` });
}
