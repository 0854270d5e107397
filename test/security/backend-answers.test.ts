import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { ask, type Answer } from '../proxy/http.ts';
import { AWS_1, BIG, sharedSite, sharedWorld, startProxy, startWorld } from '../proxy/world.ts';

const world = sharedWorld();
const site = sharedSite();

const AWS = '/extensions/provider/aws/1.0.0';
const NOTES = `${AWS}/${encodeURIComponent('notes für aws.txt')}`;
const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const ATTACHMENT = /^GET \/attachments\//;

/** What a backend, or whoever sits in its place, could say to a browser or to a cache. */
const HOSTILE_FIELDS = {
  'Set-Cookie': ['session=stolen; Path=/', 'other=1'],
  Location: 'https://evil.example/',
  Refresh: '0; url=https://evil.example/',
  Link: '<https://evil.example/>; rel="canonical"',
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Disposition': 'inline; filename="evil.html"',
  'Content-Language': 'evil',
  'Content-Location': 'https://evil.example/',
  'Content-Security-Policy': "default-src 'unsafe-inline'",
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Origin': 'https://evil.example',
  'Cache-Control': 'private=" authorization"',
  Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
  ETag: '"evil"',
  'Last-Modified': 'Mon, 01 Jun 2026 12:00:00 GMT',
  Vary: '*',
  'Clear-Site-Data': '"*"',
  'Strict-Transport-Security': 'max-age=0',
  'WWW-Authenticate': 'Basic realm="evil"',
  Server: 'evil',
  'X-Powered-By': 'evil',
};
const fieldsOf = ({ headers: { date: _date, 'x-request-id': _id, ...fields } }: Answer) => fields;

describe('CVE-2026-6733, CVE-2026-9679: a field of the backend', () => {
  test('never passes, whatever it is', async () => {
    const { get, gitea } = await site();
    const plain = await get(NOTES);
    gitea.misbehave({
      match: ATTACHMENT,
      fault: { kind: 'status', status: 200, headers: HOSTILE_FIELDS, body: 'Grüße' },
    });
    const answer = await get(NOTES);
    expect(answer.text).toBe('Grüße');
    expect(fieldsOf(answer)).toEqual(fieldsOf(plain));
    expect(JSON.stringify(answer.headers)).not.toMatch(/evil|stolen/);
  });

  test('never passes with a part, nor with a refusal to give one', async () => {
    const { get, gitea } = await site();
    const whole = { ...HOSTILE_FIELDS, 'Content-Range': 'bytes */9' };
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'status', status: 416, headers: whole } });
    const refused = await get(AWS, { headers: { range: 'bytes=0-9' } });
    expect({ status: refused.status, body: refused.json }).toMatchObject({ status: 502, body: { error: 'gitea' } });
    const part = { ...HOSTILE_FIELDS, 'Content-Range': 'bytes 0-4/7' };
    gitea.misbehave({
      match: ATTACHMENT,
      times: 1,
      fault: { kind: 'status', status: 206, headers: part, body: 'Grü' },
    });
    const answer = await get(NOTES, { headers: { range: 'bytes=0-3' } });
    expect(answer.status).toBe(502);
    expect(JSON.stringify([refused.headers, answer.headers])).not.toMatch(/evil|stolen|content-range/);
  });

  test.each([301, 302, 303, 307, 308])('is no redirect for the client (%i)', async (status) => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'redirect', status, location: 'ftp://evil.example/' } });
    const answer = await get(AWS);
    expect(answer.status).toBe(502);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.text).not.toContain('evil');
  });
});

describe('CVE-2026-16728: a backend that dies in the middle of a body', () => {
  test.each([
    { what: 'the whole', headers: {}, status: 200, right: BIG },
    { what: 'a part', headers: { range: 'bytes=100-' }, status: 206, right: BIG.subarray(100) },
  ])('aborts $what: the client never gets a complete, short or patched one', async ({ headers, status, right }) => {
    const { get, gitea, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'truncate', afterBytes: 2_000_000 } });
    const answer = await get(BIG_ONE, { headers });
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status, complete: false });
    expect(answer.headers['content-length']).toBe(String(right.length));
    expect(answer.body.length).toBeLessThan(right.length);
    expect(answer.body.equals(right.subarray(0, answer.body.length))).toBe(true);
    // Not asked for the rest: nothing would say that it is of the same file.
    expect(gitea.requests).toHaveLength(1);
    expect(await logged('location_failed')).toMatchObject({ code: 'unreachable', extension: 'taskserv/big' });
    expect((await get(BIG_ONE)).complete).toBe(true);
  });
});

describe('CVE-2026-13697, CVE-2026-14643, CVE-2026-9678: a cache of what backends answer', () => {
  test('is not kept: each download asks, and one with a token gives nothing to the next', async () => {
    const { get, gitea } = await site();
    const kept = { 'Cache-Control': 'public, max-age=600, private=" authorization"' };
    gitea.misbehave({
      match: ATTACHMENT,
      times: 1,
      fault: { kind: 'status', status: 200, headers: kept, body: 'Grüße' },
    });
    expect((await get(NOTES, { headers: { authorization: 'Bearer one' } })).status).toBe(200);
    expect((await get(NOTES)).status).toBe(200);
    expect(gitea.requests).toHaveLength(2);
  });
});

