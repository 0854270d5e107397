import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, ociConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { AWS_1, BIG, bytesOf, digestOf, sharedWorld, startProxy, startWorld } from './world.ts';

const world = sharedWorld();

const AWS = '/extensions/provider/aws';
const ETAG = `"${digestOf(AWS_1)}"`;

describe('answers from the index alone', () => {
  test('HEAD has every field and asks no backend', async () => {
    const { get, gitea } = world();
    const head = await get(`${AWS}/1.0.0`, { method: 'HEAD' });
    expect(gitea.requests).toEqual([]);
    const { headers } = await get(`${AWS}/1.0.0`);
    const { date: _date, 'x-request-id': _id, ...fields } = headers;
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject(fields);
    expect(head.body.length).toBe(0);
  });

  test.each([
    ['HEAD', { range: 'bytes=0-9' }, 200],
    ['GET', { 'if-none-match': ETAG }, 304],
    ['HEAD', { 'if-none-match': ETAG }, 304],
    ['GET', { 'if-none-match': `W/${ETAG}` }, 304],
    ['GET', { 'if-none-match': '*' }, 304],
    ['GET', { 'if-none-match': ETAG, range: 'bytes=0-9' }, 304],
    ['GET', { 'if-match': '"sha256:other"' }, 412],
    ['HEAD', { 'if-match': '"sha256:other"' }, 412],
    ['GET', { 'if-match': `W/${ETAG}` }, 412],
    ['GET', { 'if-match': '"sha256:other"', 'if-none-match': ETAG }, 412],
    ['GET', { range: 'bytes=5000-' }, 416],
    ['GET', { range: 'bytes=-0' }, 416],
    ['GET', { range: 'bytes=5000-', 'if-range': ETAG }, 416],
  ])('%s %j is %i', async (method, headers, status) => {
    const { get, gitea } = world();
    const answer = await get(`${AWS}/1.0.0`, { method, headers });
    expect(answer.status).toBe(status);
    expect(gitea.requests).toEqual([]);
  });

  test('304 has its ETag and how long it may be kept, and no body', async () => {
    const { get } = world();
    const { headers, body } = await get(`${AWS}/1.0.0`, { headers: { 'if-none-match': ETAG } });
    expect(headers).toMatchObject({ etag: ETAG, 'cache-control': 'public, max-age=31536000, immutable' });
    expect(headers['content-length']).toBeUndefined();
    expect(body.length).toBe(0);
  });

  test('412 and 416 say what would be right', async () => {
    const { get } = world();
    const unmatched = await get(`${AWS}/1.0.0`, { headers: { 'if-match': '"x"' } });
    expect(unmatched.json).toEqual({
      error: 'precondition_failed',
      message: `aws_prov.tar.gz is not what If-Match names; its ETag is ${ETAG}.`,
    });
    const beyond = await get(`${AWS}/1.0.0`, { headers: { range: 'bytes=9000-' } });
    expect(beyond.headers['content-range']).toBe('bytes */5000');
    expect(beyond.json).toEqual({
      error: 'range_not_satisfiable',
      message: 'aws_prov.tar.gz has 5000 bytes; ask for a range within them.',
    });
  });
});

