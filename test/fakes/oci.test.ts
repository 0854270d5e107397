import { afterEach, describe, expect, test } from 'vitest';
import { digestOf, startFakeOci, type FakeOci, type FakeOciOptions, type OciFlavour } from './oci.ts';

const ACCEPT = { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' };
const REPOSITORY = 'exts/tool-taskserv';
const BODY = 'ten bytes!';

let oci: FakeOci;

afterEach(() => oci.close());

async function start(options: FakeOciOptions = {}): Promise<void> {
  oci = await startFakeOci(options);
}

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${oci.url}/v2/${path}`, { headers, method, redirect: 'manual' });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function push(tag = '1.0.0', repository = REPOSITORY) {
  const layers = [{ title: 'tool.tar.gz', mediaType: 'application/gzip', content: BODY }];
  return oci.pushArtifact(repository, tag, { artifactType: 'application/vnd.example', annotations: { tag }, layers });
}

/** A gitea wants a token for everything. */
async function authorize(): Promise<Record<string, string>> {
  if (oci.flavour !== 'gitea') return {};
  return bearer(((await (await get('token')).json()) as { token: string }).token);
}

const ALL: readonly OciFlavour[] = ['distribution', 'gitea', 'zot', 'crane'];

describe('pushing', () => {
  test.each(ALL)('gives the same bytes back from a %s, by tag and by digest', async (flavour) => {
    await start({ flavour });
    const pushed = push();
    const headers = { ...ACCEPT, ...(await authorize()) };
    for (const reference of ['1.0.0', pushed.digest]) {
      const response = await get(`${REPOSITORY}/manifests/${reference}`, headers);
      const text = await response.text();
      expect([response.status, response.headers.get('docker-content-digest'), digestOf(text)]).toEqual([
        200,
        pushed.digest,
        pushed.digest,
      ]);
      expect(JSON.parse(text)).toMatchObject({
        artifactType: 'application/vnd.example',
        config: { digest: digestOf('{}') },
        layers: [{ size: 10, annotations: { 'org.opencontainers.image.title': 'tool.tar.gz' } }],
      });
    }
    const blob = await get(`${REPOSITORY}/blobs/${pushed.layers[0]!.digest}`, headers);
    expect([await blob.text(), blob.headers.get('docker-content-digest')]).toEqual([BODY, digestOf(BODY)]);
    expect(oci.unexpected).toEqual([]);
  });

  test('makes an index, moves and deletes tags, and keeps garbage as it is', async () => {
    await start();
    const platform = { os: 'linux', architecture: 'arm64' };
    const index = oci.pushImageIndex(REPOSITORY, '2.0.0', { manifests: [{ platform, layers: [{ content: BODY }] }] });
    expect(await (await get(`${REPOSITORY}/manifests/2.0.0`, ACCEPT)).json()).toMatchObject({
      manifests: [{ digest: index.manifests[0]!.digest, platform }],
    });
    const first = push('1.0.0');
    push('1.1.0');
    oci.moveTag(REPOSITORY, '1.1.0', first.digest);
    expect((await get(`${REPOSITORY}/manifests/1.1.0`, ACCEPT)).headers.get('etag')).toBe(`"${first.digest}"`);
    oci.deleteTag(REPOSITORY, '1.0.0');
    expect((await get(`${REPOSITORY}/manifests/1.0.0`, ACCEPT)).status).toBe(404);
    expect((await get(`${REPOSITORY}/manifests/${first.digest}`, ACCEPT)).status).toBe(200);
    oci.pushRaw(REPOSITORY, '3.0.0', { bytes: '{"half', mediaType: 'application/x-odd' });
    const raw = await get(`${REPOSITORY}/manifests/3.0.0`, ACCEPT);
    expect([raw.headers.get('content-type'), await raw.text()]).toEqual(['application/x-odd', '{"half']);
  });

  test('of a referrer leaves its tag', async () => {
    await start();
    const { digest } = push();
    const hex = digest.replace(':', '-');
    expect(oci.attachReferrerTag(REPOSITORY, digest)).toBe(hex);
    expect(oci.attachReferrerTag(REPOSITORY, digest, 'cosign')).toBe(`${hex}.sig`);
    expect(await (await get(`${REPOSITORY}/tags/list`)).json()).toMatchObject({ tags: ['1.0.0', hex, `${hex}.sig`] });
  });
});

describe('a manifest', () => {
  test.each([
    ['distribution', 404],
    ['gitea', 200],
    ['zot', 200],
    ['crane', 200],
  ] as const)('of a %s without a fitting Accept is %i, an index is always served', async (flavour, status) => {
    await start({ flavour });
    push();
    oci.pushImageIndex(REPOSITORY, '2.0.0', { manifests: [{ layers: [{ content: BODY }] }] });
    const headers = { ...(await authorize()), accept: 'application/vnd.docker.distribution.manifest.v2+json' };
    const response = await get(`${REPOSITORY}/manifests/1.0.0`, headers);
    expect(response.status).toBe(status);
    if (status === 404) expect(await response.text()).toContain('OCI manifest found, but accept header');
    expect((await get(`${REPOSITORY}/manifests/2.0.0`, headers)).status).toBe(200);
  });

  test('of a distribution is 304 for exactly its digest, and says nothing more', async () => {
    await start();
    const { digest } = push();
    const statusFor = async (etag: string) =>
      (await get(`${REPOSITORY}/manifests/1.0.0`, { ...ACCEPT, 'if-none-match': etag }, 'HEAD')).status;
    expect(await Promise.all([`"${digest}"`, digest, `W/"${digest}"`, `"x", "${digest}"`].map(statusFor))).toEqual([
      304, 304, 200, 200,
    ]);
    const unchanged = await get(`${REPOSITORY}/manifests/1.0.0`, { ...ACCEPT, 'if-none-match': digest });
    expect([unchanged.headers.get('etag'), unchanged.headers.get('docker-content-digest')]).toEqual([null, null]);
  });

  test.each([
    ['distribution', 500, 400],
    ['gitea', 404, 404],
    ['zot', 404, 404],
    ['crane', 404, 400],
  ] as const)('of a %s under a malformed digest is %i, a blob %i', async (flavour, manifest, blob) => {
    await start({ flavour });
    push();
    const headers = { ...ACCEPT, ...(await authorize()) };
    const statuses = ['manifests', 'blobs'].map(
      async (kind) => (await get(`${REPOSITORY}/${kind}/sha256:abc`, headers)).status,
    );
    expect(await Promise.all(statuses)).toEqual([manifest, blob]);
  });

  test.each([
    ['distribution', 404, 404],
    ['gitea', 404, 200],
    ['zot', 200, 200],
    ['crane', 404, 404],
  ] as const)('of a %s has referrers %i and is %i among the blobs', async (flavour, referrers, blob) => {
    await start({ flavour });
    const { digest } = push();
    oci.attachReferrerTag(REPOSITORY, digest);
    const headers = await authorize();
    const response = await get(`${REPOSITORY}/referrers/${digest}`, headers);
    expect(response.status).toBe(referrers);
    if (referrers === 200) expect(await response.json()).toMatchObject({ manifests: [{ size: expect.any(Number) }] });
    expect((await get(`${REPOSITORY}/blobs/${digest}`, headers)).status).toBe(blob);
  });
});

describe('a blob', () => {
  test.each([
    ['distribution', 'bytes=2-4', 206, 'n b', 'bytes 2-4/10'],
    ['distribution', 'bytes=-3', 206, 'es!', 'bytes 7-9/10'],
    ['distribution', 'bytes=0-0,9-9', 206, expect.stringContaining('Content-Range: bytes 9-9/10\r\n'), null],
    ['distribution', 'bytes=10-', 416, 'invalid range: failed to overlap\n', 'bytes */10'],
    ['distribution', 'bytes=5-3', 416, 'invalid range\n', null],
    ['gitea', 'bytes=2-4', 200, BODY, null],
    ['gitea', 'bytes=99-', 200, BODY, null],
    ['zot', 'bytes=-3', 206, 'es!', 'bytes 7-9/10'],
    ['zot', 'bytes=5-3', 416, '', 'bytes */10'],
    ['crane', 'bytes=2-4', 206, 'n b', 'bytes 2-4/10'],
    ['crane', 'bytes=2-', 416, expect.stringContaining('BLOB_UNKNOWN'), null],
  ] as const)('of a %s with Range %s is %i', async (...[flavour, range, status, body, contentRange]) => {
    await start({ flavour });
    const [layer] = push().layers;
    const response = await get(`${REPOSITORY}/blobs/${layer!.digest}`, { range, ...(await authorize()) });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      body,
      contentRange,
    ]);
  });

  test.each([
    ['distribution', 200, 304],
    ['gitea', 200, 200],
    ['zot', 206, 200],
  ] as const)('of a %s answers a wrong If-Range with %i and its ETag with %i', async (flavour, ifRange, noneMatch) => {
    await start({ flavour });
    const path = `${REPOSITORY}/blobs/${push().layers[0]!.digest}`;
    const headers = await authorize();
    expect((await get(path, { ...headers, range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(ifRange);
    expect((await get(path, { ...headers, 'if-none-match': `"${digestOf(BODY)}"` })).status).toBe(noneMatch);
  });

  test.each([
    ['distribution', 'application/octet-stream', 'application/octet-stream'],
    ['gitea', 'application/gzip', null],
    ['zot', 'application/gzip', 'application/gzip'],
  ] as const)('of a %s is %s for GET and %s for HEAD', async (flavour, forGet, forHead) => {
    await start({ flavour });
    const path = `${REPOSITORY}/blobs/${push().layers[0]!.digest}`;
    const headers = await authorize();
    const responses = await Promise.all(['GET', 'HEAD'].map((method) => get(path, headers, method)));
    expect(responses.map((each) => each.headers.get('content-type'))).toEqual([forGet, forHead]);
  });

  test('goes to another origin when told, which takes no Authorization', async () => {
    await start({ redirectBlobs: true });
    const response = await get(`${REPOSITORY}/blobs/${push().layers[0]!.digest}`);
    const location = response.headers.get('location')!;
    expect([response.status, new URL(location).origin]).toEqual([307, oci.store!.url]);
    expect(await (await fetch(location)).text()).toBe(BODY);
    expect((await fetch(location, { headers: bearer('token') })).status).toBe(400);
    expect(oci.store!.requests.map((each) => each.status)).toEqual([200, 400]);
  });
});
