import type { Readable } from 'node:stream';
import { parseChallenges, type Challenge } from '../../http/challenge.ts';
import type { HttpClient } from '../../http/client.ts';
import { basicAuthorization, bearerAuthorization, forOrigin } from '../../http/credentials.ts';
import { requestUrl, type HttpRequest, type HttpResponse } from '../../http/exchange.ts';
import { RegistryError } from '../../model/errors.ts';
import type { OciSource } from '../../model/source-config.ts';
import { createTokens, tokenServiceOf, type Attempt, type TokenService } from './tokens.ts';

/** What is known of how a registry wants to be asked; it learns from the challenges that it is given. */
export interface Authentication {
  /** What to begin with, as far as anything is known before asking. */
  first(scope: string, signal: AbortSignal): Promise<Attempt>;
  /** Learns from a 401. @returns what to try next, undefined when it is final @throws RegistryError `auth` */
  next(field: string | string[] | undefined, refused: Refused): Promise<Attempt | undefined>;
}

export interface Refused extends Attempt {
  scope: string;
  signal: AbortSignal;
}

const MAX_BASE_BYTES = 1024 * 1024;

export function createAuthentication(config: OciSource, http: HttpClient, now: () => number): Authentication {
  const direct = directAuthorization(config);
  const password = passwordAuthorization(config);
  const tokens = createTokens({ config, http, password, now });
  let service: TokenService | undefined;
  let asksBasic = false;
  let introduced = password === undefined;

  const learnService = (bearer: Challenge, scope: string): TokenService => {
    tokens.learnScope(scope, bearer);
    service = tokenServiceOf(bearer, config);
    return service;
  };

  /** zot that lets strangers read shows them less, and says only beside its 200 that there is more to be had. */
  const introduce = async (signal: AbortSignal): Promise<void> => {
    const request = { url: 'v2/', signal, statuses: [200, 401, 403, 404] };
    const { headers } = await http.fetchBytes(request, MAX_BASE_BYTES);
    const challenges = parseChallenges(headers['www-authenticate']);
    const bearer = bearerOf(challenges);
    if (bearer !== undefined) learnService(bearer, '');
    else asksBasic = isBasicAsked(challenges);
    introduced = true;
  };

  return {
    first: async (scope, signal) => {
      if (direct !== undefined) return { authorization: direct, fresh: true };
      if (!introduced) await introduce(signal);
      if (service !== undefined) return tokens.tokenFor(service, scope, { signal });
      return { authorization: asksBasic ? password : undefined, fresh: false };
    },
    next: async (field, { scope, authorization, fresh, signal }) => {
      if (direct !== undefined) return undefined;
      const challenges = parseChallenges(field);
      const bearer = bearerOf(challenges);
      if (bearer !== undefined) {
        const known = tokens.askedScope(scope);
        const asked = learnService(bearer, scope);
        const isSame = known === tokens.askedScope(scope);
        // The service may give less than was asked for, without a word: a fresh token that is refused is an answer.
        if (isSame && (fresh || bearer.parameters.get('error') === 'insufficient_scope')) return undefined;
        return tokens.tokenFor(asked, scope, { signal, refused: authorization });
      }
      if (!isBasicAsked(challenges) || password === undefined || authorization === password) return undefined;
      // Gitea names Basic where a token does not let us in; that is said of the one owner, not of the registry.
      asksBasic ||= service === undefined;
      return { authorization: password, fresh: true };
    },
  };
}

export interface Asking {
  config: OciSource;
  authentication: Authentication;
  scope: string;
  request: HttpRequest;
}

/** A first try, the one that its challenge teaches, and one more for a scope that only then is named. */
const MAX_TRIES = 3;

/** Asks, and again where a 401 taught us how. */
export async function askAuthorized<T extends { status: number; headers: HttpResponse['headers']; body?: Readable }>(
  { config, authentication, scope, request }: Asking,
  ask: (request: HttpRequest) => Promise<T>,
): Promise<T> {
  const { signal } = request;
  const statuses = [...(request.statuses ?? [200]), 401];
  let attempt = await authentication.first(scope, signal);
  for (let tries = 1; ; tries += 1) {
    const authorize = forOrigin(config.base.origin, attempt.authorization);
    const answer = await ask({ ...request, statuses, authorize });
    if (answer.status !== 401) return answer;
    answer.body?.destroy();
    const field = answer.headers['www-authenticate'];
    const next = tries < MAX_TRIES ? await authentication.next(field, { ...attempt, scope, signal }) : undefined;
    if (next === undefined) throw refusedError(config, requestUrl(config, request).pathname);
    attempt = next;
  }
}

function bearerOf(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find((each) => each.scheme === 'bearer' && each.parameters.has('realm'));
}

function isBasicAsked(challenges: readonly Challenge[]): boolean {
  return challenges.some((each) => each.scheme === 'basic');
}

/** Without a user name the secret is itself the bearer token, sent unasked. */
function directAuthorization({ secret, username }: OciSource): string | undefined {
  return secret !== undefined && username === undefined ? bearerAuthorization(secret) : undefined;
}

function passwordAuthorization({ secret, username }: OciSource): string | undefined {
  return secret === undefined || username === undefined ? undefined : basicAuthorization(username, secret);
}

function refusedError({ name, secret, username }: OciSource, path: string): RegistryError {
  const refuses = (what: string, remedy: string): string => `${name}: ${path} refuses ${what} (HTTP 401); ${remedy}.`;
  const message =
    secret === undefined
      ? refuses('us without a credential', 'set [oci] auth_token_path, and username where it is a password')
      : username === undefined
        ? refuses('the bearer token', 'where it is a password or an access token, set [oci] username too')
        : refuses('the user and password', 'see that they are right, not expired, and may read this');
  return new RegistryError('auth', message, { status: 401 });
}
