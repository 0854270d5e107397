import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { Listing } from '../../indexer/sources/source.ts';
import { giteaConfig } from '../builders.ts';
import { startFakeServer, type FakeServer } from '../fakes/fake-server.ts';
import { jsonReply, type LoggedRequest, type Reply } from '../fakes/replies.ts';
import { addExtension, sourceOf, startGitea } from './gitea-worlds.ts';
import { codesOf, errorOf, list, openSource, soon, versionsOf } from './open-source.ts';

/* A Gitea that means harm, or has been filled by somebody who does: nothing takes long, and each says what it was. */

const MAX_MS = 5_000;

const REPOSITORY = { id: 1, name: 'aws_prov', full_name: 'acme/aws_prov', release_counter: 1 };

function releaseOf(number: number, more: object = {}): object {
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { id: number, tag_name: `1.${number}.0`, assets: [{ name: 'aws.tar.gz', size: 3, uuid }], ...more };
}

/** Repositories, and for the releases of each what `page` answers. */
async function startOne(
  page: (request: LoggedRequest) => Reply,
  repositories = JSON.stringify([REPOSITORY]),
): Promise<FakeServer> {
  const server = await startFakeServer((request) => {
    if (request.path.endsWith('/orgs/acme')) return jsonReply(200, { name: 'acme' });
    return (request.path.endsWith('/repos') ? onePage(repositories) : page)(request);
  });
  onTestFinished(() => server.close());
  return server;
}

/** One page, given as it is. */
function onePage(text: string): (request: LoggedRequest) => Reply {
  const headers = { 'Content-Type': 'application/json', 'X-Total-Count': '1' };
  return () => ({ status: 200, headers, body: Buffer.from(text) });
}

async function listSoon(server: FakeServer): Promise<Listing> {
  const before = performance.now();
  const listing = await list(openSource(giteaConfig(server.url)));
  expect(performance.now() - before).toBeLessThan(MAX_MS);
  return listing;
}

describe('endless pages', () => {
  test('of ever new releases end where too much is read', async () => {
    const body = 'x'.repeat(1024 * 1024);
    const server = await startOne(({ query }) => {
      const link = `<?page=${Number(query.get('page')) + 1}>; rel="next"`;
      return jsonReply(200, [releaseOf(Number(query.get('page')), { body })], { Link: link });
    });
    // The only repository: what cannot be read of all of them is the source's failure.
    const error = await errorOf(listSoon(server));
    expect(codeOf(error)).toBe('too_large');
    expect(messageOf(error)).toContain('has more than the 134217728 bytes that are read of a list');
    expect(server.requests.length).toBeLessThan(140);
  });
});

test('10,000 releases of one repository: the 2,000 highest versions are listed, and a finding says so', async () => {
  const server = await startOne(({ query }) => {
    const first = (Number(query.get('page')) - 1) * 50;
    const page = Array.from({ length: 50 }, (_, index) => releaseOf(first + index));
    return jsonReply(200, page, { 'X-Total-Count': '10000' });
  });
  const { releases, findings } = await listSoon(server);
  expect(releases).toHaveLength(2_000);
  expect(releases.map((each) => each.version)).toContain('1.9999.0');
  expect(releases.map((each) => each.version)).not.toContain('1.7999.0');
  expect(findings).toEqual([
    {
      code: 'too_large',
      source: 'gitea',
      subject: 'provider/aws',
      detail: 'It has 10000 versions, and only the 2000 highest are read.',
    },
  ]);
});

test('10,000 releases whose tags are no versions are 2,000 findings, of which the last tells of the others', async () => {
  const server = await startOne(({ query }) => {
    const first = (Number(query.get('page')) - 1) * 50;
    const page = Array.from({ length: 50 }, (_, index) =>
      releaseOf(first + index, { tag_name: `build-${first + index}` }),
    );
    return jsonReply(200, page, { 'X-Total-Count': '10000' });
  });
  const { releases, findings } = await listSoon(server);
  expect([releases.length, findings.length]).toEqual([0, 2_000]);
  expect(findings.at(-1)?.detail).toMatch(/There are 8000 more of such problems\.$/);
});

