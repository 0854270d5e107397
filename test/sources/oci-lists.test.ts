import { describe, expect, onTestFinished, test } from 'vitest';
import { messageOf } from '../../indexer/model/errors.ts';
import { ociConfig } from '../builders.ts';
import { startFakeServer, type FakeServer } from '../fakes/fake-server.ts';
import type { OciFlavour } from '../fakes/oci.ts';
import { jsonReply, type LoggedRequest } from '../fakes/replies.ts';
import { codesOf, errorOf, list, openSource, versionsOf } from './open-source.ts';
import { asked, pushExtension, sourceOf, startOci } from './oci-worlds.ts';

/* How registries list, and how their lists end (shared/real-backends.md, section 4). */

const FLAVOURS: readonly OciFlavour[] = ['distribution', 'gitea', 'zot', 'crane'];

describe('the catalog', () => {
  test.each<{ flavour: OciFlavour; repositories: number; pages: number }>([
    { flavour: 'distribution', repositories: 2_300, pages: 3 },
    // The first is asked twice: a stranger needs a token too.
    { flavour: 'gitea', repositories: 230, pages: 4 },
    { flavour: 'zot', repositories: 2_300, pages: 3 },
    { flavour: 'crane', repositories: 230, pages: 1 },
  ])('is read to its end at $flavour', async ({ flavour, repositories, pages }) => {
    const oci = await startOci({ flavour });
    for (let number = 0; number < repositories; number += 1) {
      oci.pushRaw(`others/image-${number}`, 'x', { bytes: '{}', mediaType: 'application/json' });
    }
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    pushExtension(oci, 'zzz/aws-provider', '1.0.0');
    expect(versionsOf(await list(sourceOf(oci, { namespace: 'zzz' })))).toEqual(['provider/aws@1.0.0']);
    expect(asked(oci, /_catalog/)).toHaveLength(pages);
    expect(oci.unexpected).toEqual([]);
  });

  test.each([401, 404] as const)(
    'that is refused (%i) is not needed when the repositories are named',
    async (refused) => {
      const oci = await startOci({ catalog: { refused } });
      pushExtension(oci, 'acme/aws-provider', '1.0.0');
      pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
      const error = await errorOf(list(sourceOf(oci)));
      expect(error).toMatchObject({ code: 'source_failed' });
      expect(messageOf(error)).toContain('List the repositories in [oci] repositories.');
      const repositories = ['aws-provider', 'acme/redis-taskserv', 'acme/aws-provider'];
      const listing = await list(sourceOf(oci, { repositories }));
      expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0', 'taskserv/redis@7.2.0']);
    },
  );

  test('that fails for the moment is no missing one, and is asked again', async () => {
    const oci = await startOci();
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    oci.misbehave({ match: /_catalog/, times: 1, fault: { kind: 'status', status: 500 } });
    expect(versionsOf(await list(sourceOf(oci)))).toEqual(['provider/aws@1.0.0']);
    oci.misbehave({ match: /_catalog/, fault: { kind: 'status', status: 500 } });
    const error = await errorOf(list(sourceOf(oci)));
    expect(error).toMatchObject({ code: 'bad_answer', status: 500 });
    expect(messageOf(error)).not.toContain('[oci] repositories');
  });

  test('that stops in the middle is an error that names the remedy', async () => {
    const oci = await startOci({ flavour: 'crane' });
    for (let number = 0; number < 1_001; number += 1) oci.emptyRepository(`acme/image-${number}`);
    const error = await errorOf(list(sourceOf(oci)));
    expect(messageOf(error)).toMatch(/stops after 1000 names.*List the repositories in \[oci\] repositories\./);
  });

  test('may be of a server that allows fewer names a page', async () => {
    const oci = await startOci();
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    oci.misbehave({
      match: (request) => request.query.get('n') === '1000',
      fault: { kind: 'status', status: 400, body: '{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}' },
    });
    expect(versionsOf(await list(sourceOf(oci)))).toEqual(['provider/aws@1.0.0']);
  });

  test('has the extensions directly in the namespace, and a finding for a name that none can have', async () => {
    const oci = await startOci();
    const names = [
      'aws-provider',
      'deep/aws-provider',
      'aws-image',
      'provider',
      'twice--dashed-provider',
      'search-provider',
    ];
    for (const name of names) pushExtension(oci, `acme/${name}`, '1.0.0');
    pushExtension(oci, 'acme-too/gcp-provider', '1.0.0');
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0', 'provider/twice--dashed@1.0.0']);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([
      ['invalid_name', 'acme/search-provider'],
    ]);
  });

  test('is that of the whole registry without a namespace', async () => {
    const oci = await startOci();
    pushExtension(oci, 'aws-provider', '1.0.0');
    pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
    expect(versionsOf(await list(sourceOf(oci, { namespace: '' })))).toEqual(['provider/aws@1.0.0']);
  });
});

