import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClients } from './clients.ts';
import type { OciClients } from './clients.ts';
import { startGitea } from './gitea.ts';
import type { RealGitea } from './gitea.ts';
import type { GiteaAsset, GiteaRelease, GiteaRepository } from './gitea-api.ts';

// What the product relies on, asked of a real Gitea. Its links name another host than the one we talk to,
// as behind a reverse proxy.
const ROOT_URL = 'http://gitea.example.test/';
const REPOSITORY = 'exts/tool_taskserv';
const BYTES = 'ten bytes!';

let gitea: RealGitea;
let clients: OciClients;
let release: GiteaRelease;
let asset: GiteaAsset;

beforeAll(async () => {
  gitea = await startGitea({ rootUrl: ROOT_URL });
  const { seed } = gitea;
  await seed.createOrganization('exts');
  await seed.createRepository('exts', { name: 'tool_taskserv' });
  await seed.createOrganization('secret', 'private');
  await seed.createRepository('secret', { name: 'tool_taskserv', autoInit: false });
  release = await seed.createRelease(REPOSITORY, { tag: 'v1.0.0', body: 'First.' });
  asset = await seed.uploadAsset(REPOSITORY, release.id, { name: 'tool.tar.gz', bytes: BYTES });
  clients = await createClients(gitea.registry, { username: gitea.admin.username, password: gitea.admin.token });
});

