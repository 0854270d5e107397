import type { Readable } from 'node:stream';
import type { OciSource } from '../../model/source-config.ts';
import { parseChallenges, type Challenge } from '../../http/challenge.ts';
import type { HttpClient } from '../../http/client.ts';
import { basicAuthorization, bearerAuthorization, forOrigin } from '../../http/credentials.ts';
import { requestUrl, type HttpRequest, type HttpResponse } from '../../http/exchange.ts';
import { statusError } from '../../http/status.ts';
import { RegistryError } from '../../model/errors.ts';
import { validateToken } from './wire.ts';

/** What is known of how a registry wants to be asked; it learns from the challenges that it is given. */
export interface Authentication {
  /** The Authorization field for a scope, as far as one is known before asking. */
  authorizationFor(scope: string, signal: AbortSignal): Promise<string | undefined>;
  /** Learns from a 401. @returns whether another try makes sense @throws RegistryError `auth` */
  learn(field: string | string[] | undefined, refused: Refused): Promise<boolean>;
}

export interface Refused {
  scope: string;
  /** What was sent. */
  authorization: string | undefined;
  signal: AbortSignal;
}

interface Token {
  authorization: string;
  /** Milliseconds since 1970. */
  renewAt: number;
}

/** Where tokens come from, once a challenge has said so. */
interface TokenService {
  realm: URL;
  service: string | undefined;
  /** The scope that the registry asks for whatever is read, such as Gitea's `*`; undefined where it asks for the very one. */
  fixedScope: string | undefined;
}

/** Without expires_in a token lives a minute (token specification); it is renewed after four fifths of its life. */
const DEFAULT_LIFE_SECONDS = 60;
const USED_LIFE = 0.8;
const MAX_TOKEN_BYTES = 256 * 1024;

export function createAuthentication(config: OciSource, http: HttpClient, now: () => number): Authentication {
  const direct = directAuthorization(config);
  let basic: string | undefined;
  let tokens: TokenService | undefined;
  const cache = new Map<string, Promise<Token>>();

  const tokenFor = async (service: TokenService, scope: string, signal: AbortSignal): Promise<string> => {
    const wanted = service.fixedScope ?? scope;
    const cached = await cache.get(wanted)?.catch(() => undefined);
    if (cached !== undefined && cached.renewAt > now()) return cached.authorization;
    const fetched = fetchToken({ config, http, service, scope: wanted, signal, now });
    cache.set(wanted, fetched);
    return (await fetched).authorization;
  };

  return {
    authorizationFor: async (scope, signal) =>
      direct ?? basic ?? (tokens === undefined ? undefined : await tokenFor(tokens, scope, signal)),
    learn: async (field, { scope, authorization, signal }) => {
      // A second refusal with a credential of the kind that was asked for is final: no loop.
      if (direct !== undefined || basic !== undefined) return false;
      const challenges = parseChallenges(field);
      const bearer = challenges.find((each) => each.scheme === 'bearer' && each.parameters.has('realm'));
      if (bearer !== undefined) {
        const service = tokenServiceOf(bearer, scope, config);
        if (authorization !== undefined && tokens?.realm.href === service.realm.href) {
          if (tokens.fixedScope === service.fixedScope && !expired(bearer)) return false;
          cache.clear();
        }
        tokens = service;
        await tokenFor(service, scope, signal);
        return true;
      }
      const asksBasic = challenges.some((each) => each.scheme === 'basic');
      if (!asksBasic || config.username === undefined || config.secret === undefined) return false;
      basic = basicAuthorization(config.username, config.secret);
      return true;
    },
  };
}

export interface Asking {
  config: OciSource;
  authentication: Authentication;
  scope: string;
  request: HttpRequest;
}

/** A first try, the one that its challenge teaches, and one more for a token that expired meanwhile. */
const MAX_TRIES = 3;

/** Asks, and again where a 401 taught us how. */
export async function askAuthorized<T extends { status: number; headers: HttpResponse['headers']; body?: Readable }>(
  { config, authentication, scope, request }: Asking,
  ask: (request: HttpRequest) => Promise<T>,
): Promise<T> {
  const statuses = [...(request.statuses ?? [200]), 401];
  for (let tries = 1; ; tries += 1) {
    const { signal } = request;
    const authorization = await authentication.authorizationFor(scope, signal);
    const answer = await ask({ ...request, statuses, authorize: forOrigin(config.base.origin, authorization) });
    if (answer.status !== 401) return answer;
    answer.body?.destroy();
    const field = answer.headers['www-authenticate'];
    const learned = tries < MAX_TRIES && (await authentication.learn(field, { scope, authorization, signal }));
    if (!learned) throw statusError(401, `${config.name}: ${requestUrl(config, request).pathname}`, undefined);
  }
}

/** Without a user name the secret is itself the bearer token, sent unasked. */
function directAuthorization(config: OciSource): string | undefined {
  return config.secret !== undefined && config.username === undefined ? bearerAuthorization(config.secret) : undefined;
}

function expired(challenge: Challenge): boolean {
  return challenge.parameters.get('error') === 'invalid_token';
}

/**
 * A realm is whatever the answer says it is, so it is where passwords are stolen (CVE-2026-33540 in distribution): it
 * must be the registry itself or the service that the configuration names, unless we have no password to lose.
 */
function tokenServiceOf(challenge: Challenge, scope: string, config: OciSource): TokenService {
  const realm = URL.parse(challenge.parameters.get('realm') ?? '', config.base);
  if (realm === null || !['http:', 'https:'].includes(realm.protocol)) {
    throw new RegistryError(
      'auth',
      `${config.name}: the registry names no usable token service; see its configuration.`,
    );
  }
  const downgrade = config.base.protocol === 'https:' && realm.protocol === 'http:';
  const trusted = realm.origin === config.base.origin || realm.origin === config.tokenService;
  if (downgrade || (!trusted && config.username !== undefined)) {
    throw new RegistryError(
      'auth',
      `${config.name}: the registry sends us to the token service ${realm.origin}, which gets no password; ` +
        'if it is the right one, set [oci] token_service to it.',
    );
  }
  realm.username = '';
  realm.password = '';
  const asked = challenge.parameters.get('scope');
  return {
    realm,
    service: challenge.parameters.get('service'),
    fixedScope: asked === undefined || asked === scope ? undefined : asked,
  };
}

interface TokenRequest {
  config: OciSource;
  http: HttpClient;
  service: TokenService;
  scope: string;
  signal: AbortSignal;
  now: () => number;
}

async function fetchToken({ config, http, service, scope, signal, now }: TokenRequest): Promise<Token> {
  const url = new URL(service.realm);
  if (service.service !== undefined) url.searchParams.set('service', service.service);
  if (scope !== '') url.searchParams.set('scope', scope);
  const password =
    config.username === undefined || config.secret === undefined
      ? undefined
      : basicAuthorization(config.username, config.secret);
  const request = { url, signal, authorize: forOrigin(service.realm.origin, password) };
  const { value } = await http.fetchJson(request, MAX_TOKEN_BYTES, validateToken);
  const token = value.token ?? value.access_token;
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new RegistryError('auth', `${config.name}: the token service ${url.origin} gave no token; see its log.`);
  }
  const lifeMs = (value.expires_in ?? DEFAULT_LIFE_SECONDS) * 1_000;
  return { authorization: bearerAuthorization(token), renewAt: now() + lifeMs * USED_LIFE };
}
