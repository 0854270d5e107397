import { afterEach, describe, expect, test } from 'vitest';
import { startFakeGitea, type FakeGitea, type FakeGiteaOptions } from './gitea.ts';

let gitea: FakeGitea;

afterEach(() => gitea.close());

async function start(options: FakeGiteaOptions = {}): Promise<void> {
  gitea = await startFakeGitea({ organizations: ['exts', { name: 'secret', visibility: 'private' }], ...options });
}

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${gitea.url}${path}`, { headers, method, redirect: 'manual' });

const asToken = (token: string) => ({ authorization: `token ${token}` });

async function getJson<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  return (await (await get(path, headers)).json()) as T;
}

const namesIn = (items: readonly { readonly name: string }[]) => items.map((each) => each.name);

describe('paging', () => {
  test('cuts the page before it takes out what the caller may not see', async () => {
    await start();
    for (const [number, isPrivate] of [false, true, true, false, false].entries()) {
      gitea.addRepository('exts', { name: `r${number}`, private: isPrivate });
    }
    gitea.addToken({ token: 'stranger', sees: 'public' });
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => get(`/api/v1/orgs/exts/repos?limit=2&page=${page}`, asToken('stranger'))),
    );
    const items = await Promise.all(pages.map(async (each) => namesIn((await each.json()) as { name: string }[])));
    expect(items).toEqual([['r0'], ['r3'], ['r4'], []]);
    expect(pages.map((each) => each.headers.get('x-total-count'))).toEqual(['5', '5', '5', '5']);
    // Without a token the private ones are not counted.
    expect((await get('/api/v1/orgs/exts/repos')).headers.get('x-total-count')).toBe('3');
  });

  test('clamps the limit in silence and links to ROOT_URL with the one that was asked for', async () => {
    await start({ maxLimit: 3 });
    for (let number = 0; number < 7; number += 1) gitea.addRepository('exts', { name: `r${number}` });
    const response = await get('/api/v1/orgs/exts/repos?page=2&limit=500');
    expect(await response.json()).toHaveLength(3);
    const base = 'http://git.example.test/api/v1/orgs/exts/repos?limit=500';
    expect(response.headers.get('link')).toBe(
      `<${base}&page=3>; rel="next",<${base}&page=3>; rel="last",<${base}&page=1>; rel="first",<${base}&page=1>; rel="prev"`,
    );
    const past = await get('/api/v1/orgs/exts/repos?limit=3&page=9');
    expect([past.status, await past.json()]).toEqual([200, []]);
    expect(past.headers.get('link')).not.toContain('rel="next"');
  });

  test('orders releases by date and then id, newest first, the release on an old tag deep in the list', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    const sameTime = '2026-05-01T00:00:00Z';
    gitea.addRelease('exts', 'tool', { tag: 'v1.0.0', createdAt: sameTime });
    gitea.addRelease('exts', 'tool', { tag: 'v1.0.1', createdAt: sameTime });
    gitea.addRelease('exts', 'tool', { tag: 'v0.1.0', createdAt: '2020-01-02T00:00:00Z', id: 400 });
    const releases = await getJson<{ tag_name: string }[]>('/api/v1/repos/exts/tool/releases');
    expect(releases.map((each) => each.tag_name)).toEqual(['v1.0.1', 'v1.0.0', 'v0.1.0']);
  });
});

describe('access', () => {
  test('of a stranger to a private organization looks like an emptied one', async () => {
    await start();
    gitea.addRepository('secret', { name: 'tool' });
    gitea.addToken({ token: 'stranger', sees: 'public' });
    gitea.addToken({ token: 'member', sees: ['secret'] });
    for (const headers of [{}, asToken('stranger')]) {
      const response = await get('/api/v1/orgs/secret/repos', headers);
      expect([response.status, response.headers.get('x-total-count'), await response.json()]).toEqual([200, '1', []]);
      expect((await get('/api/v1/orgs/secret', headers)).status).toBe(404);
    }
    expect(await getJson('/api/v1/orgs/secret/repos', asToken('member'))).toHaveLength(1);
    gitea.revokeToken('member');
    expect((await get('/api/v1/orgs/secret/repos', asToken('member'))).status).toBe(401);
  });

  test.each([
    { authorization: 'token pat', status: 200 },
    { authorization: 'BEARER pat', status: 200 },
    { authorization: `Basic ${btoa('whoever:pat')}`, status: 200 },
    { authorization: `Basic ${btoa('pat:')}`, status: 200 },
    { authorization: `Basic ${btoa('pat:x-oauth-basic')}`, status: 200 },
    { authorization: 'token guess', status: 401 },
    { authorization: `Basic ${btoa('pat:guess')}`, status: 401 },
  ])('with "$authorization" is answered $status, even on public data', async ({ authorization, status }) => {
    await start();
    gitea.addToken({ token: 'pat' });
    expect((await get('/api/v1/version', { authorization })).status).toBe(status);
  });

  test('without the scope is refused by its name, and a public-only token sees nothing private', async () => {
    await start();
    gitea.addRepository('exts', { name: 'closed', private: true });
    gitea.addToken({ token: 'narrow', scopes: ['read:organization'] });
    gitea.addToken({ token: 'public', scopes: ['read:repository', 'public-only'] });
    const refused = await get('/api/v1/repos/exts/closed', asToken('narrow'));
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining('required=[read:repository]'),
    ]);
    expect((await get('/api/v1/repos/exts/closed', asToken('public'))).status).toBe(404);
    expect((await get('/api/v1/repositories/1')).status).toBe(401);
  });

  test('under REQUIRE_SIGNIN_VIEW is 403 on the API and a redirect to the login page on downloads', async () => {
    await start({ requireSignIn: true });
    expect((await get('/api/v1/version')).status).toBe(403);
    const download = await get('/attachments/x');
    expect([download.status, download.headers.get('location')]).toEqual([
      303,
      '/user/login?redirect_to=%2Fattachments%2Fx',
    ]);
  });

  test('to drafts is for writers, but by the asset`s uuid for everybody', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    const assets = [{ name: 'tool.tgz', content: 'draft' }];
    const draft = gitea.addRelease('exts', 'tool', { tag: 'v1.0.0', draft: true, assets });
    gitea.addToken({ token: 'writer', scopes: ['write:repository'] });
    expect(await getJson('/api/v1/repos/exts/tool/releases')).toEqual([]);
    expect((await get(`/api/v1/repos/exts/tool/releases/${draft.id}`)).status).toBe(404);
    expect((await get('/exts/tool/releases/download/v1.0.0/tool.tgz')).status).toBe(404);
    expect(await getJson('/api/v1/repos/exts/tool/releases', asToken('writer'))).toHaveLength(1);
    expect(await (await get(`/attachments/${draft.assets[0]!.uuid}`)).text()).toBe('draft');
  });
});

