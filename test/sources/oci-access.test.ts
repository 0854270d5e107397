import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import { ociConfig } from '../builders.ts';
import { startFakeServer } from '../fakes/fake-server.ts';
import type { Fault } from '../fakes/faults.ts';
import type { FakeOci, FakeOciOptions, TokenServiceOptions } from '../fakes/oci.ts';
import { jsonReply } from '../fakes/replies.ts';
import { bytesAt, codesOf, errorOf, list, openSource, soon, versionsOf } from './open-source.ts';
import { asked, pushExtension, sourceOf, startOci } from './oci-worlds.ts';

const USER = { name: 'reader', password: 'readpassword' };
const READER = { username: USER.name, secret: USER.password };
const NOON = Date.UTC(2026, 5, 1, 12);

async function startSecured(options: FakeOciOptions = {}): Promise<FakeOci> {
  const oci = await startOci({ auth: 'bearer', users: [USER], ...options });
  pushExtension(oci, 'acme/aws-provider', '1.0.0');
  return oci;
}

const tokensOf = (oci: FakeOci): string[] => asked(oci.tokenService ?? oci, /\/v2\/token/);

describe('a Basic challenge', () => {
  test('beside a 200 is answered: zot shows strangers less', async () => {
    const oci = await startSecured({ flavour: 'zot', auth: 'basic' });
    expect(versionsOf(await list(sourceOf(oci, READER)))).toEqual(['provider/aws@1.0.0']);
    const [introduction, ...rest] = oci.requests;
    expect([introduction!.path, introduction!.status, introduction!.authorization]).toEqual(['/v2/', 200, undefined]);
    expect(rest.map((each) => each.authorization?.split(' ')[0])).toEqual(rest.map(() => 'Basic'));
  });

  test('is not answered by who has no password', async () => {
    const oci = await startSecured({ auth: 'basic' });
    const error = await errorOf(list(sourceOf(oci)));
    expect(messageOf(error)).toContain('set [oci] auth_token_path, and username where it is a password');
    expect(oci.requests).toHaveLength(1);
  });

  test('is answered once with a wrong password', async () => {
    const oci = await startSecured({ auth: 'basic' });
    const error = await errorOf(sourceOf(oci, { ...READER, secret: 'guess' }).checkHealth(soon()));
    expect(messageOf(error)).toContain('refuses the user and password (HTTP 401)');
    expect(oci.requests.map((each) => each.authorization?.split(' ')[0])).toEqual([undefined, 'Basic']);
  });
});

describe('a secret without a user', () => {
  test('is sent unasked as a bearer token', async () => {
    const server = await startFakeServer((request) =>
      request.authorization === 'Bearer s3cret' ? jsonReply(200, { repositories: [] }) : jsonReply(401, {}),
    );
    onTestFinished(() => server.close());
    await openSource(ociConfig(server.url, { secret: 's3cret' })).checkHealth(soon());
    expect(server.requests.map((each) => each.status)).toEqual([200]);
  });

  test('that is refused is told with what it may be instead', async () => {
    const oci = await startSecured({ auth: 'basic' });
    const error = await errorOf(sourceOf(oci, { secret: USER.password }).checkHealth(soon()));
    expect(error).toMatchObject({ code: 'auth', status: 401 });
    expect(messageOf(error)).toContain('where it is a password or an access token, set [oci] username too');
    expect(oci.requests).toHaveLength(1);
  });
});

describe('two challenges', () => {
  const bearer = (oci: FakeOci) => `Bearer realm="${oci.url}/v2/token",service="registry.test"`;
  const basic = 'Basic realm="Gitea Container Registry"';
  test.each<{ title: string; fields: (oci: FakeOci) => string | string[] }>([
    { title: 'in one field', fields: (oci) => `${basic}, ${bearer(oci)}` },
    { title: 'in two', fields: (oci) => [bearer(oci), basic] },
  ])('are both read: $title', async ({ fields }) => {
    const oci = await startSecured();
    const headers = { 'WWW-Authenticate': fields(oci) };
    oci.misbehave({ match: /GET \/v2\/$/, fault: { kind: 'status', status: 401, headers } });
    expect(versionsOf(await list(sourceOf(oci, READER)))).toEqual(['provider/aws@1.0.0']);
  });

  test('of Gitea for a private owner let a member in, and nobody else', async () => {
    const oci = await startSecured({ flavour: 'gitea', privateOwners: ['acme'] });
    oci.addUser({ name: 'stranger', password: 'strangetoken', sees: 'public' });
    expect(versionsOf(await list(sourceOf(oci, READER)))).toEqual(['provider/aws@1.0.0']);
    oci.forget();
    for (const who of [{ username: 'stranger', secret: 'strangetoken' }, {}]) {
      expect(codeOf(await errorOf(list(sourceOf(oci, who))))).toBe('source_failed');
    }
    expect(oci.requests.length).toBeLessThan(12);
  });
});

