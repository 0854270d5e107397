import { startFakeServer, type FakeServer, type FakeServerOptions } from './fake-server.ts';
import { createGiteaAccess, type GiteaAccess } from './gitea-access.ts';
import { replyApi, type GiteaContext, type GiteaSettings } from './gitea-api.ts';
import { replyDownload } from './gitea-downloads.ts';
import { createGiteaWorld, type GiteaWorld, type OrganizationSpec } from './gitea-world.ts';
import { startObjectStore, type ObjectStore } from './object-store.ts';

export type { TokenSpec } from './gitea-access.ts';
export type {
  Asset,
  AssetSpec,
  Organization,
  OrganizationSpec,
  Release,
  ReleaseSpec,
  Repository,
  RepositorySpec,
  Visibility,
} from './gitea-world.ts';

export interface FakeGiteaOptions extends FakeServerOptions {
  readonly organizations?: readonly (string | OrganizationSpec)[];
  /** Default: a host name that is not the one called. `self`: the address it listens on. */
  readonly rootUrl?: 'self' | `${string}/`;
  readonly version?: string;
  readonly defaultLimit?: number;
  readonly maxLimit?: number;
  /** Attachments answer 303 to a pre-signed URL on another origin, `store`. */
  readonly serveDirect?: boolean;
  readonly requireSignIn?: boolean;
}

/** A Gitea 1.26.4 as far as a reader of releases sees it (each answer was compared with that of a real one). */
export interface FakeGitea
  extends FakeServer, GiteaWorld, Pick<GiteaAccess, 'addToken' | 'revokeToken' | 'requireSignIn'> {
  readonly rootUrl: string;
  /** The other origin, with a log of its own; only with `serveDirect`. */
  readonly store: ObjectStore | undefined;
}

export async function startFakeGitea(options: FakeGiteaOptions = {}): Promise<FakeGitea> {
  const { world, state } = createGiteaWorld();
  const access = createGiteaAccess(state);
  access.requireSignIn(options.requireSignIn ?? false);
  for (const each of options.organizations ?? []) {
    world.addOrganization(typeof each === 'string' ? { name: each } : each);
  }
  const store = options.serveDirect ? await startObjectStore(options.tls) : undefined;
  const settings = {
    rootUrl: 'http://git.example.test/',
    version: options.version ?? '1.26.4',
    defaultLimit: options.defaultLimit ?? 30,
    maxLimit: options.maxLimit ?? 50,
  };
  const context: GiteaContext = { state, access, settings: settings satisfies GiteaSettings };
  const server = await startFakeServer(
    (request) =>
      request.path.startsWith('/api/v1/') ? replyApi(context, request) : replyDownload(context, request, store),
    options,
  );
  if (options.rootUrl !== undefined) settings.rootUrl = options.rootUrl === 'self' ? `${server.url}/` : options.rootUrl;
  return {
    ...server,
    ...world,
    addToken: (spec) => access.addToken(spec),
    revokeToken: (token) => access.revokeToken(token),
    requireSignIn: (isRequired) => access.requireSignIn(isRequired),
    rootUrl: settings.rootUrl,
    store,
    async close() {
      await Promise.all([server.close(), store?.close()]);
    },
  };
}
