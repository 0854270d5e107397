import type { GiteaState, Organization, Repository } from './gitea-world.ts';
import { parseAuthorization } from './replies.ts';

export interface TokenSpec {
  readonly token: string;
  /** `read:repository`, `write:repository`, `all`, `public-only`, …; without it the three that a crawl needs. */
  readonly scopes?: readonly string[];
  /** Whose private things the token's user is let into: of every organization (default), of these, or none's. */
  readonly sees?: 'all' | 'public' | readonly string[];
  /** Whether the user may write what it sees; default: whether the token may. */
  readonly writes?: boolean;
}

export interface Caller {
  readonly isSignedIn: boolean;
  /** `has('read:repository')`; true for callers without a token, whose reach is visibility's business. */
  has(scope: string): boolean;
  readonly scopes: readonly string[];
  canSeeOrganization(organization: Organization): boolean;
  canSeeRepository(repository: Repository): boolean;
  /** What the user may; the token can still be for less. */
  canWrite(repository: Repository): boolean;
  /** Drafts are listed for those who may write releases, with a token that may. */
  canListDrafts(repository: Repository): boolean;
}

export interface GiteaAccess {
  addToken(spec: TokenSpec): void;
  revokeToken(token: string): void;
  /** REQUIRE_SIGNIN_VIEW */
  requireSignIn(isRequired?: boolean): void;
  readonly isSignInRequired: boolean;
  /** `refused`: credentials that are wrong are refused even where none are needed. */
  identify(authorization: string | undefined): Caller | 'refused';
}

const CRAWL_SCOPES = ['read:organization', 'read:repository', 'read:package'];

export function createGiteaAccess(state: GiteaState): GiteaAccess {
  const tokens = new Map<string, TokenSpec>();
  let isSignInRequired = false;
  return {
    addToken: (spec) => void tokens.set(spec.token, spec),
    revokeToken: (token) => void tokens.delete(token),
    requireSignIn(isRequired = true) {
      isSignInRequired = isRequired;
    },
    get isSignInRequired() {
      return isSignInRequired;
    },
    identify(authorization) {
      const secrets = secretsIn(authorization);
      if (secrets.length === 0) return callerOf(state, undefined);
      const spec = secrets.map((secret) => tokens.get(secret)).find((each) => each !== undefined);
      return spec === undefined ? 'refused' : callerOf(state, spec);
    },
  };
}

/** `token X` and `Bearer X` are the same; Basic takes the token as the password of any user, or as the user name. */
function secretsIn(header: string | undefined): readonly string[] {
  const authorization = parseAuthorization(header);
  switch (authorization.scheme) {
    case 'token':
    case 'bearer':
      return [authorization.secret];
    case 'basic': {
      const { username, password } = authorization;
      return password === '' || password === 'x-oauth-basic' ? [username] : [password];
    }
    case 'none':
    case 'other':
      return [];
  }
}

function callerOf(state: GiteaState, spec: TokenSpec | undefined): Caller {
  const scopes = spec?.scopes ?? CRAWL_SCOPES;
  const sees = spec === undefined ? 'public' : (spec.sees ?? 'all');
  const has = (scope: string) =>
    spec === undefined ||
    scopes.includes('all') ||
    scopes.includes(scope) ||
    scopes.includes(scope.replace(/^read:/, 'write:'));
  const isMember = (owner: string) => sees === 'all' || (sees !== 'public' && sees.includes(owner));
  const canSeeOrganization = ({ name, visibility }: Organization) =>
    visibility === 'public' || isMember(name) || (visibility === 'limited' && spec !== undefined);
  const canSeeRepository = (repository: Repository) => {
    const organization = state.findOrganization(repository.owner);
    if (organization === undefined || !canSeeOrganization(organization)) return false;
    return !repository.private || (isMember(repository.owner) && !scopes.includes('public-only'));
  };
  const canWrite = ({ owner }: Repository) =>
    spec !== undefined && isMember(owner) && (spec.writes ?? has('write:repository'));
  return {
    isSignedIn: spec !== undefined,
    has,
    scopes,
    canSeeOrganization,
    canSeeRepository,
    canWrite,
    canListDrafts: (repository) => canWrite(repository) && has('write:repository'),
  };
}
