import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { compileWire } from '../../indexer/http/ajv.ts';
import { basicAuthorization, bearerAuthorization, forOrigin } from '../../indexer/http/credentials.ts';
import type { ErrorCode } from '../../indexer/model/errors.ts';
import type { Fault } from '../fakes/faults.ts';
import { jsonReply, textReply, type Reply } from '../fakes/replies.ts';
import { createClient, requestFor, startServer } from './clients.ts';

const to = (location: string, status = 302): Reply => ({ status, headers: { Location: location } });

describe('a request', () => {
  test('asks for bytes as they are, and says who asks', async () => {
    const server = await startServer(() => textReply(200, 'here'));
    const answer = await createClient(server.url).fetchBytes(
      requestFor('a/b?c=d', { headers: { accept: 'x/y' } }),
      100,
    );
    expect(answer.bytes.toString()).toBe('here');
    const [{ method, path, query, headers }] = server.requests as [(typeof server.requests)[0]];
    expect([method, path, query.toString()]).toEqual(['GET', '/a/b', 'c=d']);
    expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'extension-registry', accept: 'x/y' });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
  });

  test('stays below the path of its base', async () => {
    const server = await startServer(() => textReply(200, ''));
    await createClient(`${server.url}/git`).fetchBytes(requestFor('api/v1/version'), 100);
    expect(server.requests[0]!.path).toBe('/git/api/v1/version');
  });

  test.each<{ title: string; fault: Fault; code: ErrorCode; says?: string }>([
    { title: 'more bytes than are read of it', fault: { kind: 'endless' }, code: 'too_large' },
    { title: 'a compressed body', fault: { kind: 'gzip' }, code: 'bad_answer', says: 'is encoded (gzip)' },
    { title: 'a page', fault: { kind: 'garbage' }, code: 'bad_answer', says: 'does not answer JSON' },
    {
      title: 'another shape',
      fault: { kind: 'replaceJson', replace: () => [] },
      code: 'bad_answer',
      says: 'JSON of another shape ( must be object)',
    },
    { title: 'nothing', fault: { kind: 'hang' }, code: 'timeout' },
    { title: 'half of it', fault: { kind: 'pause', afterBytes: 5 }, code: 'timeout' },
    { title: 'half of it, and breaks', fault: { kind: 'truncate', afterBytes: 5 }, code: 'unreachable' },
    { title: 'a broken connection', fault: { kind: 'reset' }, code: 'unreachable' },
  ])('that is answered with $title fails with $code', async ({ fault, code, says = 'gitea' }) => {
    const server = await startServer(() => jsonReply(200, { version: '1.26.4' }));
    server.misbehave({ match: /./, fault });
    const client = createClient(server.url, { timeoutMs: 200, retry: { tries: 2, baseDelayMs: 1, maxDelayMs: 1 } });
    const validate = compileWire<{ version: string }>({
      type: 'object',
      required: ['version'],
      properties: { version: { type: 'string' } },
    });
    const fetching = client.fetchJson(requestFor('version'), 64 * 1024, validate);
    await expect(fetching).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
    const isPassing = ['timeout', 'unreachable'].includes(code);
    expect(client.counts).toEqual({ requests: isPassing ? 2 : 1, retries: isPassing ? 1 : 0 });
  });

  test('reads as many bytes as it may, and not one more', async () => {
    const server = await startServer(() => textReply(200, 'x'.repeat(1_000)));
    const client = createClient(server.url);
    expect((await client.fetchBytes(requestFor(''), 1_000)).bytes).toHaveLength(1_000);
    await expect(client.fetchBytes(requestFor(''), 999)).rejects.toMatchObject({ code: 'too_large' });
  });

  test('takes the statuses that it names for answers, and any other for an error', async () => {
    const server = await startServer(({ path }) => textReply(Number(path.slice(1)), 'body'));
    const client = createClient(server.url);
    const statuses = [200, 404];
    expect((await client.fetchBytes(requestFor('404', { statuses }), 10)).status).toBe(404);
    await expect(client.fetchBytes(requestFor('206', { statuses }), 10)).rejects.toMatchObject({ code: 'bad_answer' });
    await expect(client.fetchBytes(requestFor('404'), 10)).rejects.toMatchObject({ code: 'not_found', status: 404 });
  });

  test('waits as long as the server asks before it tries again', async () => {
    const server = await startServer(() => textReply(200, 'at last'));
    server.misbehave({
      match: /./,
      times: 1,
      fault: { kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
    });
    const before = performance.now();
    const client = createClient(server.url, { retry: { tries: 2, baseDelayMs: 1, maxDelayMs: 60_000 } });
    expect((await client.fetchBytes(requestFor(''), 100)).bytes.toString()).toBe('at last');
    expect(performance.now() - before).toBeGreaterThan(950);
  });

  test('that is given up is given up, whatever it waits for', async () => {
    const server = await startServer(() => textReply(200, ''));
    server.misbehave({ match: /hang/, fault: { kind: 'hang' } });
    server.misbehave({ match: /busy/, fault: { kind: 'status', status: 503, headers: { 'Retry-After': '60' } } });
    const client = createClient(server.url, { retry: { tries: 2, baseDelayMs: 1, maxDelayMs: 60_000 } });
    for (const path of ['hang', 'busy']) {
      const abort = new AbortController();
      const fetching = client.fetchBytes(requestFor(path, { signal: abort.signal }), 100);
      await expect.poll(() => server.requests.some((each) => each.path === `/${path}`)).toBe(true);
      const reason = new Error(`no ${path} any more`);
      abort.abort(reason);
      await expect(fetching).rejects.toBe(reason);
    }
  });

  test('to nobody is told with the host and the reason', async () => {
    const server = await startServer(() => textReply(200, ''));
    await server.close();
    const client = createClient(server.url);
    await expect(client.fetchBytes(requestFor('x'), 1)).rejects.toMatchObject({
      code: 'unreachable',
      message: `gitea (${server.host}) cannot be reached or broke off (ECONNREFUSED); see whether it runs.`,
    });
    expect(client.counts).toEqual({ requests: 3, retries: 2 });
  });
});

