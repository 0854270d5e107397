import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { Location } from '../../indexer/model/location.ts';
import { giteaConfig } from '../builders.ts';
import { startFakeServer } from '../fakes/fake-server.ts';
import type { Fault } from '../fakes/faults.ts';
import type { FakeGitea } from '../fakes/gitea.ts';
import { jsonReply, type Reply } from '../fakes/replies.ts';
import { addExtension, asked, sourceOf, startGitea } from './gitea-worlds.ts';
import { bytesAt, errorOf, list, openSource, soon, versionsOf } from './open-source.ts';

/** Two extensions, and what goes wrong at the first. */
async function startTwo(fault: Fault, match = /^GET \/api\/v1\/repos\/acme\/aws_prov\/releases/): Promise<FakeGitea> {
  const gitea = await startGitea();
  addExtension(gitea, { name: 'aws_prov' });
  addExtension(gitea, { name: 'redis_taskserv' });
  gitea.misbehave({ match, fault });
  return gitea;
}

describe('a repository that cannot be read', () => {
  test.each<{ fault: Fault; says: string }>([
    { fault: { kind: 'status', status: 500 }, says: 'HTTP 500' },
    { fault: { kind: 'status', status: 403 }, says: 'HTTP 403' },
    { fault: { kind: 'status', status: 404 }, says: 'HTTP 404' },
    { fault: { kind: 'garbage' }, says: 'does not answer JSON' },
    { fault: { kind: 'gzip' }, says: 'is encoded (gzip)' },
    { fault: { kind: 'endless' }, says: 'more than the 33554432 bytes' },
    { fault: { kind: 'redirect', status: 302, location: 'http://elsewhere.example.test/' }, says: 'another origin' },
    { fault: { kind: 'replaceJson', replace: () => ({ message: 'not a list' }) }, says: 'JSON of another shape' },
  ])('with $fault is a finding, and the others are listed', async ({ fault, says }) => {
    const listing = await list(sourceOf(await startTwo(fault)));
    expect(versionsOf(listing)).toEqual(['taskserv/redis@1.0.0']);
    expect(listing.findings).toEqual([
      {
        code: 'read_failed',
        source: 'gitea',
        subject: 'acme/aws_prov',
        detail: expect.stringContaining(says),
        extension: 'provider/aws',
      },
    ]);
  });

  test('with one 500 is asked again', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    gitea.misbehave({ match: /aws_prov\/releases/, times: 1, fault: { kind: 'status', status: 500 } });
    expect(await list(sourceOf(gitea))).toMatchObject({ releases: [{ id: 'provider/aws' }], findings: [] });
  });

  test.each([401, 502, 503, 504])('with %i means that the source fails', async (status) => {
    const error = await errorOf(list(sourceOf(await startTwo({ kind: 'status', status }))));
    expect(codeOf(error)).toMatch(/^(?:auth|unreachable|rate_limit|timeout)$/);
  });

  test('is not alone when all are refused: then the token has lost its scope', async () => {
    const gitea = await startGitea();
    gitea.addToken({ token: 'bot', scopes: ['read:organization'] });
    addExtension(gitea, { name: 'aws_prov' });
    addExtension(gitea, { name: 'redis_taskserv' });
    const error = await errorOf(list(sourceOf(gitea, { secret: 'bot' })));
    expect(error).toMatchObject({ code: 'auth', status: 403 });
    expect(messageOf(error)).toContain('give it the scopes');
  });

  test('stops the other readings when it means that the source fails', async () => {
    const gitea = await startGitea();
    for (let number = 0; number < 30; number += 1) addExtension(gitea, { name: `ext${number}_prov` });
    gitea.misbehave({ match: /ext0_prov\/releases/, fault: { kind: 'status', status: 401 } });
    await errorOf(list(sourceOf(gitea)));
    const before = gitea.requests.length;
    await list(sourceOf(gitea, { organization: 'nobody' })).catch(() => undefined);
    expect(gitea.requests.length).toBe(before + 1);
    expect(before).toBeLessThan(10);
  });
});

