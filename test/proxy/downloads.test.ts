import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { ask } from './http.ts';
import { AWS_1, AWS_1_1, BIG, digestOf, REDIS, SHARED, sharedWorld, startProxy } from './world.ts';

const world = sharedWorld();

const AWS = '/extensions/provider/aws';
const ETAG = `"${digestOf(AWS_1)}"`;

describe('GET /extensions/{type}/{name}/{version}', () => {
  test('sends the primary asset with all that the index knows of it', async () => {
    const { get, gitea } = world();
    const { status, headers, body } = await get(`${AWS}/1.0.0`);
    expect(status).toBe(200);
    expect(body.equals(AWS_1)).toBe(true);
    const { date: _date, 'x-request-id': id, ...fields } = headers;
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(fields).toEqual({
      'content-type': 'application/gzip',
      'content-length': '5000',
      'content-disposition': 'attachment; filename="aws_prov.tar.gz"',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      etag: ETAG,
      'repr-digest': `sha-256=:${Buffer.from(digestOf(AWS_1).slice(7), 'hex').toString('base64')}:`,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'access-control-expose-headers':
        'ETag, Link, X-Total-Count, Content-Disposition, Content-Range, Accept-Ranges, Repr-Digest, Retry-After, X-Request-Id',
      'cross-origin-resource-policy': 'cross-origin',
      connection: 'close',
    });
    expect(gitea.requests).toMatchObject([{ method: 'GET', status: 200 }]);
    expect(gitea.unexpected).toEqual([]);
  });

  test('sends a layer of a registry', async () => {
    const { get, oci } = world();
    const { status, body } = await get('/extensions/taskserv/redis/7.2.0');
    expect({ status, same: body.equals(REDIS) }).toEqual({ status: 200, same: true });
    expect(oci.requests).toMatchObject([{ path: `/v2/acme/redis-taskserv/blobs/${digestOf(REDIS)}` }]);
  });

  test('sends a large asset whole', async () => {
    const { get } = world();
    const { status, body, headers } = await get('/extensions/taskserv/big/1.0.0');
    expect({ status, same: body.equals(BIG), length: headers['content-length'] }).toEqual({
      status: 200,
      same: true,
      length: '3145728',
    });
  });

  test('sends any asset by its name, and names it in every alphabet', async () => {
    const { get } = world();
    const { status, headers, text } = await get(`${AWS}/1.0.0/${encodeURIComponent('notes für aws.txt')}`);
    expect({ status, text }).toEqual({ status: 200, text: 'Grüße' });
    expect(headers).toMatchObject({
      'content-type': 'text/plain',
      'content-disposition': `attachment; filename="notes f_r aws.txt"; filename*=UTF-8''notes%20f%C3%BCr%20aws.txt`,
    });
  });

  test.each(['1.1.0+build.5', '1.1.0%2Bbuild.5', '1%2E1.0+build%2e5'])(
    'takes a build in the form %s',
    async (version) => {
      const { get } = world();
      const { status, body } = await get(`${AWS}/${version}`);
      expect({ status, same: body.equals(AWS_1_1) }).toEqual({ status: 200, same: true });
    },
  );

  test.each([
    ['latest', '1.1.0%2Bbuild.5'],
    ['^1.0', '1.1.0%2Bbuild.5'],
    ['%5E1.0', '1.1.0%2Bbuild.5'],
    ['1.x', '1.1.0%2Bbuild.5'],
    ['1', '1.1.0%2Bbuild.5'],
    ['%3E=1.0.0%20%3C1.1.0', '1.0.0'],
    ['v1.0.0', '1.0.0'],
    ['latest/aws_prov.tar.gz', '../1.1.0%2Bbuild.5/aws_prov.tar.gz'],
    ['~1.0/notes%20f%C3%BCr%20aws.txt', '../1.0.0/notes%20f%C3%BCr%20aws.txt'],
  ])('sends %s on to %s', async (path, location) => {
    const { get, url, gitea } = world();
    const { status, headers, body } = await get(`${AWS}/${path}`);
    expect({ status, location: headers.location, length: body.length }).toEqual({ status: 302, location, length: 0 });
    expect(headers['cache-control']).toBe('no-store');
    expect(gitea.requests).toEqual([]);
    const target = new URL(location, `${url}/api/v1${AWS}/${path}`);
    expect((await ask(`${url}${target.pathname}`)).status).toBe(200);
  });

  test.each([
    [
      `${AWS}/9.9.9`,
      [404, 'not_found'],
      'provider/aws has no version "9.9.9" that may be chosen; see provider/aws/versions for those that there are.',
    ],
    [
      `${AWS}/^9`,
      [404, 'not_found'],
      'provider/aws has no version "^9" that may be chosen; see provider/aws/versions for those that there are.',
    ],
    [
      `${AWS}/banana`,
      [400, 'invalid_version'],
      '"banana" is neither a version nor a range; use 1.4.0, latest, ^1.2, 1.x or 1.',
    ],
    [
      `${AWS}/1.0.0/nope.zip`,
      [404, 'not_found'],
      'provider/aws 1.0.0 has no asset "nope.zip"; name one of its assets: aws_prov.tar.gz, notes für aws.txt.',
    ],
    [
      '/extensions/cluster/many/0.1.0',
      [404, 'not_found'],
      'cluster/many 0.1.0 has no primary asset; name one of its assets: darwin.tar.gz, linux.tar.gz.',
    ],
    [
      '/extensions/provider/nope/1.0.0',
      [404, 'not_found'],
      'There is no provider named "nope"; see /api/v1/extensions, or search for it.',
    ],
    [
      '/extensions/plugin/aws/1.0.0',
      [400, 'invalid_type'],
      '"plugin" is no type of extension; use cluster, provider, taskserv.',
    ],
  ] as const)('answers %s with %j', async (path, [status, error], message) => {
    const { get, gitea } = world();
    const answer = await get(path);
    expect({ status: answer.status, body: answer.json }).toEqual({ status, body: { error, message } });
    expect(gitea.requests).toEqual([]);
  });

  test('finds the literal documents before a version of the same name', async () => {
    const { get } = world();
    expect(((await get(`${AWS}/versions`)).json as unknown[]).length).toBe(3);
    expect(((await get(`${AWS}/notes`)).json as unknown[]).length).toBe(1);
    expect((await get(`${AWS}/index.json`)).json).toMatchObject({ name: 'aws' });
  });
});