describe('a stream', () => {
  test('is tried again before its first byte and never after', async () => {
    const server = await startServer(() => textReply(200, 'all of it'));
    server.misbehave({ match: /./, times: 1, fault: { kind: 'reset' } });
    server.misbehave({ match: /./, times: 1, fault: { kind: 'truncate', afterBytes: 3 } });
    const { body } = await createClient(server.url).open(requestFor(''));
    await expect(buffer(body)).rejects.toThrow();
    expect(server.requests).toHaveLength(2);
  });

  test('is tried as often as it is asked to be', async () => {
    const server = await startServer(() => textReply(200, ''));
    server.misbehave({ match: /./, fault: { kind: 'reset' } });
    await expect(createClient(server.url).open(requestFor(''), 1)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a credential', () => {
  test('goes to its own origin, and after a redirect away to none, not even back', async () => {
    const away = await startServer(({ path }) => (path === '/back' ? to(`${home.url}/home`) : undefined));
    const home = await startServer(({ path }) => (path === '/start' ? to(`${away.url}/back`) : textReply(200, 'home')));
    const authorize = forOrigin(home.url, bearerAuthorization('s3cret'));
    const request = requestFor('start', { authorize, foreignRedirects: true });
    expect((await createClient(home.url).fetchBytes(request, 100)).bytes.toString()).toBe('home');
    expect(home.requests.map((each) => [each.path, each.authorization])).toEqual([
      ['/start', 'Bearer s3cret'],
      ['/home', undefined],
    ]);
    expect(away.requests.map((each) => each.authorization)).toEqual([undefined]);
  });

  test('stays where the redirect stays, with the other fields', async () => {
    const server = await startServer(({ path }) => (path === '/old' ? to('/new', 301) : textReply(200, 'new')));
    const authorize = forOrigin(server.url, basicAuthorization('me', 'pässword'));
    await createClient(server.url).fetchBytes(requestFor('old', { authorize, headers: { range: 'bytes=0-1' } }), 100);
    const seen = server.requests.map((each) => [each.path, each.authorization, each.headers.range]);
    const basic = `Basic ${Buffer.from('me:pässword').toString('base64')}`;
    expect(seen).toEqual([
      ['/old', basic, 'bytes=0-1'],
      ['/new', basic, 'bytes=0-1'],
    ]);
  });

  test('is not for another port or scheme of the same host', () => {
    const authorize = forOrigin('https://git.example.test', 'Bearer s3cret');
    const given = ['https://git.example.test/x', 'https://git.example.test:444/x', 'http://git.example.test/x'];
    expect(given.map((each) => authorize(new URL(each)))).toEqual(['Bearer s3cret', undefined, undefined]);
  });

  test('GHSA-q768-x9m6-m9qp, GHSA-wqq4-5wpv-mx2g: of no field goes along to another origin', async () => {
    const away = await startServer(() => textReply(200, 'away'));
    const home = await startServer(() => to(`${away.url}/x`));
    const secret = {
      Authorization: 'Basic s3cret',
      Cookie: 's3cret',
      'Private-Token': 's3cret',
      'X-Api-Key': 's3cret',
      'X-Gitea-OTP': 's3cret',
    };
    const headers = { ...secret, Accept: 'x/y', Range: 'bytes=0-1' };
    await createClient(home.url).fetchBytes(requestFor('', { headers, foreignRedirects: true }), 100);
    expect(home.requests[0]!.headers).toMatchObject({ 'private-token': 's3cret', 'x-gitea-otp': 's3cret' });
    expect(Object.keys(away.requests[0]!.headers).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'range',
      'user-agent',
    ]);
  });
});

describe('a redirect loop', () => {
  test.each([
    { title: 'on one path', next: () => '/1' },
    { title: 'over ever new paths', next: (path: string) => `/${Number(path.slice(1)) + 1}` },
  ])('ends after three redirects: $title', async ({ next }) => {
    const server = await startServer(({ path }) => to(next(path)));
    const fetching = createClient(server.url).fetchBytes(requestFor('1'), 1);
    await expect(fetching).rejects.toMatchObject({ code: 'redirect', message: expect.stringContaining('3 times') });
    expect(server.requests).toHaveLength(4);
  });

  test('between two servers ends so too', async () => {
    const away = await startServer(() => to(`${home.url}/`));
    const home = await startServer(() => to(`${away.url}/`));
    const fetching = createClient(home.url).fetchBytes(requestFor('', { foreignRedirects: true }), 1);
    await expect(fetching).rejects.toMatchObject({ code: 'redirect' });
    expect([home.requests.length, away.requests.length]).toEqual([2, 2]);
  });
});