describe('a passing failure', () => {
  test.each<{ title: string; fault: Fault }>([
    { title: '503', fault: { kind: 'status', status: 503 } },
    { title: '429 with Retry-After', fault: { kind: 'status', status: 429, headers: { 'Retry-After': '0' } } },
    { title: 'a broken connection', fault: { kind: 'reset' } },
    { title: 'an answer cut short', fault: { kind: 'truncate', afterBytes: 40 } },
  ])('is tried again: $title', async ({ fault }) => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    gitea.misbehave({ match: /\/orgs\/acme\/repos$/, times: 1, fault });
    gitea.misbehave({ match: /\/aws_prov\/releases$/, times: 2, fault });
    const source = sourceOf(gitea);
    expect(versionsOf(await list(source))).toEqual(['provider/aws@1.0.0']);
    expect(source.counts).toEqual({ requests: 5, retries: 3 });
  });

  test('that does not pass is the source failing, after as many tries as allowed', async () => {
    const gitea = await startTwo({ kind: 'status', status: 503 }, /\/orgs\/acme\/repos$/);
    expect(await errorOf(list(sourceOf(gitea)))).toMatchObject({ code: 'rate_limit', status: 503 });
    expect(gitea.requests).toHaveLength(3);
  });
});

describe('who we are', () => {
  test('is said with every request of the API and of bytes, in a header and never in a URL', async () => {
    const gitea = await startGitea();
    gitea.addToken({ token: 'bot' });
    addExtension(gitea, { name: 'aws_prov' });
    const source = sourceOf(gitea, { secret: 'bot' });
    const { releases } = await list(source);
    await bytesAt(source, releases[0]!.assets[0]!.location);
    await source.checkHealth(soon());
    expect(new Set(gitea.requests.map((each) => each.authorization))).toEqual(new Set(['Bearer bot']));
    expect(gitea.requests.filter((each) => /bot/.test(each.path + each.query.toString()))).toEqual([]);
  });

  test('must be said where sign-in is required', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    const source = sourceOf(gitea);
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    gitea.requireSignIn();
    expect(await errorOf(list(source))).toMatchObject({ code: 'auth', status: 403 });
    expect(await errorOf(source.checkHealth(soon()))).toMatchObject({ code: 'auth', status: 403 });
    const error = await errorOf(bytesAt(source, location));
    expect(codeOf(error)).toBe('auth');
    expect(messageOf(error)).toContain('wants a signed-in user');
    expect(asked(gitea, /login/)).toEqual([]);
  });

  test('is not believed with a bad token, not even for what is public', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    const error = await errorOf(list(sourceOf(gitea, { secret: 'expired' })));
    expect(error).toMatchObject({ code: 'auth', status: 401 });
  });

  test('is not told to the object store that has the bytes', async () => {
    const gitea = await startGitea({ serveDirect: true });
    gitea.addToken({ token: 'bot' });
    addExtension(gitea, { name: 'aws_prov' });
    const source = sourceOf(gitea, { secret: 'bot' });
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    expect((await bytesAt(source, location)).toString()).toBe('aws_prov');
    const part = await source.openAsset(location, { signal: soon(), range: { first: 1, last: 3 } });
    expect([part.partial, (await buffer(part.body)).toString()]).toEqual([true, 'ws_']);
    expect(gitea.store!.requests.map((each) => [each.authorization, each.headers.range])).toEqual([
      [undefined, undefined],
      [undefined, 'bytes=1-3'],
    ]);
  });
});

describe('what moved', () => {
  test('is followed when a repository was renamed, and is another extension then', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'old_prov' });
    const source = sourceOf(gitea);
    const [release] = (await list(source)).releases;
    gitea.renameRepository('acme', 'old_prov', 'new_prov');
    expect(versionsOf(await list(source))).toEqual(['provider/new@1.0.0']);
    expect(await source.fetchRelease(release!, soon())).toMatchObject({ id: 'provider/new', key: 'acme/new_prov#1' });
  });

  test('is followed while the list is read', async () => {
    const gitea = await startGitea({ maxLimit: 1 });
    addExtension(gitea, { name: 'old_prov' });
    gitea.addRelease('acme', 'old_prov', { tag: '1.1.0', assets: [{ name: 'a.tgz', content: 'a' }] });
    gitea.misbehave({
      match: /\/orgs\/acme\/repos$/,
      fault: {
        kind: 'replaceJson',
        replace: (body) => (gitea.renameRepository('acme', 'old_prov', 'new_prov'), body),
      },
    });
    expect(versionsOf(await list(sourceOf(gitea)))).toEqual(['provider/old@1.1.0', 'provider/old@1.0.0']);
  });

  test('is gone when a repository was transferred, though it answers under its old name', async () => {
    const gitea = await startGitea({ organizations: ['acme', 'other'] });
    addExtension(gitea, { name: 'aws_prov' });
    const source = sourceOf(gitea);
    const [release] = (await list(source)).releases;
    gitea.transfer('acme', 'aws_prov', 'other');
    expect(await source.fetchRelease(release!, soon())).toBeUndefined();
  });

  test('is found when the organization was renamed', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    const move = (from: RegExp, location: string) =>
      gitea.misbehave({ match: from, fault: { kind: 'redirect', status: 307, location } });
    move(/^GET \/api\/v1\/orgs\/before$/, '/api/v1/orgs/acme');
    move(/^GET \/api\/v1\/orgs\/before\/repos$/, '/api/v1/orgs/acme/repos?limit=50&page=1');
    move(/^GET \/api\/v1\/repos\/before\/aws_prov$/, '/api/v1/repos/acme/aws_prov');
    move(/^GET \/api\/v1\/repos\/before\/aws_prov\/releases\/1$/, '/api/v1/repos/acme/aws_prov/releases/1');
    const source = sourceOf(gitea, { organization: 'before' });
    const { releases } = await list(source);
    expect(releases.map((each) => each.key)).toEqual(['acme/aws_prov#1']);
    for (const key of ['acme/aws_prov#1', 'before/aws_prov#1']) {
      expect(await source.fetchRelease({ ...releases[0]!, key }, soon())).toEqual(releases[0]);
    }
  });
});