afterAll(async () => {
  await clients?.remove();
  await gitea?.remove();
});

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gitea.url}${path}`, { headers, redirect: 'manual' });
}

async function listReleases(repository: string, headers: Record<string, string> = {}): Promise<GiteaRelease[]> {
  return (await (await get(`/api/v1/repos/${repository}/releases`, headers)).json()) as GiteaRelease[];
}

describe('the repositories of an organization', () => {
  beforeAll(async () => {
    await gitea.seed.createOrganization('many');
    await gitea.seed.createRepository('many', { name: 'hidden', private: true, autoInit: false });
    for (let number = 1; number <= 51; number += 1) {
      await gitea.seed.createRepository('many', { name: `visible-${number}`, autoInit: false });
    }
  });

  test('come 50 a page at most, linked on ROOT_URL, and the total counts the invisible', async () => {
    const asBot = { authorization: `token ${gitea.bot.token}` };
    const first = await get('/api/v1/orgs/many/repos?limit=500&page=1', asBot);
    expect(first.headers.get('x-total-count')).toBe('52');
    expect(first.headers.get('link')).toContain(`<${ROOT_URL}api/v1/orgs/many/repos?limit=500&page=2>; rel="next"`);
    const second = await get('/api/v1/orgs/many/repos?limit=500&page=2', asBot);
    expect(second.headers.get('link')).not.toContain('rel="next"');
    const pages = (await Promise.all([first.json(), second.json()])) as GiteaRepository[][];
    // The short page is the first one: the private repository was cut from it after counting.
    expect(pages.map((page) => page.length)).toEqual([49, 2]);
    // Only for a signed-in stranger: without a token they are not counted.
    expect((await get('/api/v1/orgs/many/repos')).headers.get('x-total-count')).toBe('51');
  });

  test('of a private organization are an empty list with a total, until one is a member', async () => {
    const asBot = { authorization: `token ${gitea.bot.token}` };
    for (const headers of [{}, asBot]) {
      const response = await get('/api/v1/orgs/secret/repos', headers);
      expect([response.status, response.headers.get('x-total-count'), await response.json()]).toEqual([200, '1', []]);
      expect((await get('/api/v1/orgs/secret', headers)).status).toBe(404);
    }
    await gitea.seed.addMember(await gitea.seed.createTeam('secret', 'readers'), 'bot');
    expect(await (await get('/api/v1/orgs/secret/repos', asBot)).json()).toHaveLength(1);
  });

  test('answer under an old name with a relative redirect', async () => {
    await gitea.seed.createRepository('exts', { name: 'old_cluster', autoInit: false });
    await gitea.seed.renameRepository('exts/old_cluster', 'new_cluster');
    const response = await get('/api/v1/repos/exts/old_cluster');
    expect([response.status, response.headers.get('location')]).toEqual([301, '/api/v1/repos/exts/new_cluster']);
  });
});

describe('releases', () => {
  test('on a tag that was pushed before take its date and come last', async () => {
    await gitea.seed.createRepository('exts', { name: 'dated_cluster' });
    const tagged = { repository: 'exts/dated_cluster', tag: 'v0.1.0', date: '2020-01-02T03:04:05Z' };
    await gitea.seed.createRelease('exts/dated_cluster', { tag: 'v1.0.0' });
    await gitea.seed.pushTag({ ...tagged, message: 'Annotated' });
    await gitea.seed.createRelease('exts/dated_cluster', { tag: 'v0.1.0' });
    await gitea.seed.pushTag({ ...tagged, tag: 'v0.2.0', date: '2021-01-02T03:04:05Z' });
    await gitea.seed.createRelease('exts/dated_cluster', { tag: 'v0.2.0' });

    const releases = await listReleases('exts/dated_cluster');
    expect(releases.map(({ tag_name }) => tag_name)).toEqual(['v1.0.0', 'v0.2.0', 'v0.1.0']);
    expect(releases.map(({ published_at }) => published_at).slice(1)).toEqual([
      '2021-01-02T03:04:05Z',
      '2020-01-02T03:04:05Z',
    ]);
  });

  test('whose tag is deleted are hidden from readers, as drafts are', async () => {
    await gitea.seed.createRepository('exts', { name: 'drafts_cluster' });
    await gitea.seed.createRelease('exts/drafts_cluster', { tag: 'v1.0.0' });
    await gitea.seed.createRelease('exts/drafts_cluster', { tag: 'v2.0.0', draft: true });
    expect((await listReleases('exts/drafts_cluster')).map(({ tag_name }) => tag_name)).toEqual(['v1.0.0']);
    await gitea.seed.deleteTag('exts/drafts_cluster', 'v1.0.0');
    expect(await listReleases('exts/drafts_cluster')).toEqual([]);
    const asAdmin = { authorization: `token ${gitea.admin.token}` };
    expect(await listReleases('exts/drafts_cluster', asAdmin)).toHaveLength(2);
  });

  test('say neither digest nor type of an asset', async () => {
    const [listed] = await listReleases(REPOSITORY);
    expect(Object.keys(listed!.assets[0]!).sort()).toEqual([
      'browser_download_url',
      'created_at',
      'download_count',
      'id',
      'name',
      'size',
      'uuid',
    ]);
    expect(listed!.assets[0]!.browser_download_url).toBe(
      `${ROOT_URL}${REPOSITORY}/releases/download/v1.0.0/tool.tar.gz`,
    );
  });

  test.each(['..', 'a/b.bin', 'two\nlines', 'tool.tar.gz'])(
    'may have an asset named %j beside others',
    async (name) => {
      const hostile = await gitea.seed.createRelease(REPOSITORY, {
        tag: `v2.0.0-${Buffer.from(name).toString('hex')}`,
      });
      await gitea.seed.uploadAsset(REPOSITORY, hostile.id, { name: 'tool.tar.gz', bytes: BYTES });
      expect((await gitea.seed.uploadAsset(REPOSITORY, hostile.id, { name, bytes: '' })).name).toBe(name);
    },
  );
});

describe('an attachment', () => {
  test.each([
    { range: 'bytes=2-4', status: 206, body: 'n b', contentRange: 'bytes 2-4/10' },
    { range: 'bytes=4-', status: 206, body: 'bytes!', contentRange: 'bytes 4-9/10' },
    { range: 'bytes=-3', status: 416, body: expect.any(String), contentRange: null },
    { range: 'bytes=10-', status: 416, body: expect.any(String), contentRange: null },
    { range: 'bytes=0-1,3-4', status: 400, body: expect.any(String), contentRange: null },
  ])('answers Range $range with $status', async ({ range, status, body, contentRange }) => {
    const response = await get(`/attachments/${asset.uuid}`, { range });
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  test('sets a cookie, is to be shown inline and has its uuid as ETag', async () => {
    const response = await get(`/attachments/${asset.uuid}`);
    expect(await response.text()).toBe(BYTES);
    expect(response.headers.get('set-cookie')).toMatch(/^i_like_gitea=/);
    expect(response.headers.get('content-disposition')).toMatch(/^inline; filename=tool\.tar\.gz/);
    expect(response.headers.get('etag')).toBe(`"${asset.uuid}"`);
    const again = await get(`/attachments/${asset.uuid}`, { 'if-none-match': `"${asset.uuid}"` });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('Gitea as an OCI registry', () => {
  const file = { name: 'tool.tar.gz', bytes: BYTES, mediaType: 'application/gzip' };

  beforeAll(async () => {
    await clients.orasPush({ repository: 'exts/tool-taskserv', tag: '1.0.0,V2.0.0', files: [file] });
  });

  async function anonymousToken(): Promise<string> {
    return ((await (await get('/v2/token')).json()) as { token: string }).token;
  }

  test('challenges with a realm on the host that was asked, and with Basic too for a private owner', async () => {
    const bearer = `Bearer realm="${gitea.url}/v2/token",service="container_registry",scope="*"`;
    expect((await get('/v2/')).headers.get('www-authenticate')).toBe(bearer);
    const secret = await get('/v2/secret/tool/tags/list');
    expect(secret.status).toBe(401);
    // Two header lines, which fetch joins.
    expect(secret.headers.get('www-authenticate')).toBe(`${bearer}, Basic realm="Gitea Container Registry"`);
  });

  test('lower-cases tags and links to a next page until one is empty', async () => {
    const headers = { authorization: `Bearer ${await anonymousToken()}` };
    const first = await get('/v2/exts/tool-taskserv/tags/list', headers);
    expect(await first.json()).toEqual({ name: 'exts/tool-taskserv', tags: ['1.0.0', 'v2.0.0'] });
    const next = /^<(?<path>[^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.groups?.['path'];
    const second = await get(next!, headers);
    expect([second.headers.get('link'), await second.json()]).toEqual([null, { name: 'exts/tool-taskserv', tags: [] }]);
  });

  test('serves manifests whatever is accepted, and whole blobs whatever the Range', async () => {
    const headers = { authorization: `Bearer ${await anonymousToken()}`, range: 'bytes=0-1' };
    const manifest = (await (await get('/v2/exts/tool-taskserv/manifests/1.0.0', headers)).json()) as {
      layers: { digest: string }[];
    };
    const blob = await get(`/v2/exts/tool-taskserv/blobs/${manifest.layers[0]!.digest}`, headers);
    expect([blob.status, await blob.text()]).toEqual([200, BYTES]);
  });
});

test('startGitea keeps its world over a restart', async () => {
  await gitea.stop();
  await expect(get('/api/v1/version')).rejects.toThrow('fetch failed');
  await gitea.restart();
  expect(await (await get('/api/v1/version')).json()).toEqual({ version: '1.26.4' });
  expect((await listReleases(REPOSITORY)).map(({ tag_name }) => tag_name)).toContain('v1.0.0');
});

test('a Gitea that requires sign-in refuses its API and sends downloads to its login page', async () => {
  const closed = await startGitea({ requireSignIn: true });
  try {
    const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${closed.url}${path}`, { headers, redirect: 'manual' })).status;
    expect(await statusOf('/api/v1/version')).toBe(403);
    expect(await statusOf('/v2/token')).toBe(401);
    expect(await statusOf('/api/v1/version', { authorization: `token ${closed.bot.token}` })).toBe(200);
    const download = await fetch(`${closed.url}/attachments/${asset.uuid}`, { redirect: 'manual' });
    expect([download.status, download.headers.get('location')?.split('?')[0]]).toEqual([303, '/user/login']);
  } finally {
    await closed.remove();
  }
});