describe('a token', () => {
  test.each<TokenServiceOptions>([{ field: 'token' }, { field: 'access_token' }, { field: 'both' }])(
    'is taken from the field that holds it: $field',
    async (tokens) => {
      const oci = await startSecured({ tokens });
      expect(versionsOf(await list(sourceOf(oci, READER)))).toEqual(['provider/aws@1.0.0']);
    },
  );

  test.each([
    { says: undefined, keptSeconds: 47, spentSeconds: 49 },
    { says: 300, keptSeconds: 239, spentSeconds: 241 },
  ])(
    'that lives $says seconds is renewed after four fifths of its life',
    async ({ says, keptSeconds, spentSeconds }) => {
      const oci = await startSecured({ tokens: says === undefined ? {} : { expiresInSeconds: says } });
      let nowMs = NOON;
      const source = sourceOf(oci, READER, () => nowMs);
      const { location } = (await list(source)).releases[0]!.assets[0]!;
      const before = tokensOf(oci).length;
      nowMs = NOON + keptSeconds * 1_000;
      await bytesAt(source, location);
      expect(tokensOf(oci)).toHaveLength(before);
      nowMs = NOON + spentSeconds * 1_000;
      await bytesAt(source, location);
      expect(tokensOf(oci)).toHaveLength(before + 1);
    },
  );

  // distribution says `invalid_token`, Gitea nothing.
  test.each(['distribution', 'gitea'] as const)('that is no longer good is renewed once at %s', async (flavour) => {
    const oci = await startSecured({ flavour });
    const source = sourceOf(oci, READER);
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    oci.expireTokens();
    oci.forget();
    expect((await bytesAt(source, location)).toString()).toBe('acme/aws-provider 1.0.0');
    expect(oci.requests.map((each) => [each.path.split('/')[2], each.status])).toEqual([
      ['acme', 401],
      ['token', 200],
      ['acme', 200],
    ]);
  });

  test('for less than was asked is not asked for again and again', async () => {
    const oci = await startSecured({ tokens: { grants: (scope) => scope === 'registry:catalog:*' } });
    expect(await errorOf(list(sourceOf(oci, READER)))).toMatchObject({ code: 'auth', status: 401 });
    expect(tokensOf(oci).length).toBeLessThanOrEqual(2);
    expect(asked(oci, /tags/)).toHaveLength(1);
  });

  test('for one repository of several that is not given is a finding', async () => {
    const oci = await startSecured({ tokens: { grants: (scope) => !scope.includes('redis') } });
    pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
    const listing = await list(sourceOf(oci, READER));
    expect([versionsOf(listing), codesOf(listing)]).toEqual([['provider/aws@1.0.0'], ['read_failed']]);
  });

  test('is asked for once however many wait for it', async () => {
    const oci = await startSecured({ flavour: 'gitea' });
    for (let number = 0; number < 20; number += 1) pushExtension(oci, `acme/ext${number}-provider`, '1.0.0');
    expect(versionsOf(await list(sourceOf(oci, READER)))).toHaveLength(21);
    expect(tokensOf(oci)).toHaveLength(1);
  });

  test('that one gives up waiting for is still given to the others', async () => {
    const oci = await startSecured({ flavour: 'gitea' });
    const source = sourceOf(oci, READER);
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    oci.forget();
    const { promise, resolve } = Promise.withResolvers<void>();
    oci.misbehave({ match: /token/, times: 1, fault: { kind: 'delay', until: promise } });
    const other = sourceOf(oci, READER);
    const abort = new AbortController();
    const first = errorOf(other.openAsset(location, { signal: abort.signal }));
    await expect.poll(() => tokensOf(oci)).toHaveLength(1);
    const second = bytesAt(other, location);
    // It has nothing to ask before it has a token.
    await new Promise((tick) => setImmediate(tick));
    abort.abort();
    expect(await first).toMatchObject({ name: 'AbortError' });
    resolve();
    expect((await second).toString()).toBe('acme/aws-provider 1.0.0');
  });
});

