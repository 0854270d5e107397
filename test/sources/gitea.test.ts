import { describe, expect, test } from 'vitest';
import { messageOf } from '../../indexer/model/errors.ts';
import type { GiteaSource } from '../../indexer/model/source-config.ts';
import type { FakeGitea, RepositorySpec } from '../fakes/gitea.ts';
import { addExtension, asked, sourceOf, startGitea } from './gitea-worlds.ts';
import { codesOf, errorOf, list, soon, versionsOf } from './open-source.ts';

/*
 * What is particular to Gitea and Forgejo (shared/real-backends.md, section 3). The fake's links and URLs name another
 * host than the one that is asked, as behind a reverse proxy.
 */

function addExtensions(gitea: FakeGitea, count: number, overrides: Partial<RepositorySpec> = {}): string[] {
  const names = Array.from({ length: count }, (_, index) => `ext-${String(index).padStart(3, '0')}`);
  for (const name of names) addExtension(gitea, { ...overrides, name: `${name}_prov` });
  return names.map((name) => `provider/${name}@1.0.0`);
}

describe('the repositories of an organization', () => {
  test.each([
    { title: 'more than a page', count: 120, maxLimit: 50, pages: 3 },
    { title: 'an exact page', count: 50, maxLimit: 50, pages: 1 },
    { title: 'a server that gives fewer a page than we ask for', count: 25, maxLimit: 10, pages: 3 },
  ])('are all read: $title', async ({ count, maxLimit, pages }) => {
    const gitea = await startGitea({ maxLimit });
    const expected = addExtensions(gitea, count);
    const listing = await list(sourceOf(gitea));
    expect(versionsOf(listing)).toEqual(expected);
    expect(asked(gitea, /^\/api\/v1\/orgs\/acme\/repos\?/)).toHaveLength(pages);
    expect(gitea.unexpected).toEqual([]);
  });

  test('are read past pages that are short or empty, to a total that is never reached', async () => {
    const gitea = await startGitea({ maxLimit: 2 });
    gitea.addToken({ token: 'bot', sees: 'public' });
    for (const name of ['a', 'b', 'c']) addExtension(gitea, { name: `${name}_prov`, private: true });
    addExtension(gitea, { name: 'd_prov' });
    for (const name of ['e', 'f', 'g']) addExtension(gitea, { name: `${name}_prov`, private: true });
    addExtension(gitea, { name: 'h_prov' });
    addExtension(gitea, { name: 'i_prov', private: true });
    const listing = await list(sourceOf(gitea, { secret: 'bot' }));
    expect(versionsOf(listing)).toEqual(['provider/d@1.0.0', 'provider/h@1.0.0']);
    expect(asked(gitea, /\/orgs\/acme\/repos\?/)).toHaveLength(5);
  });

  test('that come on two pages because one moved meanwhile are read once', async () => {
    const gitea = await startGitea({ maxLimit: 2 });
    addExtensions(gitea, 3);
    let first: unknown;
    const page = (number: string) => (request: { path: string; query: URLSearchParams }) =>
      request.path.endsWith('/repos') && request.query.get('page') === number;
    const remember = (body: unknown) => ([first] = body as unknown[]) && body;
    gitea.misbehave({ match: page('1'), fault: { kind: 'replaceJson', replace: remember } });
    gitea.misbehave({ match: page('2'), fault: { kind: 'replaceJson', replace: (body) => [first, ...(body as [])] } });
    const listing = await list(sourceOf(gitea));
    expect(versionsOf(listing)).toEqual([0, 1, 2].map((number) => `provider/ext-00${number}@1.0.0`));
    expect(listing.findings).toEqual([]);
    expect(asked(gitea, /ext-000_prov\/releases/)).toHaveLength(1);
  });

  test.each<{ spec: Partial<RepositorySpec>; byDefault: boolean; with?: Partial<GiteaSource> }>([
    { spec: {}, byDefault: true },
    { spec: { archived: true }, byDefault: true },
    { spec: { private: true }, byDefault: false, with: { includePrivate: true } },
    { spec: { fork: true }, byDefault: false, with: { includeForks: true } },
    { spec: { template: true }, byDefault: false, with: { includeForks: true } },
    { spec: { mirror: true }, byDefault: false, with: { includeForks: true } },
    { spec: { private: true, fork: true }, byDefault: false, with: { includeForks: true, includePrivate: true } },
  ])('that are $spec are listed as the configuration says', async ({ spec, byDefault, with: allowed }) => {
    const gitea = await startGitea();
    gitea.addToken({ token: 'bot' });
    addExtension(gitea, { name: 'aws_prov', ...spec });
    const plain = await list(sourceOf(gitea, { secret: 'bot' }));
    expect(versionsOf(plain)).toEqual(byDefault ? ['provider/aws@1.0.0'] : []);
    if (allowed === undefined) return;
    expect(versionsOf(await list(sourceOf(gitea, { secret: 'bot', ...allowed })))).toEqual(['provider/aws@1.0.0']);
  });

  test('are told apart by their endings, and one whose name cannot be an extension is a finding', async () => {
    const gitea = await startGitea();
    for (const name of ['aws_prov', 'redis_taskserv', 'blue_cluster', 'website', '_prov', 'Not-Lower_prov']) {
      addExtension(gitea, { name });
    }
    const listing = await list(sourceOf(gitea));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0', 'taskserv/redis@1.0.0', 'cluster/blue@1.0.0']);
    expect(listing.findings).toEqual([
      { code: 'invalid_name', source: 'gitea', subject: 'acme/Not-Lower_prov', detail: expect.any(String) },
    ]);
  });

  test('that have no release are not asked for any', async () => {
    const gitea = await startGitea();
    gitea.addRepository('acme', { name: 'young_prov' });
    gitea.addRepository('acme', { name: 'draft_prov' });
    gitea.addRelease('acme', 'draft_prov', { tag: '1.0.0', draft: true });
    expect(await list(sourceOf(gitea))).toEqual({ releases: [], findings: [] });
    expect(asked(gitea, /releases/)).toEqual([]);
  });
});

