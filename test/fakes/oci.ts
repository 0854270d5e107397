import { startFakeServer, type FakeServer, type FakeServerOptions } from './fake-server.ts';
import { startObjectStore, type ObjectStore } from './object-store.ts';
import {
  createOciAccess,
  ownerOf,
  type Need,
  type OciAccess,
  type OciAccessOptions,
  type OciAuth,
} from './oci-access.ts';
import { FLAVOURS, refuseOci, replyNoPage, type OciFlavour } from './oci-flavours.ts';
import { createGiteaOciAccess } from './oci-gitea-access.ts';
import { cutCatalog, listCatalog, listTags, type CatalogMode } from './oci-lists.ts';
import { replyBlob, replyManifest, replyReferrers, type ObjectCall } from './oci-objects.ts';
import { createOciWorld, type OciState, type OciWorld } from './oci-store.ts';
import { textReply, type LoggedRequest, type Reply } from './replies.ts';

export { MEDIA_TYPES, digestOf } from './oci-store.ts';
export type { CatalogMode } from './oci-lists.ts';
export type { OciAuth } from './oci-access.ts';
export type { OciFlavour } from './oci-flavours.ts';
export type { OciUser, TokenServiceOptions } from './oci-tokens.ts';
export type {
  Annotations,
  ArtifactSpec,
  Descriptor,
  ImageIndexSpec,
  LayerSpec,
  OciDigest,
  Platform,
  PushedIndex,
  PushedManifest,
} from './oci-store.ts';

export interface FakeOciOptions
  extends FakeServerOptions, Partial<Omit<OciAccessOptions, 'flavour' | 'realm' | 'auth'>> {
  /** Default `distribution`. */
  readonly flavour?: OciFlavour;
  /** Default `open`; Gitea's is always its own, zot's `basic` lets strangers read unless `anonymousRead` is false. */
  readonly auth?: OciAuth;
  readonly catalog?: CatalogMode;
  /** Blobs answer 307 to a pre-signed URL on another origin, `store`. */
  readonly redirectBlobs?: boolean;
  /** The token endpoint is on another origin, `tokenService`. */
  readonly tokenServiceElsewhere?: boolean;
  /** Gitea's REQUIRE_SIGNIN_VIEW */
  readonly requireSignIn?: boolean;
}

/** A registry as one of four real ones behaves (all but zot were compared answer by answer). */
export interface FakeOci extends FakeServer, OciWorld, Pick<OciAccess, 'addUser' | 'removeUser' | 'hideOwner'> {
  readonly flavour: OciFlavour;
  /** The other origins, each with a log of its own. */
  readonly store: ObjectStore | undefined;
  readonly tokenService: FakeServer | undefined;
  expireTokens(): void;
}

export async function startFakeOci(options: FakeOciOptions = {}): Promise<FakeOci> {
  const { flavour = 'distribution', auth = 'open' } = options;
  const { world, state } = createOciWorld();
  const store = options.redirectBlobs ? await startObjectStore(options.tls) : undefined;
  const realm = (): string => `${(tokenService ?? server).url}/v2/token`;
  const accessOptions = { ...options, flavour, auth, realm };
  const access = flavour === 'gitea' ? createGiteaOciAccess(accessOptions) : createOciAccess(accessOptions);
  const replyToken = (request: LoggedRequest) =>
    request.method === 'GET' && request.path === '/v2/token' ? access.tokens.reply(request) : undefined;
  const tokenService = options.tokenServiceElsewhere
    ? await startFakeServer(replyToken, { tls: options.tls })
    : undefined;
  const hasTokens = flavour === 'gitea' || (auth === 'bearer' && tokenService === undefined);
  const registry = { flavour, auth, access, state, store, catalog: options.catalog ?? 'served' };
  const server = await startFakeServer(
    (request) => (hasTokens ? replyToken(request) : undefined) ?? replyRegistry(registry, request),
    options,
  );
  return {
    ...server,
    ...world,
    flavour,
    store,
    tokenService,
    addUser: (user) => access.addUser(user),
    removeUser: (name) => access.removeUser(name),
    hideOwner: (owner) => access.hideOwner(owner),
    expireTokens: () => access.tokens.expireTokens(),
    async close() {
      await Promise.all([server.close(), store?.close(), tokenService?.close()]);
    },
  };
}

interface Registry {
  readonly flavour: OciFlavour;
  readonly auth: OciAuth;
  readonly access: OciAccess;
  readonly state: OciState;
  readonly store: ObjectStore | undefined;
  readonly catalog: CatalogMode;
}