describe('a release that is asked for again', () => {
  test.each<{ title: string; fault: Fault }>([
    { title: 'a server error', fault: { kind: 'status', status: 500 } },
    { title: 'a refusal', fault: { kind: 'status', status: 403 } },
    { title: 'something else', fault: { kind: 'garbage' } },
    { title: 'another shape', fault: { kind: 'replaceJson', replace: () => ({ ok: false }) } },
  ])('is not gone because the answer is $title', async ({ fault }) => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    const source = sourceOf(gitea);
    const [release] = (await list(source)).releases;
    gitea.misbehave({ match: /\/releases\/1$/, fault });
    expect(codeOf(await errorOf(source.fetchRelease(release!, soon())))).toMatch(/^(?:bad_answer|auth)$/);
  });

  test('is gone for us when the configuration names another organization', async () => {
    const gitea = await startGitea({ organizations: ['acme', 'other'] });
    addExtension(gitea, { name: 'aws_prov' });
    const [release] = (await list(sourceOf(gitea))).releases;
    gitea.forget();
    expect(await sourceOf(gitea, { organization: 'other' }).fetchRelease(release!, soon())).toBeUndefined();
    expect(asked(gitea, /aws_prov/)).toEqual([]);
  });
});

describe('a gateway in front of Gitea', () => {
  const repository = (id: number) => ({
    id,
    name: `ext${id}_prov`,
    full_name: `acme/ext${id}_prov`,
    release_counter: 0,
  });

  /** Lists `pages` of repositories without any link. */
  async function startUnlinked(pages: readonly (readonly number[])[], headers: Record<string, string>) {
    const server = await startFakeServer((request): Reply => {
      if (!request.path.endsWith('/repos')) return jsonReply(200, { name: 'acme' });
      const page = pages[Number(request.query.get('page')) - 1] ?? [];
      return jsonReply(200, page.map(repository), headers);
    });
    onTestFinished(() => server.close());
    return server;
  }

  test.each([
    {
      title: 'only the total is left',
      pages: [[1, 2, 3], [4, 5, 6], [7]],
      headers: { 'X-Total-Count': '7' },
      last: '3',
    },
    {
      title: 'nothing is left',
      pages: [
        [1, 2],
        [3, 4],
      ],
      headers: {},
      last: '3',
    },
  ])('may take away the links: $title', async ({ pages, headers, last }) => {
    const server = await startUnlinked(pages, headers);
    await list(openSource(giteaConfig(server.url)));
    expect(server.requests.at(-1)?.query.get('page')).toBe(last);
  });

  test('may answer the same page for ever', async () => {
    const server = await startUnlinked(
      Array.from({ length: 3_000 }, () => [1]),
      {},
    );
    const error = await errorOf(list(openSource(giteaConfig(server.url))));
    expect(error).toMatchObject({ code: 'bad_answer', message: expect.stringContaining('has no last page') });
  });

  test('may answer another part of an asset than the one asked for', async () => {
    const server = await startFakeServer(() => ({
      status: 206,
      headers: { 'Content-Range': 'bytes 0-2/10' },
      body: Buffer.from('abc'),
    }));
    onTestFinished(() => server.close());
    const location: Location = { source: 'gitea', attachment: 'aaaaaaaa-0000-4000-8000-000000000000' };
    const opening = openSource(giteaConfig(server.url)).openAsset(location, {
      signal: soon(),
      range: { first: 2, last: 4 },
    });
    expect(await errorOf(opening)).toMatchObject({ code: 'bad_answer' });
  });
});