describe('redirects of the backend', () => {
  test('are followed without the token', async () => {
    const gitea = await startFakeGitea({ organizations: ['acme'], serveDirect: true });
    onTestFinished(() => gitea.close());
    gitea.addToken({ token: 'the-token' });
    gitea.addRepository('acme', { name: 'aws_prov' });
    gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets: [{ name: 'aws_prov.tar.gz', content: AWS_1 }] });
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url, { secret: 'the-token' })]);
    await runIndexer(config);
    gitea.store!.forget();
    gitea.forget();
    const { get } = await startProxy(config);
    const { status, body, headers } = await get(`${AWS}/1.0.0`);
    expect({ status, same: body.equals(AWS_1) }).toEqual({ status: 200, same: true });
    expect(headers['x-amz-request-id']).toBeUndefined();
    expect(gitea.requests).toMatchObject([{ authorization: 'Bearer the-token', status: 303 }]);
    expect(gitea.store!.requests).toMatchObject([{ authorization: undefined, status: 200 }]);
    const part = await get(`${AWS}/1.0.0`, { headers: { range: 'bytes=-10' } });
    expect({ status: part.status, same: part.body.equals(AWS_1.subarray(4_990)) }).toEqual({ status: 206, same: true });
  });
});

describe('an asset at two sources', () => {
  test('is taken from the preferred one', async () => {
    const { get, gitea, oci } = world();
    const { status, body } = await get('/extensions/provider/both/3.0.0');
    expect({ status, same: body.equals(SHARED) }).toEqual({ status: 200, same: true });
    expect([gitea.requests.length, oci.requests.length]).toEqual([1, 0]);
  });
});