function replyRegistry(registry: Registry, request: LoggedRequest): Reply | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const reply = route(registry, request);
  if (reply === undefined || !namesApiVersion(registry.flavour, request, reply)) return reply;
  return { ...reply, headers: { 'Docker-Distribution-Api-Version': 'registry/2.0', ...reply.headers } };
}

/** crane does on /v2/ alone, Gitea everywhere but in the plain text of what is not its registry. */
function namesApiVersion(flavour: OciFlavour, request: LoggedRequest, { headers }: Reply): boolean {
  if (flavour === 'crane') return /^\/v2\/?$/.test(request.path);
  return flavour !== 'gitea' || !String(headers?.['Content-Type']).startsWith('text/plain');
}

function route(registry: Registry, request: LoggedRequest): Reply | undefined {
  const { path, method } = request;
  if (path === '/v2/' || path === '/v2') return admitted(registry, request, { kind: 'base' }) ?? replyVersion(registry);
  const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/([^/]+)$/.exec(path) ?? [];
  const isList = path === '/v2/_catalog' || kind === 'tags' || kind === 'referrers';
  if (method === 'HEAD' && isList) return { status: 405, unexpected: true };
  if (path === '/v2/_catalog') return replyCatalog(registry, request);
  if (name === undefined || kind === undefined || reference === undefined) return undefined;
  // Not a route of distribution's, so not a matter of access either.
  if (registry.flavour === 'distribution' && (kind === 'referrers' || hasCapitals(name))) return replyNoPage();
  const need = { kind: 'repository', name } as const;
  return admitted(registry, request, need) ?? replyRepository(registry, { request, name, kind, reference });
}

/** The refusal, if there is one. */
function admitted({ access }: Registry, request: LoggedRequest, need: Need): Reply | undefined {
  const admission = access.admit(request, need);
  return admission.kind === 'refused' ? admission.reply : undefined;
}

/** zot that lets strangers read challenges on a 200, in lower case and without quotes. */
function replyVersion({ flavour, auth }: Registry): Reply {
  if (FLAVOURS[flavour].versionBody === 'object') {
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: Buffer.from('{}') };
  }
  const challenge = flavour === 'zot' && auth !== 'open' ? { 'WWW-Authenticate': 'basic realm=test' } : {};
  return { status: 200, headers: challenge, body: Buffer.alloc(0) };
}

function replyCatalog({ flavour, access, state, catalog }: Registry, request: LoggedRequest): Reply {
  if (typeof catalog === 'object' && 'refused' in catalog) {
    const headers = { 'WWW-Authenticate': 'Basic realm="test"' };
    return catalog.refused === 404 ? replyNoPage() : refuseOci(flavour, { status: 401, code: 'UNAUTHORIZED', headers });
  }
  const admission = access.admit(request, { kind: 'catalog' });
  if (admission.kind === 'refused') return admission.reply;
  const visible = [...state.values()].filter((each) => admission.canSee(each.name));
  return catalog === 'served'
    ? listCatalog({ flavour, request }, visible)
    : cutCatalog({ flavour, request }, visible, catalog.cutAt);
}

const hasCapitals = (text: string) => /[A-Z]/.test(text);

interface RepositoryCall {
  readonly request: LoggedRequest;
  readonly name: string;
  readonly kind: string;
  readonly reference: string;
}

function replyRepository({ flavour, state, store }: Registry, call: RepositoryCall): Reply | undefined {
  const { request, kind } = call;
  const refused = refuseName(flavour, state, call.name);
  if (refused) return refused;
  const repository = state.get(flavour === 'gitea' ? call.name.toLowerCase() : call.name);
  const reference = decodeURIComponent(call.reference);
  const objectCall: ObjectCall = { flavour, request, repository, reference, store };
  switch (kind) {
    case 'manifests':
      return replyManifest(objectCall);
    case 'blobs':
      return replyBlob(objectCall);
    case 'referrers':
      return replyReferrers(objectCall);
    default:
      if (reference !== 'list') return undefined;
      if (repository === undefined) return refuseOci(flavour, { status: 404, code: 'NAME_UNKNOWN' });
      return listTags({ flavour, request }, repository);
  }
}

/** Gitea folds the owner's case, and has no registry for an owner that it does not know. */
function refuseName(flavour: OciFlavour, state: OciState, name: string): Reply | undefined {
  if (flavour !== 'gitea') return undefined;
  const owner = ownerOf(name).toLowerCase();
  if (![...state.keys()].some((each) => ownerOf(each) === owner)) return textReply(404, 'Not found.\n');
  const image = name.slice(owner.length);
  return hasCapitals(image) ? refuseOci(flavour, { status: 400, code: 'NAME_INVALID' }) : undefined;
}