describe('a release that is too much', () => {
  const asset = (number: number, name = `file-${number}.txt`) => ({
    name,
    size: 3,
    uuid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  });

  test('has as many files as are read of it', async () => {
    const assets = Array.from({ length: 100_000 }, (_, number) => asset(number));
    const server = await startOne(onePage(JSON.stringify([releaseOf(1, { assets })])));
    const { releases, findings } = await listSoon(server);
    expect(releases[0]!.assets).toHaveLength(1_000);
    expect(codesOf({ releases, findings })).toEqual(['no_primary_asset', 'too_large']);
    expect(Math.max(...findings.map((each) => each.detail.length))).toBeLessThan(500);
  });

  test('of a thousand unsafe names is told in a few findings', async () => {
    const assets = Array.from({ length: 1_000 }, (_, number) => asset(number, `../${number}`));
    const server = await startOne(onePage(JSON.stringify([releaseOf(1, { assets }), releaseOf(2)])));
    const { findings } = await listSoon(server);
    expect(findings).toHaveLength(20);
    expect(findings.at(-1)?.detail).toContain('There are 981 more of such problems.');
  });

  test('of 5 MB in each of its texts is cut', async () => {
    const text = 'x '.repeat(2_500_000);
    const repository = {
      ...REPOSITORY,
      description: text,
      website: text,
      topics: Array.from({ length: 100_000 }, (_, at) => `t${at}`),
    };
    const releases = JSON.stringify([releaseOf(1, { body: text, author: { login: text } })]);
    const server = await startOne(onePage(releases), JSON.stringify([repository]));
    const listing = await listSoon(server);
    expect(JSON.stringify(listing).length).toBeLessThan(50_000);
    expect(listing.findings.map((each) => each.code)).toEqual(Array.from({ length: 4 }, () => 'truncated_text'));
  });
});

describe('JSON that means harm', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);

  test.each([
    { title: 'is the whole page', page: deep },
    { title: 'is a field that is read', page: `[{"id":1,"tag_name":"1.0.0","assets":${deep}}]` },
  ])('of 100,000 brackets is a finding where it $title', async ({ page }) => {
    const other = { ...REPOSITORY, id: 2, name: 'b_prov', full_name: 'acme/b_prov' };
    const good = JSON.stringify([releaseOf(1)]);
    const server = await startOne(
      (request) => onePage(request.path.includes('b_prov') ? good : page)(request),
      JSON.stringify([REPOSITORY, other]),
    );
    const listing = await listSoon(server);
    expect(versionsOf(listing)).toEqual(['provider/b@1.1.0']);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([['read_failed', 'acme/aws_prov']]);
  });

  test('of 100,000 brackets in a field that nobody reads does no harm', async () => {
    const server = await startOne(onePage(JSON.stringify([releaseOf(1)]).replace('{', `{"x":${deep},`)));
    expect(versionsOf(await listSoon(server))).toEqual(['provider/aws@1.1.0']);
  });

  test('has keys that are taken for nothing: __proto__, constructor', async () => {
    const hostile = '"__proto__":{"draft":true,"private":true},"constructor":{"prototype":{"draft":true}}';
    const within = (value: object): string => `[${JSON.stringify(value).replace('{', `{${hostile},`)}]`;
    const server = await startOne(onePage(within(releaseOf(1))), within(REPOSITORY));
    const listing = await listSoon(server);
    expect([versionsOf(listing), listing.findings]).toEqual([['provider/aws@1.1.0'], []]);
    expect(({} as { draft?: boolean }).draft).toBeUndefined();
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', '../../api/v1/user'])(
    'names no attachment %j, which is no uuid',
    async (uuid) => {
      const assets = [{ name: 'aws.tar.gz', size: 3, uuid }];
      const server = await startOne(onePage(JSON.stringify([releaseOf(1, { assets })])));
      expect(codesOf(await listSoon(server))).toEqual(['read_failed']);
    },
  );
});

describe('a login page with status 200', () => {
  test.each([
    { title: 'the organization', match: /\/orgs\/acme$/, code: 'bad_answer' },
    { title: 'the list of repositories', match: /\/orgs\/acme\/repos$/, code: 'bad_answer' },
    { title: 'every list of releases', match: /\/releases$/, code: 'bad_answer' },
    { title: 'the version', match: /\/version$/, code: 'bad_answer' },
  ])('instead of $title is an error and no empty list', async ({ match, code }) => {
    const gitea = await startGitea();
    addExtension(gitea, { name: 'aws_prov' });
    gitea.misbehave({ match, fault: { kind: 'garbage' } });
    const source = sourceOf(gitea);
    const doing = /repos|releases/.test(match.source) ? list(source) : source.checkHealth(soon());
    const error = await errorOf(doing);
    expect(codeOf(error)).toBe(code);
    expect(messageOf(error)).toContain('does not answer JSON; see that the URL is the right one');
  });
});