describe('the token service', () => {
  // CVE-2026-33540 (distribution), data-accelerator/dart#8: a realm is where passwords are stolen.
  test.each([
    { title: 'the password', who: READER },
    { title: 'nothing to lose', who: {} },
  ])(
    'CVE-2026-33540: on another origin is asked only where the configuration names it: by who has $title',
    async ({ who }) => {
      const oci = await startSecured({ tokenServiceElsewhere: true });
      const error = await errorOf(list(sourceOf(oci, who)));
      expect(codeOf(error)).toMatch(/^(?:auth|source_failed)$/);
      expect(messageOf(error)).toContain('if it is the right one, set [oci] token_service to it');
      expect(oci.tokenService!.requests).toEqual([]);
    },
  );

  test('on another origin gets the password where the configuration names it, and the registry never does', async () => {
    const oci = await startSecured({ tokenServiceElsewhere: true });
    const tokenService = oci.tokenService!.url;
    expect(versionsOf(await list(sourceOf(oci, { ...READER, tokenService })))).toEqual(['provider/aws@1.0.0']);
    expect(oci.tokenService!.requests.map((each) => each.authorization?.split(' ')[0])).toContain('Basic');
    expect(oci.requests.filter((each) => each.authorization?.startsWith('Basic'))).toEqual([]);
  });

  test('on another origin gives strangers a token where the configuration names it', async () => {
    const oci = await startSecured({ tokenServiceElsewhere: true });
    const tokenService = oci.tokenService!.url;
    expect(versionsOf(await list(sourceOf(oci, { tokenService })))).toEqual(['provider/aws@1.0.0']);
    expect(new Set(oci.tokenService!.requests.map((each) => each.authorization))).toEqual(new Set([undefined]));
  });

  test.each<{ title: string; fault: Fault }>([
    { title: 'a page', fault: { kind: 'garbage' } },
    { title: '404', fault: { kind: 'status', status: 404 } },
    { title: '500', fault: { kind: 'status', status: 500 } },
    { title: '403', fault: { kind: 'status', status: 403 } },
    { title: 'no token', fault: { kind: 'replaceJson', replace: () => ({}) } },
    { title: 'what no header can hold', fault: { kind: 'replaceJson', replace: () => ({ token: 'a\r\nb' }) } },
    { title: 'a way elsewhere', fault: { kind: 'redirect', status: 302, location: 'http://evil.example.test/' } },
  ])('that answers $title is lost access, and says nothing of a repository', async ({ fault }) => {
    const oci = await startSecured();
    const source = sourceOf(oci, { ...READER, repositories: ['aws-provider'] });
    const [release] = (await list(source)).releases;
    oci.misbehave({ match: /token/, fault });
    const broken = sourceOf(oci, { ...READER, repositories: ['aws-provider'] });
    for (const failing of [() => list(broken), () => broken.fetchRelease(release!, soon())]) {
      const error = await errorOf(failing());
      expect(error).toMatchObject({ code: 'auth' });
      expect(messageOf(error)).toContain('gives no token');
    }
  });

  test('that is down for a moment is asked again', async () => {
    const oci = await startSecured();
    oci.misbehave({ match: /token/, times: 2, fault: { kind: 'status', status: 503 } });
    expect(versionsOf(await list(sourceOf(oci, READER)))).toEqual(['provider/aws@1.0.0']);
  });
});

describe('what is kept elsewhere', () => {
  test('is fetched without a credential: blobs', async () => {
    const oci = await startSecured({ redirectBlobs: true });
    const source = sourceOf(oci, READER);
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    expect((await bytesAt(source, location)).toString()).toBe('acme/aws-provider 1.0.0');
    expect(oci.store!.requests.map((each) => [each.status, each.authorization])).toEqual([[200, undefined]]);
  });

  test('CVE-2026-50151, GHSA-vh4v-2xq2-g5cg: is fetched without a credential: manifests', async () => {
    const oci = await startSecured();
    const store = await startFakeServer(() => jsonReply(200, { layers: [] }));
    onTestFinished(() => store.close());
    const fault: Fault = { kind: 'redirect', status: 307, location: `${store.url}/manifest` };
    oci.misbehave({ match: /manifests/, fault });
    expect(codesOf(await list(sourceOf(oci, READER)))).toEqual(['no_asset']);
    expect(store.requests.map((each) => each.authorization)).toEqual([undefined]);
  });

  test('is not fetched where it would be a list', async () => {
    const oci = await startSecured();
    oci.misbehave({ match: /tags/, fault: { kind: 'redirect', status: 302, location: 'http://evil.example.test/' } });
    expect(await errorOf(list(sourceOf(oci, READER)))).toMatchObject({ code: 'redirect' });
  });
});