describe('ranges', () => {
  test.each([
    ['bytes=0-9', 0, 9],
    ['bytes=100-', 100, 4999],
    ['bytes=-10', 4990, 4999],
    ['bytes=4990-9999', 4990, 4999],
    ['bytes=0-', 0, 4999],
  ])('%s is a part of the asset', async (range, first, last) => {
    const { get, gitea } = world();
    const { status, headers, body } = await get(`${AWS}/1.0.0`, { headers: { range } });
    expect(status).toBe(206);
    expect(body.equals(AWS_1.subarray(first, last + 1))).toBe(true);
    expect(headers).toMatchObject({
      'content-range': `bytes ${first}-${last}/5000`,
      'content-length': String(last - first + 1),
      etag: ETAG,
      'accept-ranges': 'bytes',
      'repr-digest': expect.stringMatching(/^sha-256=:/) as string,
    });
    // Gitea knows no suffix ranges: what it is asked for is always from first to last.
    // Of what is all of it, the whole is asked for, so that it can be checked.
    const isAll = first === 0 && last === AWS_1.length - 1;
    expect(gitea.requests[0]?.headers.range).toBe(isAll ? undefined : `bytes=${first}-${last}`);
  });

  test.each([
    { range: 'bytes=0-9,20-29' },
    { range: 'bytes=9-0' },
    { range: 'lines=0-9' },
    { range: 'bytes=0-9', 'if-range': '"sha256:other"' },
    { range: 'bytes=0-9', 'if-range': `W/${ETAG}` },
    { range: 'bytes=0-9', 'if-range': 'Mon, 01 Jun 2026 12:00:00 GMT' },
    { range: 'bytes=9000-', 'if-range': '"sha256:other"' },
  ])('%j gets the whole', async (headers) => {
    const { get, gitea } = world();
    const { status, body } = await get(`${AWS}/1.0.0`, { headers });
    expect({ status, same: body.equals(AWS_1) }).toEqual({ status: 200, same: true });
    expect(gitea.requests[0]?.headers.range).toBeUndefined();
  });

  test('count where If-Range and If-Match name the asset', async () => {
    const { get } = world();
    const { status } = await get(`${AWS}/1.0.0`, {
      headers: { range: 'bytes=0-9', 'if-range': ETAG, 'if-match': ETAG },
    });
    expect(status).toBe(206);
  });

  test.each([
    ['bytes=1000000-1000009', 1_000_000, 1_000_009],
    ['bytes=-2000000', BIG.length - 2_000_000, BIG.length - 1],
  ])('%s of a large asset', async (range, first, last) => {
    const { get } = world();
    const { status, body } = await get('/extensions/taskserv/big/1.0.0', { headers: { range } });
    expect({ status, same: body.equals(BIG.subarray(first, last + 1)) }).toEqual({ status: 206, same: true });
  });

  test.each([
    ['bytes=100-199', 100, 199],
    ['bytes=-5', 1_599_995, 1_599_999],
    ['bytes=10-1400000', 10, 1_400_000],
  ])('%s is cut from the whole where the backend knows no ranges', async (range, first, last) => {
    const oci = await startFakeOci({ flavour: 'gitea' });
    onTestFinished(() => oci.close());
    const content = bytesOf(1_600_000, 'no ranges');
    oci.pushArtifact('acme/plain-provider', '1.0.0', { layers: [{ title: 'plain.tar.gz', content }] });
    const config = configOf(await temporaryFolder(), [ociConfig(oci.url, { repositories: ['plain-provider'] })]);
    await runIndexer(config);
    const { get } = await startProxy(config);
    const { status, headers, body } = await get('/extensions/provider/plain/1.0.0', { headers: { range } });
    expect({ status, same: body.equals(content.subarray(first, last + 1)) }).toEqual({ status: 206, same: true });
    expect(headers['content-range']).toBe(`bytes ${first}-${last}/1600000`);
    expect(oci.requests.at(-1)).toMatchObject({ status: 200 });
  });
});

describe('an asset without a digest', () => {
  test('has no ETag, no ranges, and is not kept', async () => {
    const { get } = await startWorld({ digests: 'latest' });
    for (const headers of [{}, { range: 'bytes=0-9' }, { 'if-none-match': '"x"' }]) {
      const answer = await get(`${AWS}/1.0.0`, { headers });
      expect({ status: answer.status, same: answer.body.equals(AWS_1) }).toEqual({ status: 200, same: true });
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-length': '5000' });
      for (const field of ['etag', 'accept-ranges', 'repr-digest']) expect(answer.headers[field]).toBeUndefined();
    }
    expect((await get(`${AWS}/1.0.0`, { headers: { 'if-match': '"x"' } })).status).toBe(412);
  });
});
