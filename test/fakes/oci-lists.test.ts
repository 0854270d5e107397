import { afterEach, describe, expect, test } from 'vitest';
import { startFakeOci, type FakeOci, type FakeOciOptions, type OciFlavour } from './oci.ts';

const REPOSITORY = 'exts/tool-taskserv';

let oci: FakeOci;

afterEach(() => oci.close());

async function start(options: FakeOciOptions = {}): Promise<void> {
  oci = await startFakeOci(options);
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${oci.url}/v2/${path}`, { headers });

function push(tag = '1.0.0', repository = REPOSITORY): void {
  oci.pushArtifact(repository, tag, { layers: [{ title: 'tool.tar.gz', content: 'ten bytes!' }] });
}

/** A gitea wants a token for everything. */
async function authorize(): Promise<Record<string, string>> {
  if (oci.flavour !== 'gitea') return {};
  const { token } = (await (await get('token')).json()) as { token: string };
  return { authorization: `Bearer ${token}` };
}

const ALL: readonly OciFlavour[] = ['distribution', 'gitea', 'zot', 'crane'];

describe('the catalog', () => {
  async function startWithThree(options: FakeOciOptions) {
    await start(options);
    for (const name of ['exts/c', 'exts/a', 'exts/b']) push('1.0.0', name);
    return authorize();
  }

  test.each([
    ['distribution', '?n=2', ['exts/a', 'exts/b'], '</v2/_catalog?last=exts%2Fb&n=2>; rel="next"'],
    ['distribution', '?n=3', ['exts/a', 'exts/b', 'exts/c'], null],
    ['distribution', '?n=0', [], null],
    ['distribution', '?n=2&last=exts/aa', ['exts/b', 'exts/c'], null],
    ['gitea', '?n=2', ['exts/a', 'exts/b'], '</v2/_catalog?last=exts%2Fb&n=2>; rel="next"'],
    ['gitea', '?n=3', ['exts/a', 'exts/b', 'exts/c'], '</v2/_catalog?last=exts%2Fc&n=3>; rel="next"'],
    ['gitea', '?n=0', ['exts/a', 'exts/b', 'exts/c'], null],
    ['zot', '?n=2', ['exts/a', 'exts/b'], '</v2/_catalog?n=2&last=exts/b>; rel="next"'],
    ['zot', '?n=3', ['exts/a', 'exts/b', 'exts/c'], null],
    ['zot', '?n=2&last=exts/aa', [], null],
    ['crane', '?n=2', ['exts/c', 'exts/a'], null],
  ] as const)('of a %s with %s is %j and links to %j', async (...[flavour, query, repositories, link]) => {
    const headers = await startWithThree({ flavour });
    const response = await get(`_catalog${query}`, headers);
    expect([await response.json(), response.headers.get('link')]).toEqual([{ repositories }, link]);
  });

  test.each(['?n=1001', '?n=-1', '?n=x'])('of a distribution refuses %s', async (query) => {
    await startWithThree({});
    const response = await get(`_catalog${query}`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] },
    ]);
  });

  test.each([
    [{ refused: 401 }, 401],
    [{ refused: 404 }, 404],
    [{ cutAt: 1 }, 200],
  ] as const)('can be told %j', async (catalog, status) => {
    await startWithThree({ catalog });
    const response = await get('_catalog');
    expect([response.status, response.headers.get('link')]).toEqual([status, null]);
    if (status === 200) expect(await response.json()).toEqual({ repositories: ['exts/c'] });
  });

  test.each([
    ['distribution', true, null],
    ['gitea', false, []],
    ['zot', true, []],
    ['crane', true, null],
  ] as const)('of a %s keeps an emptied repository (%s), whose tags are %j', async (flavour, isKept, tags) => {
    await start({ flavour });
    push();
    oci.emptyRepository(REPOSITORY);
    const headers = await authorize();
    const { repositories } = (await (await get('_catalog', headers)).json()) as { repositories: string[] };
    expect(repositories.includes(REPOSITORY)).toBe(isKept);
    const list = await get(`${REPOSITORY}/tags/list`, headers);
    expect([list.status, await list.json()]).toEqual([200, { name: REPOSITORY, tags }]);
  });
});

describe('tags', () => {
  const path = `/v2/${REPOSITORY}/tags/list`;

  test.each([
    ['distribution', '?n=2', ['1.0.0', '10.0.0'], `<${path}?last=10.0.0&n=2>; rel="next"`],
    ['distribution', '?n=2&last=10.0.0', ['2.0.0', 'V0.2.0'], `<${path}?last=V0.2.0&n=2>; rel="next"`],
    ['distribution', '?n=2&last=V0.2.0', null, null],
    ['distribution', '?last=1.5.0', ['10.0.0', '2.0.0', 'V0.2.0'], null],
    ['gitea', '', ['1.0.0', '10.0.0', '2.0.0', 'v0.2.0'], `<${path}?last=v0.2.0>; rel="next"`],
    ['gitea', '?n=2', ['1.0.0', '10.0.0'], `<${path}?last=10.0.0&n=2>; rel="next"`],
    ['gitea', '?last=v0.2.0', [], null],
    ['zot', '?n=2', ['1.0.0', '10.0.0'], `<${path}?n=2&last=10.0.0>; rel="next"`],
    ['zot', '?n=4', ['1.0.0', '10.0.0', '2.0.0', 'V0.2.0'], null],
    ['crane', '?n=2', ['1.0.0', '10.0.0'], null],
    ['crane', '?n=2&last=V0.2.0', ['1.0.0', '10.0.0'], null],
  ] as const)('of a %s with "%s" are %j and link to %j', async (...[flavour, query, tags, link]) => {
    await start({ flavour });
    for (const tag of ['2.0.0', 'V0.2.0', '10.0.0', '1.0.0']) push(tag);
    const response = await get(`${REPOSITORY}/tags/list${query}`, await authorize());
    expect([await response.json(), response.headers.get('link')]).toEqual([{ name: REPOSITORY, tags }, link]);
  });

  test('of a zot that does not know `last` are 404 without a body', async () => {
    await start({ flavour: 'zot' });
    push();
    const response = await get(`${REPOSITORY}/tags/list?last=0.9.0`);
    expect([response.status, await response.text()]).toEqual([404, '']);
  });

  test('of a gitea are in lower case and answer in both', async () => {
    await start({ flavour: 'gitea' });
    push('V0.2.0');
    const headers = await authorize();
    for (const tag of ['V0.2.0', 'v0.2.0']) {
      expect((await get(`EXTS/tool-taskserv/manifests/${tag}`, headers)).status).toBe(200);
    }
  });

  test.each(ALL)('of a missing repository of a %s are NAME_UNKNOWN', async (flavour) => {
    await start({ flavour });
    push();
    const response = await get('exts/none/tags/list', await authorize());
    expect([response.status, await response.json()]).toMatchObject([404, { errors: [{ code: 'NAME_UNKNOWN' }] }]);
  });
});
