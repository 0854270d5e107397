import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import { problemsOf, startWorld } from './world.ts';

const TAR = 'application/vnd.oci.image.layer.v1.tar+gzip';

describe('an OCI repository', () => {
  test('is an extension by its ending, directly in the namespace; anything else is of another purpose', async () => {
    const world = await startWorld();
    for (const name of ['aws-provider', 'redis-taskserv', 'k8s-cluster', 'website', 'aws_prov', 'team/x-provider']) {
      world.push(name, '1.0.0', { 'plugin.tar.gz': name });
    }
    world.oci.pushArtifact('other/gcp-provider', '1.0.0', { layers: [{ title: 'a.tar.gz', content: 'x' }] });
    const report = await world.run();
    expect((await world.items()).map((each) => `${each.type}/${each.name}`)).toEqual([
      'cluster/k8s',
      'provider/aws',
      'taskserv/redis',
    ]);
    expect(report.problems).toEqual([]);
  });

  test('is found without a catalog where the configuration lists it', async () => {
    const world = await startWorld({
      oci: { catalog: { refused: 401 } },
      ociSource: { repositories: ['aws-provider', 'acme/redis-taskserv'] },
    });
    for (const name of ['aws-provider', 'redis-taskserv', 'k8s-cluster']) world.push(name, '1.0.0', { 'a.zip': name });
    await world.run();
    expect((await world.items()).map((each) => each.name)).toEqual(['aws', 'redis']);
  });

  test('makes the source fail where there is no catalog and no list of repositories', async () => {
    const world = await startWorld({ oci: { catalog: { refused: 404 } } });
    const { outcomes } = await world.run();
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual([undefined, 'source_failed']);
    expect(outcomes[1]?.failure?.message).toContain('List the repositories in [oci] repositories.');
  });
});

describe('an OCI tag', () => {
  test('is a version, its underscore a plus; tags about artifacts and tags that move are none', async () => {
    const world = await startWorld();
    for (const tag of ['1.0.0', 'v1.1.0', '1.2.0_build.5', 'latest', '1', 'v1.2', 'nightly']) {
      world.push('aws-provider', tag, { 'plugin.tar.gz': tag });
    }
    const { digest } = world.oci.pushArtifact('acme/aws-provider', '1.3.0', {
      layers: [{ title: 'a.zip', content: 'x' }],
    });
    world.oci.attachReferrerTag('acme/aws-provider', digest);
    world.oci.attachReferrerTag('acme/aws-provider', digest, 'cosign');
    const report = await world.run();
    expect((await world.versions('provider/aws')).map((each) => each.version)).toEqual([
      '1.3.0',
      '1.2.0+build.5',
      '1.1.0',
      '1.0.0',
    ]);
    expect(problemsOf(report)).toEqual(['invalid_tag acme/aws-provider:nightly']);
  });

  test('whose manifest is garbage is a problem of that version, and of no other', async () => {
    const world = await startWorld();
    world.push('aws-provider', '1.0.0', { 'plugin.tar.gz': 'x' });
    world.oci.pushRaw('acme/aws-provider', '1.1.0', { bytes: '<html>', mediaType: 'text/html' });
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['invalid_manifest provider/aws@1.1.0']);
    expect((await world.versions('provider/aws')).map((each) => each.version)).toEqual(['1.0.0']);
  });
});

describe('an OCI artifact', () => {
  test('gives its texts by its annotations', async () => {
    const world = await startWorld({ ociSource: { keywordsAnnotation: 'org.example.keywords' } });
    const annotations = {
      'org.opencontainers.image.title': 'Amazon Web Services',
      'org.opencontainers.image.description': 'AWS in the cloud',
      'org.opencontainers.image.authors': 'carol',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.url': 'https://aws.example.org/',
      'org.opencontainers.image.source': 'https://git.example.org/aws',
      'org.opencontainers.image.created': '2026-02-03T04:05:06Z',
      'org.example.keywords': 'cloud, aws,,cloud',
    };
    world.oci.pushArtifact('acme/aws-provider', '1.0.0', {
      annotations,
      layers: [{ title: 'aws-1.0.0.tar.gz', content: 'bytes' }],
    });
    await world.run();
    expect(await world.extension('provider/aws')).toMatchObject({
      title: 'Amazon Web Services',
      description: 'AWS in the cloud',
      author: 'carol',
      license: 'MIT',
      homepage: 'https://aws.example.org/',
      repository: 'https://git.example.org/aws',
      published_at: '2026-02-03T04:05:06Z',
      tags: ['cloud', 'aws'],
      checksum: digestOf('bytes'),
      assets: [{ digest_origin: 'registry', locations: [{ source: 'oci', repository: 'acme/aws-provider' }] }],
    });
  });

  test('names its assets by their titles, and untitled ones by name, version and type', async () => {
    const world = await startWorld();
    world.oci.pushArtifact('acme/aws-provider', '1.0.0', {
      layers: [
        { content: 'untitled', mediaType: TAR },
        { title: 'README.md', content: 'readme', mediaType: 'text/markdown' },
      ],
    });
    await world.run();
    const [entry] = await world.versions('provider/aws');
    expect(entry?.assets.map(({ name, primary }) => [name, primary])).toEqual([
      ['README.md', undefined],
      ['aws-1.0.0.tar.gz', true],
    ]);
  });

  test('that is an image index has one asset for each platform', async () => {
    const world = await startWorld();
    const layersOf = (content: string) => [{ content, mediaType: TAR }];
    world.oci.pushImageIndex('acme/aws-provider', '1.0.0', {
      manifests: [
        { platform: { os: 'linux', architecture: 'amd64' }, layers: layersOf('amd') },
        { platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, layers: layersOf('arm') },
      ],
    });
    const report = await world.run();
    const [entry] = await world.versions('provider/aws');
    expect(entry?.assets.map(({ name, platform }) => [name, platform])).toEqual([
      ['aws-1.0.0-linux-amd64.tar.gz', 'linux/amd64'],
      ['aws-1.0.0-linux-arm-v7.tar.gz', 'linux/arm/v7'],
    ]);
    expect(problemsOf(report)).toEqual(['no_primary_asset provider/aws@1.0.0']);
  });

  test('is listed without any of its layers having been read', async () => {
    const world = await startWorld();
    world.push('aws-provider', '1.0.0', { 'plugin.tar.gz': 'x' });
    await world.run();
    expect(world.oci.requests.filter((each) => each.path.includes('/blobs/'))).toEqual([]);
  });
});