describe('a repository', () => {
  test('answers 301 with a relative Location under its old names, until one is taken again', async () => {
    await start();
    gitea.addOrganization({ name: 'other' });
    gitea.addRepository('exts', { name: 'old' });
    gitea.renameRepository('exts', 'old', 'new');
    const moved = await get('/api/v1/repos/exts/old/releases?page=2');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/api/v1/repos/exts/new/releases?page=2']);
    gitea.transfer('exts', 'new', 'other');
    const web = await get('/exts/new/releases/download/v1/x');
    expect([web.status, web.headers.get('location')]).toEqual([301, '/other/new/releases/download/v1/x']);
    const reborn = gitea.addRepository('exts', { name: 'old' });
    expect(await getJson('/api/v1/repos/exts/old')).toMatchObject({ id: reborn.id });
  });

  test('counts its published releases, and its page is on the host that was called', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    gitea.addRelease('exts', 'tool', { tag: 'v1.0.0' });
    gitea.addRelease('exts', 'tool', { tag: 'v2.0.0', draft: true });
    expect(await getJson('/api/v1/repos/EXTS/Tool')).toMatchObject({
      release_counter: 1,
      html_url: `${gitea.url}/exts/tool`,
      url: 'http://git.example.test/api/v1/repos/exts/tool',
    });
  });

  test('is not to be asked with HEAD', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    expect((await get('/api/v1/repos/exts/tool', {}, 'HEAD')).status).toBe(405);
    expect(gitea.unexpected).toHaveLength(1);
  });
});

