import { afterEach, describe, expect, test } from 'vitest';
import { startFakeOci, type FakeOci, type FakeOciOptions } from './oci.ts';

const REPOSITORY = 'exts/tool-taskserv';
const SCOPE = `repository:${REPOSITORY}:pull`;
const BOT = { name: 'bot', password: 'secret' };

let oci: FakeOci;

afterEach(() => oci.close());

async function start(options: FakeOciOptions): Promise<void> {
  oci = await startFakeOci(options);
  oci.pushArtifact(REPOSITORY, '1.0.0', { layers: [{ title: 'tool', content: 'bytes' }] });
  oci.pushArtifact('secret/tool', '1.0.0', { layers: [{ title: 'tool', content: 'bytes' }] });
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${oci.url}/v2/${path}`, { headers });
const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });

interface TokenReply {
  readonly token?: string;
  readonly access_token?: string;
  readonly expires_in?: number;
}

async function fetchToken(scope: string, headers: Record<string, string> = {}): Promise<TokenReply> {
  const service = oci.tokenService ?? oci;
  const query = new URLSearchParams({ service: 'registry.test', scope });
  return (await (await fetch(`${service.url}/v2/token?${query.toString()}`, { headers })).json()) as TokenReply;
}

async function bearer(scope: string, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  return { authorization: `Bearer ${(await fetchToken(scope, headers)).token}` };
}

async function challengeOf(path: string, headers: Record<string, string> = {}) {
  const response = await get(path, headers);
  return [response.status, response.headers.get('www-authenticate')];
}

describe('Basic', () => {
  test('of a distribution lets in whoever is in the file', async () => {
    await start({ auth: 'basic', users: [BOT] });
    expect(await challengeOf('')).toEqual([401, 'Basic realm="test"']);
    expect(await challengeOf('', basic('bot', 'guess'))).toEqual([401, 'Basic realm="test"']);
    expect(await challengeOf('secret/tool/tags/list', basic('bot', 'secret'))).toEqual([200, null]);
    oci.removeUser('bot');
    expect(await challengeOf('', basic('bot', 'secret'))).toEqual([401, 'Basic realm="test"']);
  });

  test('of a zot challenges on the 200 that it gives to strangers', async () => {
    await start({ flavour: 'zot', auth: 'basic', users: [BOT] });
    expect(await challengeOf('')).toEqual([200, 'basic realm=test']);
    expect(await challengeOf(`${REPOSITORY}/tags/list`)).toEqual([200, null]);
    const wrong = await get(`${REPOSITORY}/tags/list`, basic('bot', 'guess'));
    // A bare object, no `errors`.
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { code: 'UNAUTHORIZED' }]);
  });

  test('of a zot without anonymous reading refuses strangers', async () => {
    await start({ flavour: 'zot', auth: 'basic', users: [BOT], anonymousRead: false });
    expect(await challengeOf('')).toEqual([401, 'Basic realm="test"']);
  });
});

describe('Bearer', () => {
  test.each([
    ['', ''],
    ['_catalog', ',scope="registry:catalog:*"'],
    [`${REPOSITORY}/tags/list`, `,scope="${SCOPE}"`],
    ['exts/missing/tags/list', ',scope="repository:exts/missing:pull"'],
  ])('challenges /v2/%s with "%s"', async (path, scope) => {
    await start({ auth: 'bearer' });
    expect(await challengeOf(path)).toEqual([
      401,
      `Bearer realm="${oci.url}/v2/token",service="registry.test"${scope}`,
    ]);
  });

  test('takes a token for its scope only, and knows a missing repository only with its scope', async () => {
    await start({ auth: 'bearer', users: [BOT] });
    const headers = await bearer(SCOPE, basic('bot', 'secret'));
    expect((await get(`${REPOSITORY}/tags/list`, headers)).status).toBe(200);
    const [status, challenge] = await challengeOf('_catalog', headers);
    expect([status, challenge]).toEqual([
      401,
      expect.stringMatching(/scope="registry:catalog:\*",error="insufficient_scope"$/),
    ]);
    expect((await get('exts/missing/tags/list', await bearer('repository:exts/missing:pull'))).status).toBe(404);
  });

  test('gives a stranger what is public, without a word about the rest', async () => {
    await start({ auth: 'bearer', privateOwners: ['secret'], users: [BOT, { ...BOT, name: 'outsider', sees: [] }] });
    const scope = 'repository:secret/tool:pull';
    expect((await get(`${REPOSITORY}/tags/list`, await bearer(SCOPE))).status).toBe(200);
    for (const headers of [{}, basic('outsider', 'secret')]) {
      expect((await get('secret/tool/tags/list', await bearer(scope, headers))).status).toBe(401);
    }
    expect((await get('secret/tool/tags/list', await bearer(scope, basic('bot', 'secret')))).status).toBe(200);
  });

  test.each([
    [{}, ['token', 'access_token']],
    [{ field: 'token' }, ['token']],
    [{ field: 'access_token', expiresInSeconds: 60 }, ['access_token', 'expires_in']],
  ] as const)('with the token options %j replies %j', async (tokens, fields) => {
    await start({ auth: 'bearer', tokens });
    expect(Object.keys(await fetchToken(SCOPE))).toEqual(fields);
  });

  test('refuses wrong passwords, and strangers when told', async () => {
    await start({ auth: 'bearer', users: [BOT], tokens: { anonymous: false } });
    expect(await challengeOf('token?service=registry.test', basic('bot', 'guess'))).toEqual([
      401,
      'Basic realm="registry.test"',
    ]);
    expect((await get('token?service=registry.test')).status).toBe(401);
    // A client that forgot the service has not read the challenge.
    expect((await get('token')).status).toBe(400);
    expect(oci.unexpected).toMatchObject([{ path: '/v2/token' }]);
  });

  test('lets tokens expire by the clock or at once, and can grant less than was asked', async () => {
    let now = 0;
    await start({ auth: 'bearer', tokens: { lifetimeSeconds: 60, clock: () => now } });
    const headers = await bearer(SCOPE);
    now = 60_000;
    expect((await challengeOf(`${REPOSITORY}/tags/list`, headers))[1]).toContain('error="invalid_token"');
    const fresh = await bearer(SCOPE);
    expect((await get(`${REPOSITORY}/tags/list`, fresh)).status).toBe(200);
    oci.expireTokens();
    expect((await get(`${REPOSITORY}/tags/list`, fresh)).status).toBe(401);
    await oci.close();
    await start({ auth: 'bearer', tokens: { grants: () => false } });
    expect((await challengeOf(`${REPOSITORY}/tags/list`, await bearer(SCOPE)))[1]).toContain('insufficient_scope');
  });

  test('can have its token service on another origin', async () => {
    await start({ auth: 'bearer', tokenServiceElsewhere: true });
    expect((await challengeOf(''))[1]).toContain(`realm="${oci.tokenService!.url}/v2/token"`);
    expect((await get(`${REPOSITORY}/tags/list`, await bearer(SCOPE))).status).toBe(200);
    expect(oci.tokenService!.requests).toMatchObject([{ path: '/v2/token', status: 200 }]);
  });
});

describe('a gitea', () => {
  const realm = () => `Bearer realm="${oci.url}/v2/token",service="container_registry",scope="*"`;

  test('challenges with its realm, and for owners that are not public in a second header', async () => {
    await start({ flavour: 'gitea', privateOwners: ['secret'] });
    expect(await challengeOf('')).toEqual([401, realm()]);
    expect(await challengeOf('secret/tool/tags/list')).toEqual([
      401,
      `${realm()}, Basic realm="Gitea Container Registry"`,
    ]);
  });

  test('gives strangers a token under `token` alone, with which they see what is public', async () => {
    await start({ flavour: 'gitea', privateOwners: ['secret'] });
    const reply = (await (await get('token')).json()) as TokenReply;
    expect(Object.keys(reply)).toEqual(['token']);
    const headers = { authorization: `Bearer ${reply.token}` };
    expect(await (await get('_catalog', headers)).json()).toEqual({ repositories: [REPOSITORY] });
    const refused = await get('secret/tool/tags/list', headers);
    expect([refused.status, refused.headers.get('www-authenticate'), await refused.text()]).toEqual([
      401,
      'Basic realm="Gitea Package API"',
      'reqPackageAccess\n',
    ]);
    oci.expireTokens();
    expect((await get('_catalog', headers)).status).toBe(401);
  });

  test('takes an access token as a Basic password of any user, and never as a Bearer token', async () => {
    await start({ flavour: 'gitea', privateOwners: ['secret'], users: [BOT] });
    expect((await get('secret/tool/tags/list', basic('whoever', 'secret'))).status).toBe(200);
    expect((await get('secret/tool/tags/list', basic('secret', ''))).status).toBe(200);
    expect((await get('_catalog', { authorization: 'Bearer secret' })).status).toBe(401);
    expect((await get('token', basic('bot', 'guess'))).status).toBe(401);
  });

  test('gives nothing to an access token without read:package', async () => {
    await start({ flavour: 'gitea', users: [{ ...BOT, scopes: ['read:repository'] }] });
    expect((await get('token', basic('bot', 'secret'))).status).toBe(401);
    expect((await get(`${REPOSITORY}/tags/list`, basic('bot', 'secret'))).status).toBe(401);
  });

  test('that wants everybody signed in gives strangers no token', async () => {
    await start({ flavour: 'gitea', requireSignIn: true, users: [BOT] });
    expect(await challengeOf('token')).toEqual([401, `${realm()}, Basic realm="Gitea Container Registry"`]);
    expect((await get('token', basic('bot', 'secret'))).status).toBe(200);
  });
});
