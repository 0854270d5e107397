import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface IssuerAccount {
  username: string;
  password: string;
  /** What this account may do: `pull`, `push`, `delete`; `*` is the catalog's action. */
  actions: readonly string[];
}

export interface IssuerOptions {
  service: string;
  issuer: string;
  accounts: readonly IssuerAccount[];
}

export interface TokenRequest {
  username: string | undefined;
  service: string | null;
  scopes: string[];
  status: number;
}

export interface TokenIssuer {
  /** The `realm` of the challenge. */
  realm: string;
  /** The public key as JWKS (RFC 7517), for the registry. */
  jwks: { keys: object[] };
  /** Every request so far, oldest first. */
  requests: TokenRequest[];
  /** How long the next tokens live; negative makes tokens that are expired already (distribution allows 60 s of leeway). */
  lifetimeSeconds: number;
  /** Namespaces whose repositories nobody may pull from now on. */
  denied: Set<string>;
  /** The `expires_in` of the next replies where it is to differ from `lifetimeSeconds`. */
  statedLifetimeSeconds: number | undefined;
  close: () => Promise<void>;
}

interface Access {
  type: string;
  name: string;
  actions: string[];
}

const ANONYMOUS: IssuerAccount = { username: '', password: '', actions: [] };

/**
 * A real issuer of registry tokens: GET with Basic, `service` and repeated `scope`, answers an ES256 JWT.
 * As the specification allows, it grants less than was asked without an error.
 * Source: distribution's docs/content/spec/auth/token.md and jwt.md.
 */
export async function startTokenIssuer(options: IssuerOptions): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyId = randomUUID();
  const signJwt = (claims: object): string => {
    const parts = [{ typ: 'JWT', alg: 'ES256', kid: keyId }, claims].map((part) => base64url(JSON.stringify(part)));
    // JWS wants the two raw numbers, not the ASN.1 that OpenSSL makes by default (RFC 7518 section 3.4).
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return [...parts, signature.toString('base64url')].join('.');
  };

  const server = createServer((request, response) => answer(request, response));
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { searchParams } = new URL(request.url ?? '/', 'http://issuer');
    const credentials = basicCredentials(request.headers.authorization);
    const account = findAccount(options.accounts, credentials);
    const scopes = searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    const status = account === undefined ? 401 : 200;
    issuer.requests.push({ username: credentials?.username, service: searchParams.get('service'), scopes, status });
    response.writeHead(status, { 'content-type': 'application/json' });
    if (account === undefined) response.end('{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}');
    else response.end(JSON.stringify(grant(account, scopes)));
  };
  const grant = (account: IssuerAccount, scopes: readonly string[]): object => {
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + issuer.lifetimeSeconds;
    const token = signJwt({
      iss: options.issuer,
      aud: options.service,
      sub: account.username,
      exp: expiresAt,
      nbf: Math.min(issuedAt, expiresAt) - 1,
      iat: issuedAt,
      jti: randomUUID(),
      access: scopes
        .map((scope) => allowedAccess(account, scope))
        .filter(({ name, actions }) => actions.length > 0 && !issuer.denied.has(name.split('/')[0] ?? '')),
    });
    return { token, expires_in: issuer.statedLifetimeSeconds ?? issuer.lifetimeSeconds };
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer: TokenIssuer = {
    realm: `http://localhost:${(server.address() as AddressInfo).port}/token`,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }] },
    requests: [],
    lifetimeSeconds: 300,
    denied: new Set(),
    statedLifetimeSeconds: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function basicCredentials(header: string | undefined): { username: string; password: string } | undefined {
  const encoded = /^basic (?<encoded>.+)$/i.exec(header ?? '')?.groups?.['encoded'];
  if (encoded === undefined) return undefined;
  const [username = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  return { username, password: rest.join(':') };
}

/** Nobody's credentials are an anonymous client; wrong ones are nobody. */
function findAccount(
  accounts: readonly IssuerAccount[],
  credentials: { username: string; password: string } | undefined,
): IssuerAccount | undefined {
  if (credentials === undefined) return ANONYMOUS;
  return accounts.find(
    ({ username, password }) => username === credentials.username && password === credentials.password,
  );
}

/** `repository:exts/tool:pull,push` cut down to what the account may do. */
function allowedAccess(account: IssuerAccount, scope: string): Access {
  const firstColon = scope.indexOf(':');
  const lastColon = scope.lastIndexOf(':');
  const asked = scope.slice(lastColon + 1).split(',');
  return {
    type: scope.slice(0, firstColon),
    name: scope.slice(firstColon + 1, lastColon),
    actions: asked.filter((action) => account.actions.includes(action)),
  };
}