describe('named repositories', () => {
  test('that are not there are findings', async () => {
    const oci = await startOci();
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    const listing = await list(sourceOf(oci, { repositories: ['aws-provider', 'typo-provider'] }));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([['read_failed', 'acme/typo-provider']]);
  });

  test('of which none is there are an error', async () => {
    const oci = await startOci();
    const error = await errorOf(list(sourceOf(oci, { repositories: ['aws-provider', 'typo-provider'] })));
    expect(error).toMatchObject({ code: 'not_found', status: 404 });
  });
});

describe('the tags of a repository', () => {
  test.each<{ flavour: OciFlavour; pages: number }>([
    { flavour: 'distribution', pages: 2 },
    // A link from the last page to an empty one.
    { flavour: 'gitea', pages: 3 },
    { flavour: 'zot', pages: 2 },
    // No link at all.
    { flavour: 'crane', pages: 2 },
  ])('are read to their end at $flavour', async ({ flavour, pages }) => {
    const oci = await startOci({ flavour });
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    const { digest } = oci.pushRaw('acme/aws-provider', undefined, { bytes: '{}', mediaType: 'application/json' });
    for (let number = 1_000; number < 2_100; number += 1) oci.moveTag('acme/aws-provider', `0-build-${number}`, digest);
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(listing.findings).toHaveLength(1_100);
    expect(asked(oci, /tags\/list/)).toHaveLength(pages);
  });

  test.each(FLAVOURS)('may be none at all at %s', async (flavour) => {
    const oci = await startOci({ flavour });
    oci.emptyRepository('acme/aws-provider');
    pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
    const listing = await list(sourceOf(oci));
    expect([versionsOf(listing), listing.findings]).toEqual([['taskserv/redis@7.2.0'], []]);
  });

  test('of a repository that the catalog still names and that is gone are none', async () => {
    const oci = await startOci();
    pushExtension(oci, 'acme/aws-provider', '1.0.0');
    oci.misbehave({ match: /aws-provider\/tags\/list$/, fault: { kind: 'status', status: 404 } });
    expect(await list(sourceOf(oci))).toEqual({ releases: [], findings: [] });
  });

  test('that change while they are read are a finding, for the rest is not known', async () => {
    const oci = await startOci({ flavour: 'zot' });
    oci.pushRaw('acme/aws-provider', '0-x', { bytes: '{}', mediaType: 'application/json' });
    const { digest } = oci.pushRaw('acme/aws-provider', '1.0.0', { bytes: '{}', mediaType: 'application/json' });
    for (let number = 1_000; number < 2_100; number += 1) oci.moveTag('acme/aws-provider', `0-b${number}`, digest);
    pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
    oci.misbehave({ match: (each) => each.query.has('last'), fault: { kind: 'status', status: 404 } });
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['taskserv/redis@7.2.0']);
    expect(codesOf(listing)).toEqual(['read_failed']);
  });

  test('that move, and those of what is about an artifact, are no versions', async () => {
    const oci = await startOci();
    const { digest } = oci.pushArtifact('acme/aws-provider', '1.0.0', {
      layers: [{ title: 'aws.tar.gz', content: 'aws' }],
    });
    for (const tag of ['latest', '1', '1.0', 'v1', 'v1.0']) oci.moveTag('acme/aws-provider', tag, digest);
    oci.attachReferrerTag('acme/aws-provider', digest);
    oci.attachReferrerTag('acme/aws-provider', digest, 'cosign');
    oci.moveTag('acme/aws-provider', `sha512-${'a'.repeat(64)}`, digest);
    const listing = await list(sourceOf(oci));
    expect([versionsOf(listing), listing.findings]).toEqual([['provider/aws@1.0.0'], []]);
    expect(asked(oci, /manifests/)).toEqual(['/v2/acme/aws-provider/manifests/1.0.0?']);
  });

  test('are versions with _ for +, and in lower case at Gitea', async () => {
    const oci = await startOci({ flavour: 'gitea' });
    pushExtension(oci, 'acme/aws-provider', '1.1.0_build.5', 'V2.0.0-RC.1', '1_0_0');
    const listing = await list(sourceOf(oci));
    expect(listing.releases.map((each) => [each.version, each.tag])).toEqual([
      ['1.1.0+build.5', '1.1.0_build.5'],
      ['2.0.0-rc.1', 'v2.0.0-rc.1'],
    ]);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([
      ['invalid_tag', 'acme/aws-provider:1_0_0'],
    ]);
  });

  test('that are the same version are told, unless they name the same', async () => {
    const oci = await startOci();
    pushExtension(oci, 'acme/aws-provider', '1.0.0', 'v1.0.0', 'v2.0.0');
    oci.pushArtifact('acme/redis-taskserv', '7.2.0', { layers: [{ title: 'redis.tar.gz', content: 'redis' }] });
    oci.pushArtifact('acme/redis-taskserv', 'v7.2.0', { layers: [{ title: 'redis.tar.gz', content: 'redis' }] });
    const listing = await list(sourceOf(oci));
    expect(listing.releases.map((each) => [each.id, each.tag])).toEqual([
      ['provider/aws', '1.0.0'],
      ['provider/aws', 'v2.0.0'],
      ['taskserv/redis', '7.2.0'],
    ]);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([
      ['duplicate_version', 'provider/aws@1.0.0'],
    ]);
  });
});

