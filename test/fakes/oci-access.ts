import { refuseOci, type OciFlavour } from './oci-flavours.ts';
import {
  createTokenService,
  TOKEN_SERVICE_NAME,
  type OciUser,
  type TokenService,
  type TokenServiceOptions,
} from './oci-tokens.ts';
import { parseAuthorization, type LoggedRequest, type Reply, type ReplyHeaders } from './replies.ts';

export type OciAuth = 'open' | 'basic' | 'bearer';

export type Need =
  { readonly kind: 'base' } | { readonly kind: 'catalog' } | { readonly kind: 'repository'; readonly name: string };

export interface Viewer {
  readonly kind: 'viewer';
  canSee(repository: string): boolean;
}

export interface Refused {
  readonly kind: 'refused';
  readonly reply: Reply;
}

export interface OciAccess {
  admit(request: LoggedRequest, need: Need): Viewer | Refused;
  readonly tokens: TokenService;
  addUser(user: OciUser): void;
  removeUser(name: string): void;
  /** Makes everything of an owner (the first segment of a name) private. */
  hideOwner(owner: string): void;
}

export interface OciAccessOptions {
  readonly flavour: OciFlavour;
  readonly auth: OciAuth;
  /** zot: whether reading needs no credentials though users are configured (default true). */
  readonly anonymousRead?: boolean;
  readonly users?: readonly OciUser[];
  readonly privateOwners?: readonly string[];
  readonly tokens?: TokenServiceOptions;
  /** Where the challenge sends clients for a token. */
  readonly realm: () => string;
}

export function ownerOf(repository: string): string {
  return repository.split('/')[0] ?? repository;
}

const seesEverything: Viewer = { kind: 'viewer', canSee: () => true };

export function createOciAccess(options: OciAccessOptions): OciAccess {
  const users = new Map((options.users ?? []).map((each) => [each.name, each]));
  const hidden = new Set(options.privateOwners ?? []);
  const directory: Directory = {
    findUser: (name, password) => {
      const user = users.get(name);
      return user?.password === password ? user : undefined;
    },
    canSee: (user, repository) => !hidden.has(ownerOf(repository)) || isLetIn(user, ownerOf(repository)),
  };
  const tokens = createTokenService({ ...options.tokens, ...directory });
  const admitters: Readonly<Record<OciAuth, OciAccess['admit']>> = {
    open: () => seesEverything,
    basic: (request, need) => admitBasic(options, { directory, request, need }),
    bearer: (request, need) => admitBearer(options, { tokens, request, need }),
  };
  return {
    tokens,
    admit: admitters[options.auth],
    addUser: (user) => void users.set(user.name, user),
    removeUser: (name) => void users.delete(name),
    hideOwner: (owner) => void hidden.add(owner),
  };
}

interface Directory {
  readonly findUser: (name: string, password: string) => OciUser | undefined;
  readonly canSee: (user: OciUser | undefined, repository: string) => boolean;
}

export function isLetIn(user: OciUser | undefined, owner: string): boolean {
  const sees = user === undefined ? 'public' : (user.sees ?? 'all');
  return sees === 'all' || (sees !== 'public' && sees.includes(owner));
}

interface BasicCall {
  readonly directory: Directory;
  readonly request: LoggedRequest;
  readonly need: Need;
}

/** htpasswd: whoever is in the file sees everything. zot also lets strangers read, and challenges on a 200. */
function admitBasic(options: OciAccessOptions, { directory, request }: BasicCall): Viewer | Refused {
  const authorization = parseAuthorization(request.authorization);
  const isAnonymousEnough = options.flavour === 'zot' && (options.anonymousRead ?? true);
  if (authorization.scheme === 'none' && isAnonymousEnough) return seesEverything;
  const user =
    authorization.scheme === 'basic' ? directory.findUser(authorization.username, authorization.password) : undefined;
  return user === undefined ? refuse(options.flavour, { 'WWW-Authenticate': 'Basic realm="test"' }) : seesEverything;
}

interface BearerCall {
  readonly tokens: TokenService;
  readonly request: LoggedRequest;
  readonly need: Need;
}

/** Refused before it is told whether the repository is there: 404 is only for those who may look. */
function admitBearer(options: OciAccessOptions, { tokens, request, need }: BearerCall): Viewer | Refused {
  const scope = scopeOf(need);
  const challenge = (error?: string) => {
    const parts = [
      `Bearer realm="${options.realm()}"`,
      `service="${TOKEN_SERVICE_NAME}"`,
      ...(scope === undefined ? [] : [`scope="${scope}"`]),
      ...(error === undefined ? [] : [`error="${error}"`]),
    ];
    return refuse(options.flavour, { 'WWW-Authenticate': parts.join(',') });
  };
  const authorization = parseAuthorization(request.authorization);
  if (authorization.scheme !== 'bearer') return challenge();
  const grant = tokens.redeem(authorization.secret);
  if (grant === undefined) return challenge('invalid_token');
  if (scope !== undefined && !grant.scopes.includes(scope)) return challenge('insufficient_scope');
  return seesEverything;
}

/** The challenge of /v2/ itself names no scope. */
function scopeOf(need: Need): string | undefined {
  switch (need.kind) {
    case 'base':
      return undefined;
    case 'catalog':
      return 'registry:catalog:*';
    case 'repository':
      return `repository:${need.name}:pull`;
  }
}

export function refuse(flavour: OciFlavour, headers: ReplyHeaders): Refused {
  return { kind: 'refused', reply: refuseOci(flavour, { status: 401, code: 'UNAUTHORIZED', headers }) };
}
