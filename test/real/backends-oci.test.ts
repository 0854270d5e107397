import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClients } from './clients.ts';
import type { Credentials, OciClients } from './clients.ts';
import { startDistribution } from './distribution.ts';
import type { RealDistribution } from './distribution.ts';

// What the product relies on, asked of a real CNCF distribution.
const REPOSITORY = 'exts/tool-taskserv';
const OCI_TYPES = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
const FILE = { name: 'tool.tar.gz', bytes: 'ten bytes!', mediaType: 'application/gzip' };

interface OciManifest {
  artifactType: string;
  layers: { mediaType: string; digest: string; size: number; annotations: Record<string, string> }[];
  manifests: { digest: string; platform: object; artifactType: string }[];
  annotations: Record<string, string>;
}

function get(server: RealDistribution, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/v2/${path}`, { headers });
}

async function getManifest(server: RealDistribution, reference: string): Promise<OciManifest> {
  const response = await get(server, `${REPOSITORY}/manifests/${reference}`, { accept: OCI_TYPES });
  return (await response.json()) as OciManifest;
}

function basic({ username, password }: Credentials): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

describe('an open registry', () => {
  let server: RealDistribution;
  let clients: OciClients;
  let digest: string;
  beforeAll(async () => {
    server = await startDistribution({ auth: 'open' });
    clients = await createClients(server.registry);
    digest = await clients.orasPush({
      repository: REPOSITORY,
      tag: '1.0.0,2.0.0,10.0.0',
      files: [FILE],
      artifactType: 'application/vnd.example.extension',
      annotations: { 'org.opencontainers.image.description': 'A tool' },
    });
  });
  afterAll(async () => {
    await clients?.remove();
    await server?.remove();
  });

  test('gives what oras pushed, with titles and annotations', async () => {
    const manifest = await getManifest(server, '1.0.0');
    expect(manifest.artifactType).toBe('application/vnd.example.extension');
    expect(manifest.annotations).toEqual({
      'org.opencontainers.image.created': '2024-05-06T07:08:09Z',
      'org.opencontainers.image.description': 'A tool',
    });
    expect(manifest.layers).toMatchObject([
      { mediaType: 'application/gzip', size: 10, annotations: { 'org.opencontainers.image.title': 'tool.tar.gz' } },
    ]);
    expect(await clients.craneDigest(REPOSITORY, '1.0.0')).toBe(digest);
    expect((await clients.orasPull(REPOSITORY, digest)).get('tool.tar.gz')?.toString()).toBe('ten bytes!');
  });

  test('says that a manifest is unknown when its type is not accepted', async () => {
    const response = await get(server, `${REPOSITORY}/manifests/1.0.0`);
    expect([response.status, await response.json()]).toMatchObject([404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] }]);
  });

  test('knows an unchanged manifest by its exact ETag only', async () => {
    const path = `${REPOSITORY}/manifests/1.0.0`;
    const statusFor = async (etag: string): Promise<number> =>
      (await get(server, path, { accept: OCI_TYPES, 'if-none-match': etag })).status;
    expect([await statusFor(`"${digest}"`), await statusFor(`W/"${digest}"`)]).toEqual([304, 200]);
  });

  test('pages tags in lexical order with a relative link', async () => {
    const first = await get(server, `${REPOSITORY}/tags/list?n=2`);
    expect(await first.json()).toEqual({ name: REPOSITORY, tags: ['1.0.0', '10.0.0'] });
    expect(first.headers.get('link')).toBe(`</v2/${REPOSITORY}/tags/list?last=10.0.0&n=2>; rel="next"`);
    const second = await get(server, `${REPOSITORY}/tags/list?last=10.0.0&n=2`);
    expect([await second.json(), second.headers.get('link')]).toEqual([{ name: REPOSITORY, tags: ['2.0.0'] }, null]);
  });

  test.each([
    { range: 'bytes=2-4', status: 206, body: 'n b', contentRange: 'bytes 2-4/10' },
    { range: 'bytes=-3', status: 206, body: 'es!', contentRange: 'bytes 7-9/10' },
    { range: 'bytes=10-', status: 416, body: expect.any(String), contentRange: 'bytes */10' },
  ])('answers Range $range of a blob with $status', async ({ range, status, body, contentRange }) => {
    const { layers } = await getManifest(server, '1.0.0');
    const response = await get(server, `${REPOSITORY}/blobs/${layers[0]!.digest}`, { range });
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  test('gives the index that crane made, a platform for each member', async () => {
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const tag = `3.0.0-${platform.replace('/', '-')}`;
      await clients.orasPush({ repository: REPOSITORY, tag, files: [FILE], artifactType: 'application/x', platform });
    }
    const index = await clients.craneIndex(REPOSITORY, '3.0.0', ['3.0.0-linux-amd64', '3.0.0-linux-arm64']);
    expect(await clients.craneDigest(REPOSITORY, '3.0.0')).toBe(index);
    expect((await getManifest(server, '3.0.0')).manifests).toMatchObject([
      { platform: { os: 'linux', architecture: 'amd64' }, artifactType: 'application/x' },
      { platform: { os: 'linux', architecture: 'arm64' }, artifactType: 'application/x' },
    ]);
  });

  test('takes untitled layers from crane and keeps every tag of them', async () => {
    const image = { repository: 'exts/untitled-cluster', tag: '1.0.0', layer: Buffer.from('not even a tar') };
    const appended = await clients.craneAppend({ ...image, platform: 'linux/amd64' });
    await clients.craneTag('exts/untitled-cluster', '1.0.0', '1.0.1');
    expect(await clients.craneDigest('exts/untitled-cluster', '1.0.1')).toBe(appended);
  });

  test('keeps a referrer under a tag of its own, having no referrers API', async () => {
    const repository = 'exts/signed-cluster';
    const subject = await clients.orasPush({ repository, tag: '1.0.0', files: [FILE] });
    await clients.orasAttach({ repository, subject: '1.0.0', artifactType: 'application/vnd.sbom', files: [FILE] });
    const { tags } = (await (await get(server, `${repository}/tags/list`)).json()) as { tags: string[] };
    expect(tags).toEqual(['1.0.0', subject.replace(':', '-')]);
    expect((await get(server, `${repository}/referrers/${subject}`)).status).toBe(404);
  });

  test('lists an emptied repository with null tags', async () => {
    const repository = 'exts/emptied-cluster';
    await clients.orasPush({ repository, tag: '1.0.0', files: [FILE] });
    await clients.craneDelete(repository, '1.0.0');
    expect(await (await get(server, `${repository}/tags/list`)).json()).toEqual({ name: repository, tags: null });
    const catalog = (await (await get(server, '_catalog')).json()) as { repositories: string[] };
    expect(catalog.repositories).toContain(repository);
  });
});

describe('a registry with htpasswd', () => {
  let server: RealDistribution;
  beforeAll(async () => {
    server = await startDistribution({ auth: 'htpasswd' });
  });
  afterAll(() => server?.remove());

  test('challenges with Basic and takes the right password only', async () => {
    const anonymous = await get(server, '');
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="test"']);
    expect((await get(server, '', basic(server.reader))).status).toBe(200);
    expect((await get(server, '', basic({ ...server.reader, password: 'guess' }))).status).toBe(401);
  });

  test('takes a push of a client that logged in, and keeps it over a restart', async () => {
    const clients = await createClients(server.registry, server.pusher);
    const digest = await clients.orasPush({ repository: REPOSITORY, tag: '1.0.0', files: [FILE] });
    await server.restart();
    expect(await clients.craneDigest(REPOSITORY, '1.0.0')).toBe(digest);
    await clients.remove();
  });
});

describe('a registry with a token issuer', () => {
  let server: RealDistribution;
  beforeAll(async () => {
    server = await startDistribution({ auth: 'token' });
    const clients = await createClients(server.registry, server.pusher);
    await clients.orasPush({ repository: REPOSITORY, tag: '1.0.0', files: [FILE] });
    await clients.remove();
  });
  afterAll(() => server?.remove());

  const scope = `repository:${REPOSITORY}:pull`;
  async function bearer(credentials?: Credentials): Promise<{ authorization: string }> {
    const url = `${server.issuer!.realm}?service=test-registry&scope=${scope}`;
    const response = await fetch(url, { headers: credentials === undefined ? {} : basic(credentials) });
    return { authorization: `Bearer ${((await response.json()) as { token: string }).token}` };
  }

  test.each([
    ['', ''],
    ['_catalog', ',scope="registry:catalog:*"'],
    [`${REPOSITORY}/tags/list`, `,scope="${scope}"`],
  ])('challenges /v2/%s with Bearer', async (path, challengedScope) => {
    const response = await get(server, path);
    const challenge = `Bearer realm="${server.issuer!.realm}",service="test-registry"${challengedScope}`;
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge]);
  });

  test('answers a token of the reader and names what an anonymous one lacks', async () => {
    const path = `${REPOSITORY}/tags/list`;
    const allowed = await get(server, path, await bearer(server.reader));
    expect([allowed.status, await allowed.json()]).toEqual([200, { name: REPOSITORY, tags: ['1.0.0'] }]);
    const refused = await get(server, path, await bearer());
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(server.issuer!.requests.at(-2)).toEqual({
      username: 'reader',
      service: 'test-registry',
      scopes: [scope],
      status: 200,
    });
  });

  test('refuses a token that expired more than a minute ago', async () => {
    server.issuer!.lifetimeSeconds = -120;
    const response = await get(server, `${REPOSITORY}/tags/list`, await bearer(server.reader));
    server.issuer!.lifetimeSeconds = 300;
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('lets a reader pull but not push', async () => {
    const clients = await createClients(server.registry, server.reader);
    expect((await clients.orasPull(REPOSITORY, '1.0.0')).get('tool.tar.gz')?.toString()).toBe('ten bytes!');
    const push = clients.orasPush({ repository: REPOSITORY, tag: '2.0.0', files: [FILE] });
    await expect(push).rejects.toThrow('unauthorized: authentication required');
    await clients.remove();
  });
});