describe('a link to the next page', () => {
  /** A catalog of single names, each page with the link that `linkFrom` gives it. */
  async function startLinked(pages: readonly string[][], linkFrom: (page: number) => string): Promise<FakeServer> {
    const answer = (request: LoggedRequest) => {
      if (!request.path.endsWith('_catalog')) return jsonReply(200, { tags: [] });
      const page = Number(request.query.get('page') ?? 0);
      const link = page + 1 < pages.length ? { Link: linkFrom(page + 1) } : {};
      return jsonReply(200, { repositories: pages[page] }, link);
    };
    const server = await startFakeServer(answer);
    onTestFinished(() => server.close());
    return server;
  }

  const pages = [['acme/a-provider'], [], ['acme/b-provider']];
  test.each([
    { title: 'a path', link: (page: number) => `</v2/_catalog?page=${page}>; rel="next"` },
    { title: 'relative to what was asked', link: (page: number) => `<?page=${page}>; rel=next` },
    {
      title: 'on another host',
      link: (page: number) => `<https://evil.example.test/v2/_catalog?page=${page}>;rel=next`,
    },
  ])('is followed on the configured host, past an empty page: $title', async ({ link }) => {
    const server = await startLinked(pages, link);
    await list(openSource(ociConfig(server.url)));
    expect(asked(server, /tags/).toSorted()).toEqual([
      '/v2/acme/a-provider/tags/list?n=1000',
      '/v2/acme/b-provider/tags/list?n=1000',
    ]);
  });

  test('that leads back is not followed again', async () => {
    const server = await startLinked(pages, () => '</v2/_catalog?n=1000>; rel="next"');
    await list(openSource(ociConfig(server.url)));
    expect(asked(server, /_catalog/)).toHaveLength(1);
  });
});