describe('CVE-2026-27660, GHSA-q9pg-jj6x-j9p6: the assets of a draft', () => {
  test('are reached by no path, though the backend gives them to whoever knows the uuid', async () => {
    const { gitea, config, url, clock } = await startWorld();
    const draft = gitea.addRelease('acme', 'aws_prov', {
      tag: '9.0.0',
      draft: true,
      assets: [{ name: 'secret.tar.gz', content: 'DRAFT' }],
    });
    const { uuid } = draft.assets[0]!;
    expect((await ask(`${gitea.url}/attachments/${uuid}`)).text).toBe('DRAFT');
    await runIndexer(config);
    clock.nowMs += 1_000;
    gitea.forget();
    for (const path of [
      `/attachments/${uuid}`,
      `/api/v1/attachments/${uuid}`,
      `/api/v1/extensions/${uuid}`,
      '/api/v1/extensions/provider/aws/9.0.0',
      '/api/v1/extensions/provider/aws/9.0.0/secret.tar.gz',
      '/api/v1/extensions/provider/aws/1.0.0/secret.tar.gz',
      `/api/v1/extensions/provider/aws/${uuid}`,
      `/api/v1/extensions/provider/aws/1.0.0/${uuid}`,
      `/api/v1/extensions/provider/aws/1.0.0?attachment=${uuid}`,
    ]) {
      const answer = await ask(url + path);
      expect({ path, leaked: answer.text.includes('DRAFT') }).toEqual({ path, leaked: false });
      expect(answer.status).toBe(path.includes('?') ? 200 : path.endsWith(`aws/${uuid}`) ? 400 : 404);
    }
    expect(gitea.requests.filter((each) => each.path.includes(uuid))).toEqual([]);
  });
});

describe('CVE-2025-68939: a name chosen by an uploader', () => {
  test.each([
    ['page.html', 'application/octet-stream'],
    ['picture.svg', 'application/octet-stream'],
    ['script.js', 'application/octet-stream'],
    ['feed.xml', 'application/octet-stream'],
    ['plugin.tar.gz', 'application/gzip'],
    ['read.md', 'text/markdown'],
  ])('%s is a download of type %s that no browser runs', async (name, type) => {
    const gitea = await startFakeGitea({ organizations: ['acme'] });
    onTestFinished(() => gitea.close());
    gitea.addRepository('acme', { name: 'aws_prov' });
    const content = '<script>alert(1)</script>';
    gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets: [{ name, content }] });
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)]);
    await runIndexer(config);
    const { get } = await startProxy(config);
    const { headers, text } = await get(`${AWS}/${name}`);
    expect(text).toBe(content);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    });
  });
});

describe('CVE-2026-35172, CVE-2026-41888: a version that is withdrawn', () => {
  test('is gone with the index, though its registry still has the blob', async () => {
    const { oci, config, get, clock } = await startWorld();
    oci.pushArtifact('acme/redis-taskserv', '7.3.0', { layers: [{ title: 'a.tar.gz', content: AWS_1 }] });
    await runIndexer(config);
    clock.nowMs += 1_000;
    expect((await get('/extensions/taskserv/redis/7.3.0')).status).toBe(200);
    const blob = oci.requests.findLast((each) => each.path.includes('/blobs/'))!.target;
    oci.deleteTag('acme/redis-taskserv', '7.3.0');
    await runIndexer(config);
    clock.nowMs += 1_000;
    oci.forget();
    expect((await get('/extensions/taskserv/redis/7.3.0')).status).toBe(404);
    expect((await get('/extensions/taskserv/redis/latest')).headers.location).toBe('7.2.0');
    expect(oci.requests).toEqual([]);
    expect((await ask(oci.url + blob)).status).toBe(200);
  });
});

describe('fastify-static#586: an answer that was compressed', () => {
  test.each(['/extensions', '/extensions?type=provider', '/extensions/provider/aws', '/search', '/status', ''])(
    'at %j says so to caches, as does the one that was not',
    async (path) => {
      const { get } = world();
      const representations = new Map<string, string | undefined>();
      for (const coding of ['identity', 'gzip', 'br', '']) {
        const { headers } = await get(path, { headers: { 'accept-encoding': coding } });
        expect({ coding, vary: headers.vary }).toEqual({ coding, vary: 'Accept-Encoding' });
        representations.set(headers['content-encoding'] ?? 'identity', headers.etag);
        const unchanged = { 'accept-encoding': coding, 'if-none-match': headers.etag };
        const again = await get(path, { headers: unchanged });
        expect({ status: again.status, vary: again.headers.vary }).toEqual({ status: 304, vary: 'Accept-Encoding' });
      }
      expect(new Set(representations.values()).size).toBe(representations.size);
    },
  );
});
