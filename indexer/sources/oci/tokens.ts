import type { Challenge } from '../../http/challenge.ts';
import type { HttpClient } from '../../http/client.ts';
import { bearerAuthorization, forOrigin } from '../../http/credentials.ts';
import { messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import type { OciSource } from '../../model/source-config.ts';
import { validateToken } from './wire.ts';

/** Where tokens come from, once a challenge has said so (distribution, "Token Authentication Specification"). */
export interface TokenService {
  realm: URL;
  service: string | undefined;
}

/** What a request shows of us. */
export interface Attempt {
  authorization: string | undefined;
  /** Whether it is a token that was made for this very request. */
  fresh: boolean;
}

interface Token {
  authorization: string;
  /** Milliseconds since 1970. */
  renewAt: number;
}

export interface TokensOptions {
  config: OciSource;
  http: HttpClient;
  /** The Authorization field for the token service, where we have a user and a password. */
  password: string | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface Tokens {
  /**
   * A token for a scope, from the last one that is still good.
   * @param options `refused`: the one that the registry has just refused, so it is not given again
   * @throws RegistryError `auth` when the service gives none; network errors
   */
  tokenFor(
    service: TokenService,
    scope: string,
    options: { signal: AbortSignal; refused?: string | undefined },
  ): Promise<Attempt>;
  /** The scope that the registry names when a scope of ours is needed; ours until it has named one. */
  askedScope(scope: string): string;
  learnScope(scope: string, challenge: Challenge): void;
}

/** Without expires_in a token lives a minute (token specification); it is renewed after four fifths of its life. */
const DEFAULT_LIFE_SECONDS = 60;
const USED_LIFE = 0.8;
const MAX_TOKEN_BYTES = 256 * 1024;

/** What the service answers that is about our access; it must not pass for an answer about a repository. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['auth', 'not_found', 'bad_answer', 'too_large', 'redirect']);

export function createTokens(options: TokensOptions): Tokens {
  const cache = new Map<string, Promise<Token>>();
  const named = new Map<string, string>();
  let everywhere: string | undefined;
  const askedScope = (scope: string): string => named.get(scope) ?? everywhere ?? scope;
  return {
    askedScope,
    learnScope: (scope, { parameters }) => {
      const asked = parameters.get('scope');
      if (asked === undefined) return;
      // Gitea names `*` whatever is read; what names a thing is said of the one request.
      if (asked.includes(':')) named.set(scope, asked);
      else everywhere = asked;
    },
    tokenFor: async (service, scope, { signal, refused }) => {
      const wanted = askedScope(scope);
      const key = `${service.realm.href} ${service.service ?? ''} ${wanted}`;
      for (let pending = cache.get(key); pending !== undefined; pending = cache.get(key)) {
        const { authorization, renewAt } = (await pending.catch(passRegistryError)) ?? SPENT;
        if (renewAt > options.now() && authorization !== refused) return { authorization, fresh: false };
        // Of all that wait, one deletes and fetches; the others find what it has put there.
        if (cache.get(key) === pending) cache.delete(key);
      }
      const fetching = fetchToken(options, { service, scope: wanted, signal });
      cache.set(key, fetching);
      const { authorization } = await fetching.catch((error: unknown) => {
        if (cache.get(key) === fetching) cache.delete(key);
        throw error;
      });
      return { authorization, fresh: true };
    },
  };
}

const SPENT: Token = { authorization: '', renewAt: -Infinity };

/** What is no error of ours is the abort of whoever began to fetch, which is no concern of the others who wait. */
function passRegistryError(error: unknown): undefined {
  if (error instanceof RegistryError) throw error;
  return undefined;
}

/**
 * A realm is whatever the answer says it is, so it is where passwords are stolen (CVE-2026-33540 in distribution) and
 * where requests are led astray: it must be the registry itself or the service that the configuration names.
 * @throws RegistryError `auth`
 */
export function tokenServiceOf(challenge: Challenge, config: OciSource): TokenService {
  const refuse = (why: string, remedy: string): RegistryError =>
    new RegistryError('auth', `${config.name}: the registry names ${why}; ${remedy}.`);
  const realm = URL.parse(challenge.parameters.get('realm') ?? '', config.base);
  if (realm === null || !['http:', 'https:'].includes(realm.protocol)) {
    throw refuse('no usable token service', 'see its configuration');
  }
  // Gitea guesses its scheme, and guesses wrong behind a gateway that does not send X-Forwarded-Proto.
  if (realm.host === config.base.host) realm.protocol = config.base.protocol;
  const subject = `the token service ${realm.origin}`;
  if (config.base.protocol === 'https:' && realm.protocol === 'http:') {
    throw refuse(`${subject}, where nothing is encrypted`, 'it must be reached by https, as the registry is');
  }
  const trusted = realm.origin === config.base.origin || realm.origin === config.tokenService;
  if (!trusted) {
    throw refuse(`${subject}, which is asked for nothing`, 'if it is the right one, set [oci] token_service to it');
  }
  realm.username = '';
  realm.password = '';
  realm.hash = '';
  return { realm, service: challenge.parameters.get('service') };
}

interface TokenRequest {
  service: TokenService;
  scope: string;
  signal: AbortSignal;
}

async function fetchToken(options: TokensOptions, { service, scope, signal }: TokenRequest): Promise<Token> {
  const { config, http, password, now } = options;
  const url = new URL(service.realm);
  if (service.service !== undefined) url.searchParams.set('service', service.service);
  if (scope !== '') url.searchParams.set('scope', scope);
  const request = { url, signal, authorize: forOrigin(url.origin, password) };
  const { value } = await http.fetchJson(request, MAX_TOKEN_BYTES, validateToken).catch((error: unknown) => {
    if (!(error instanceof RegistryError) || !REFUSALS.has(error.code)) throw error;
    throw noToken(config, url, error);
  });
  const token = value.token ?? value.access_token;
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw noToken(config, url);
  const lifeMs = (value.expires_in ?? DEFAULT_LIFE_SECONDS) * 1_000;
  return { authorization: bearerAuthorization(token), renewAt: now() + lifeMs * USED_LIFE };
}

function noToken({ name }: OciSource, { origin }: URL, cause?: unknown): RegistryError {
  const why = cause === undefined ? 'Its answer has none; see its log.' : messageOf(cause);
  return new RegistryError('auth', `${name}: the token service ${origin} gives no token. ${why}`, { cause });
}