describe('assets', () => {
  test('are sorted by name, may have any name, and say neither digest nor type', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    const names = ['b', '..', 'a/b', 'two\nlines', 'b'];
    const assets = names.map((name, number) => ({ name, content: String(number) }));
    gitea.addRelease('exts', 'tool', { tag: 'rel/1.0+b', assets });
    const [release] = await getJson<{ assets: { name: string; browser_download_url: string; uuid: string }[] }[]>(
      '/api/v1/repos/exts/tool/releases',
    );
    expect(namesIn(release!.assets)).toEqual(['..', 'a/b', 'b', 'b', 'two\nlines']);
    expect(Object.keys(release!.assets[0]!)).not.toContain('digest');
    // Doubled names make all links of the release go by uuid.
    expect(release!.assets[0]!.browser_download_url).toBe(
      `http://git.example.test/attachments/${release!.assets[0]!.uuid}`,
    );
    expect(await (await get('/exts/tool/releases/download/rel%2F1.0+b/b')).text()).toBe('0');
  });

  test('get a new id and uuid when they are replaced', async () => {
    await start();
    gitea.addRepository('exts', { name: 'tool' });
    const release = gitea.addRelease('exts', 'tool', { tag: 'v1', assets: [{ name: 'a', content: 'old' }] });
    const old = release.assets[0]!;
    const replaced = gitea.replaceAsset('exts', 'tool', { tag: 'v1', name: 'a', content: 'new' });
    expect([replaced.id > old.id, replaced.uuid === old.uuid]).toEqual([true, false]);
    expect((await get(`/attachments/${old.uuid}`)).status).toBe(404);
  });
});

describe('a download', () => {
  async function startWithAsset(options: FakeGiteaOptions = {}) {
    await start(options);
    gitea.addRepository('exts', { name: 'tool' });
    const assets = [{ name: 'tool.tar.gz', content: 'ten bytes!' }];
    return gitea.addRelease('exts', 'tool', { tag: 'v1.0.0', assets }).assets[0]!;
  }

  test.each([
    { range: 'bytes=2-4', status: 206, body: 'n b', contentRange: 'bytes 2-4/10' },
    { range: 'bytes=4-', status: 206, body: 'bytes!', contentRange: 'bytes 4-9/10' },
    { range: 'bytes=8-99', status: 206, body: 's!', contentRange: 'bytes 8-9/10' },
    { range: 'bytes=-3', status: 416, body: 'strconv.ParseInt: parsing "": invalid syntax\n', contentRange: null },
    { range: 'bytes=10-', status: 416, body: 'invalid start range\n', contentRange: null },
    { range: 'bytes=5-3', status: 400, body: 'invalid end range\n', contentRange: null },
    { range: 'bytes=0-1,3-4', status: 400, body: expect.any(String), contentRange: null },
    { range: 'items=0-1', status: 200, body: 'ten bytes!', contentRange: null },
  ])('with Range $range is $status', async ({ range, status, body, contentRange }) => {
    const { uuid } = await startWithAsset();
    const response = await get(`/attachments/${uuid}`, { range, 'if-range': '"other"' });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      body,
      contentRange,
    ]);
    expect(response.headers.get('accept-ranges')).toBeNull();
  });

  test('has its uuid as ETag, sets a cookie, is inline and private, and counts however it is asked', async () => {
    const asset = await startWithAsset();
    const path = `/exts/tool/releases/attachments/${asset.uuid}`;
    const etag = `"${asset.uuid}"`;
    const response = await get(path);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag,
      'content-length': '10',
      'set-cookie': expect.stringMatching(/^i_like_gitea=/),
      'content-disposition': 'inline; filename=tool.tar.gz',
      'cache-control': 'max-age=0, private, must-revalidate, no-transform',
    });
    for (const match of [etag, `W/${etag}`, `"x", ${etag}`]) {
      expect((await get(path, { 'if-none-match': match })).status).toBe(304);
    }
    expect((await get(path, { 'if-none-match': '*' }, 'HEAD')).status).toBe(200);
    await get(path, { range: 'bytes=99-' });
    expect(asset.downloadCount).toBe(6);
    expect(gitea.unexpected).toEqual([]);
  });

  test('goes to another origin under SERVE_DIRECT, which takes no Authorization', async () => {
    const { uuid } = await startWithAsset({ serveDirect: true });
    const response = await get(`/attachments/${uuid}`);
    const location = response.headers.get('location')!;
    expect([response.status, new URL(location).origin, response.headers.get('set-cookie')]).toEqual([
      303,
      gitea.store!.url,
      null,
    ]);
    expect(await (await fetch(location, { headers: { range: 'bytes=-3' } })).text()).toBe('es!');
    expect((await fetch(location, { headers: { authorization: 'token pat' } })).status).toBe(400);
    expect((await fetch(location, { method: 'HEAD' })).status).toBe(403);
  });
});