describe('releases', () => {
  test('carry everything that Gitea tells of them', async () => {
    const gitea = await startGitea();
    gitea.addRepository('acme', {
      name: 'aws_prov',
      description: 'Amazon  Web\nServices',
      topics: ['cloud', 'amazon', 'cloud'],
      website: 'https://aws.example.test/docs',
      licenses: ['MIT', 'Apache-2.0'],
      archived: true,
    });
    const { id, assets } = gitea.addRelease('acme', 'aws_prov', {
      tag: 'v1.2.0',
      body: '## New\r\n\r\nEverything.',
      author: 'releaser',
      createdAt: '2026-02-03T05:05:06+01:00',
      prerelease: true,
      assets: [{ name: 'aws-1.2.0.zip', content: 'zip' }],
    });
    expect((await list(sourceOf(gitea))).releases).toEqual([
      {
        id: 'provider/aws',
        version: '1.2.0',
        tag: 'v1.2.0',
        key: `acme/aws_prov#${id}`,
        published_at: '2026-02-03T04:05:06Z',
        prerelease: true,
        notes: '## New\n\nEverything.',
        about: {
          description: 'Amazon Web Services',
          author: 'releaser',
          repository: `${gitea.url}/acme/aws_prov`,
          tags: ['cloud', 'amazon'],
          license: 'MIT OR Apache-2.0',
          homepage: 'https://aws.example.test/docs',
          archived: true,
        },
        assets: [
          {
            name: 'aws-1.2.0.zip',
            size: 3,
            media_type: 'application/zip',
            primary: true,
            location: { source: 'gitea', attachment: assets[0]!.uuid },
          },
        ],
      },
    ]);
  });

  test('on an older tag are found deep in the list, with the date of their tag', async () => {
    const gitea = await startGitea({ maxLimit: 2 });
    gitea.addRepository('acme', { name: 'aws_prov' });
    const assets = [{ name: 'aws.tar.gz', content: 'aws' }];
    for (const tag of ['1.0.0', '1.1.0', '1.2.0']) gitea.addRelease('acme', 'aws_prov', { tag, assets });
    gitea.addRelease('acme', 'aws_prov', { tag: '9.0.0', createdAt: '2020-01-02T03:04:05Z', assets });
    const { releases } = await list(sourceOf(gitea));
    expect(releases.map((each) => each.version)).toEqual(['1.2.0', '1.1.0', '1.0.0', '9.0.0']);
    expect(releases.at(-1)?.published_at).toBe('2020-01-02T03:04:05Z');
  });

  test('that are drafts are never listed, not even to a token that may see them', async () => {
    const gitea = await startGitea();
    gitea.addToken({ token: 'admin', scopes: ['all'] });
    addExtension(gitea, { name: 'aws_prov' });
    gitea.addRelease('acme', 'aws_prov', { tag: '2.0.0', draft: true, assets: [{ name: 'a.tgz', content: 'draft' }] });
    const source = sourceOf(gitea, { secret: 'admin' });
    const listing = await list(source);
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    // As when its tag is deleted: the release is still there, and a draft now.
    const release = listing.releases[0]!;
    gitea.addRelease('acme', 'aws_prov', { tag: '3.0.0', id: 77, draft: true });
    expect(await source.fetchRelease({ ...release, key: 'acme/aws_prov#77' }, soon())).toBeUndefined();
  });

  test('that two pages repeat are one, and two tags of one version are told', async () => {
    const gitea = await startGitea();
    gitea.addRepository('acme', { name: 'aws_prov' });
    const assets = [{ name: 'aws.tar.gz', content: 'aws' }];
    for (const tag of ['1.0.0', 'v1.0.0', 'v2.0.0']) gitea.addRelease('acme', 'aws_prov', { tag, assets });
    const twice = (body: unknown) => [...(body as unknown[]), ...(body as unknown[])];
    gitea.misbehave({ match: /\/releases$/, fault: { kind: 'replaceJson', replace: twice } });
    const listing = await list(sourceOf(gitea));
    expect(listing.releases.map((each) => each.tag).toSorted()).toEqual(['1.0.0', 'v2.0.0']);
    expect(new Set(codesOf(listing))).toEqual(new Set(['duplicate_version']));
    expect(listing.findings[0]!.detail).toBe('The tags 1.0.0 and v1.0.0 are the same version; 1.0.0 is listed.');
  });

  test('of another shape are findings, and hide no other', async () => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    const spoiled = (body: unknown) => [{ id: 'seven' }, ...(body as unknown[]), { id: 8, tag_name: '' }];
    gitea.misbehave({ match: /\/releases$/, fault: { kind: 'replaceJson', replace: spoiled } });
    const listing = await list(sourceOf(gitea));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(codesOf(listing)).toEqual(['read_failed', 'read_failed']);
  });

  test('keep safe assets only, each name once, and no links to elsewhere', async () => {
    const gitea = await startGitea();
    gitea.addRepository('acme', { name: 'aws_prov' });
    const names = ['aws.tar.gz', '..', 'a/b.bin', 'two\nlines', 'twice.txt', 'Twice.txt', 'empty.txt', 'index.json'];
    const assets = names.map((name) => ({ name, content: name === 'empty.txt' ? '' : name }));
    gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets });
    const external = { name: 'mirror.zip', size: 0, uuid: 'aaaaaaaa-0000-4000-8000-000000000000', type: 'external' };
    const addLink = (body: unknown) => {
      const [release, ...more] = body as { assets: object[] }[];
      return [{ ...release, assets: [external, ...release!.assets] }, ...more];
    };
    gitea.misbehave({ match: /\/releases$/, fault: { kind: 'replaceJson', replace: addLink } });
    const listing = await list(sourceOf(gitea));
    expect(listing.releases[0]!.assets.map((each) => each.name)).toEqual(['aws.tar.gz', 'empty.txt']);
    expect(codesOf(listing)).toEqual(Array.from({ length: 6 }, () => 'unsafe_asset_name'));
  });

  test('that have no asset to list are findings', async () => {
    const gitea = await startGitea();
    gitea.addRepository('acme', { name: 'aws_prov' });
    gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0' });
    const listing = await list(sourceOf(gitea));
    expect([listing.releases, codesOf(listing)]).toEqual([[], ['no_asset']]);
  });
});

describe('lost access', () => {
  test.each([
    { title: 'the organization does not exist', organization: 'nobody' },
    { title: 'the organization is private', organization: 'secret' },
    { title: 'everything in the organization is private', organization: 'acme' },
  ])('is an error where $title', async ({ organization }) => {
    const gitea = await startGitea();
    gitea.addOrganization({ name: 'secret', visibility: 'private' });
    gitea.addToken({ token: 'bot', sees: 'public' });
    addExtension(gitea, { name: 'aws_prov', private: true });
    const error = await errorOf(list(sourceOf(gitea, { organization, secret: 'bot' })));
    expect(error).toMatchObject({ code: 'source_failed' });
    expect(messageOf(error)).toContain(`gitea: the organization ${organization} does not exist or is not shown to us`);
  });

  test('of the organization is told by the health check too', async () => {
    const gitea = await startGitea();
    const error = await errorOf(sourceOf(gitea, { organization: 'nobody' }).checkHealth(soon()));
    expect(error).toMatchObject({ code: 'source_failed' });
  });
});
