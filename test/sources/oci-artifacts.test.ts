import { describe, expect, test } from 'vitest';
import type { Fault } from '../fakes/faults.ts';
import { digestOf, MEDIA_TYPES, type FakeOci, type LayerSpec, type Platform } from '../fakes/oci.ts';
import { codesOf, errorOf, list, soon, versionsOf } from './open-source.ts';
import { asked, pushExtension, sourceOf, startOci } from './oci-worlds.ts';

const REPOSITORY = 'acme/aws-provider';
const LINUX: Platform = { os: 'linux', architecture: 'amd64' };
const ARM: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' };

async function assetNames(oci: FakeOci): Promise<(string | undefined)[][]> {
  const { releases } = await list(sourceOf(oci));
  return releases.flatMap((each) => each.assets.map(({ name, platform }) => [name, platform]));
}

describe('an artifact', () => {
  test('becomes a release with everything that its annotations tell', async () => {
    const oci = await startOci();
    const { digest, layers } = oci.pushArtifact(REPOSITORY, 'v1.2.0', {
      annotations: {
        'org.opencontainers.image.created': '2026-02-03T05:05:06+01:00',
        'org.opencontainers.image.title': 'AWS',
        'org.opencontainers.image.description': 'Amazon  Web\nServices',
        'org.opencontainers.image.authors': 'The authors',
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.url': 'https://aws.example.test/',
        'org.opencontainers.image.source': 'https://git.example.test/aws',
        'test.keywords': 'cloud, amazon ,cloud,',
      },
      layers: [{ title: 'aws-1.2.0.zip', content: 'zip', mediaType: 'application/zip' }],
    });
    expect((await list(sourceOf(oci, { keywordsAnnotation: 'test.keywords' }))).releases).toEqual([
      {
        id: 'provider/aws',
        version: '1.2.0',
        tag: 'v1.2.0',
        key: `${REPOSITORY}@${digest}`,
        published_at: '2026-02-03T04:05:06Z',
        about: {
          description: 'Amazon Web Services',
          author: 'The authors',
          repository: 'https://git.example.test/aws',
          tags: ['cloud', 'amazon'],
          license: 'MIT',
          homepage: 'https://aws.example.test/',
          title: 'AWS',
        },
        assets: [
          {
            name: 'aws-1.2.0.zip',
            size: 3,
            media_type: 'application/zip',
            primary: true,
            location: { source: 'oci', repository: REPOSITORY, digest: layers[0]!.digest },
            digest: digestOf('zip'),
            digest_origin: 'registry',
          },
        ],
      },
    ]);
  });

  test('is asked for with the types that it may have, or it would look like a deletion', async () => {
    const oci = await startOci({ flavour: 'distribution' });
    pushExtension(oci, REPOSITORY, '1.0.0');
    const source = sourceOf(oci);
    const listing = await list(source);
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(await source.fetchRelease(listing.releases[0]!, soon())).toEqual(listing.releases[0]);
    const types = oci.requests.filter((each) => /manifests/.test(each.path)).map((each) => each.headers.accept);
    const accept =
      'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, ' +
      'application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json';
    expect(types).toEqual([accept, accept]);
  });

  test.each<{ mediaType: string; name: string }>([
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', name: 'aws-1.0.0.tar' },
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', name: 'aws-1.0.0.tar.gz' },
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', name: 'aws-1.0.0.tar.zst' },
    { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', name: 'aws-1.0.0.tar.gz' },
    { mediaType: 'application/vnd.cncf.falco.plugin.layer.v1+tar.gz', name: 'aws-1.0.0.tar.gz' },
    { mediaType: 'application/vnd.wasm.content.layer.v1+wasm', name: 'aws-1.0.0.wasm' },
    { mediaType: 'application/zip', name: 'aws-1.0.0.zip' },
    { mediaType: 'application/json', name: 'aws-1.0.0.json' },
    { mediaType: 'application/octet-stream', name: 'aws-1.0.0' },
  ])('names an untitled layer of $mediaType $name', async ({ mediaType, name }) => {
    const oci = await startOci();
    oci.pushArtifact(REPOSITORY, '1.0.0', { layers: [{ mediaType, content: 'x' }] });
    expect(await assetNames(oci)).toEqual([[name, undefined]]);
  });

  test('numbers untitled layers of one name, and has no file of an empty one', async () => {
    const oci = await startOci();
    const layers: LayerSpec[] = ['one', 'two', 'three'].map((content) => ({ content }));
    oci.pushArtifact(REPOSITORY, '1.0.0', { layers: [...layers, { content: '{}', mediaType: MEDIA_TYPES.empty }] });
    expect(await assetNames(oci)).toEqual([
      ['aws-1.0.0-2.tar', undefined],
      ['aws-1.0.0-3.tar', undefined],
      ['aws-1.0.0.tar', undefined],
    ]);
  });

  test('keeps safe titles only, each once, and its own table for a type that is none', async () => {
    const oci = await startOci();
    const titles = ['aws.tar.gz', '../etc/passwd', 'a\nb', 'twice', 'twice'];
    oci.pushArtifact(REPOSITORY, '1.0.0', {
      layers: titles.map((title, index) => ({ title, content: String(index), mediaType: 'text/html; <script>' })),
    });
    const listing = await list(sourceOf(oci));
    expect(listing.releases[0]!.assets.map((each) => [each.name, each.media_type])).toEqual([
      ['aws.tar.gz', 'application/gzip'],
    ]);
    expect(codesOf(listing)).toEqual(Array.from({ length: 4 }, () => 'unsafe_asset_name'));
  });

  test('drops a layer that no sha256 digest names', async () => {
    const oci = await startOci();
    const layer = (digest: string, title: string) => ({
      mediaType: 'application/zip',
      digest,
      size: 1,
      annotations: { 'org.opencontainers.image.title': title },
    });
    const layers = [layer(digestOf('x'), 'good.zip'), layer(`sha512:${'0'.repeat(128)}`, 'other.zip')];
    oci.pushRaw(REPOSITORY, '1.0.0', { bytes: JSON.stringify({ layers }), mediaType: MEDIA_TYPES.manifest });
    const listing = await list(sourceOf(oci));
    expect(listing.releases[0]!.assets.map((each) => each.name)).toEqual(['good.zip']);
    expect(codesOf(listing)).toEqual(['invalid_manifest']);
  });
});

describe('an image index', () => {
  test('gives one asset for each platform, told apart by it where titles are the same', async () => {
    const oci = await startOci();
    const member = (platform: Platform, content: string) => ({ platform, layers: [{ title: 'aws.tar.gz', content }] });
    oci.pushImageIndex(REPOSITORY, '1.0.0', { manifests: [member(LINUX, 'amd64'), member(ARM, 'arm')] });
    oci.pushImageIndex(REPOSITORY, '2.0.0', {
      manifests: [
        { platform: LINUX, layers: [{ title: 'aws-linux.zip', content: 'linux' }] },
        { platform: ARM, layers: [{ title: 'aws-arm.zip', content: 'arm' }] },
      ],
    });
    oci.pushImageIndex(REPOSITORY, '3.0.0', {
      manifests: [
        { platform: LINUX, layers: [{ content: 'untitled amd64' }] },
        { platform: ARM, layers: [{ content: 'untitled arm' }] },
      ],
    });
    expect(await assetNames(oci)).toEqual([
      ['aws-linux-amd64.tar.gz', 'linux/amd64'],
      ['aws-linux-arm-v7.tar.gz', 'linux/arm/v7'],
      ['aws-arm.zip', 'linux/arm/v7'],
      ['aws-linux.zip', 'linux/amd64'],
      ['aws-3.0.0-linux-amd64.tar', 'linux/amd64'],
      ['aws-3.0.0-linux-arm-v7.tar', 'linux/arm/v7'],
    ]);
  });

  test('has no file of an attestation, and no platform of a strange one', async () => {
    const oci = await startOci();
    oci.pushImageIndex(REPOSITORY, '1.0.0', {
      annotations: { 'org.opencontainers.image.description': 'From the index' },
      manifests: [
        { platform: { os: 'li nux', architecture: '../x' }, layers: [{ title: 'aws.tar.gz', content: 'aws' }] },
        { platform: { os: 'unknown', architecture: 'unknown' }, layers: [{ title: 'sbom.json', content: 'sbom' }] },
      ],
    });
    const [release] = (await list(sourceOf(oci))).releases;
    expect(release!.assets.map((each) => [each.name, each.platform])).toEqual([['aws.tar.gz', undefined]]);
    expect(release!.about.description).toBe('From the index');
  });

  test.each([
    { title: 'is not there', digest: digestOf('gone'), code: 'read_failed' },
    { title: 'is named by a path', digest: '../../other/manifests/1.0.0', code: 'invalid_manifest' },
    { title: 'is named by another algorithm', digest: `sha512:${'0'.repeat(128)}`, code: 'invalid_manifest' },
  ])('with a member that $title is a finding', async ({ digest, code }) => {
    const oci = await startOci();
    pushExtension(oci, 'acme/redis-taskserv', '7.2.0');
    const bytes = JSON.stringify({
      manifests: [{ mediaType: MEDIA_TYPES.manifest, digest, size: 1, platform: LINUX }],
    });
    oci.pushRaw(REPOSITORY, '1.0.0', { bytes, mediaType: MEDIA_TYPES.index });
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['taskserv/redis@7.2.0']);
    expect(codesOf(listing)).toEqual([code]);
    expect(asked(oci, /other/)).toEqual([]);
  });
});

describe('a manifest that is not right', () => {
  async function startTwo(): Promise<FakeOci> {
    const oci = await startOci();
    pushExtension(oci, REPOSITORY, '1.0.0', '1.1.0');
    return oci;
  }

  test.each<{ title: string; fault: Fault; code: string; says: string }>([
    {
      title: 'of another digest',
      fault: { kind: 'wrongBytes' },
      code: 'invalid_manifest',
      says: 'is not the OCI manifest',
    },
    { title: 'that is a page', fault: { kind: 'garbage' }, code: 'invalid_manifest', says: 'does not answer JSON' },
    { title: 'without an end', fault: { kind: 'endless' }, code: 'too_large', says: 'more than the 4194304 bytes' },
    { title: 'compressed', fault: { kind: 'gzip' }, code: 'invalid_manifest', says: 'is encoded (gzip)' },
    { title: 'that is gone', fault: { kind: 'status', status: 404 }, code: 'read_failed', says: 'HTTP 404' },
    {
      title: 'that breaks the registry',
      fault: { kind: 'status', status: 500 },
      code: 'read_failed',
      says: 'HTTP 500',
    },
  ])('is a finding: one $title', async ({ fault, code, says }) => {
    const oci = await startTwo();
    oci.misbehave({ match: /manifests\/1\.1\.0$/, fault });
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(listing.findings).toEqual([
      { code, source: 'oci', subject: 'provider/aws@1.1.0', detail: expect.stringContaining(says) },
    ]);
  });

  test.each([
    { title: 'not JSON', bytes: 'not JSON', mediaType: MEDIA_TYPES.manifest },
    { title: 'not an object', bytes: '[]', mediaType: MEDIA_TYPES.manifest },
    { title: 'of another shape', bytes: '{"layers":[{"digest":7}]}', mediaType: MEDIA_TYPES.manifest },
  ])('was pushed so: $title', async (raw) => {
    const oci = await startTwo();
    oci.pushRaw(REPOSITORY, '1.2.0', raw);
    const listing = await list(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0', 'provider/aws@1.1.0']);
    expect(codesOf(listing)).toEqual(['invalid_manifest']);
  });

  test('of nothing to install is a finding', async () => {
    const oci = await startTwo();
    oci.pushArtifact(REPOSITORY, '1.2.0', { layers: [] });
    expect(codesOf(await list(sourceOf(oci)))).toEqual(['no_asset']);
  });

  test.each<{ title: string; fault: Fault }>([
    { title: 'cut short', fault: { kind: 'truncate', afterBytes: 30 } },
    { title: 'overloaded', fault: { kind: 'status', status: 429, headers: { 'Retry-After': '0' } } },
    { title: 'broken off', fault: { kind: 'reset' } },
  ])('for a moment is asked for again: $title', async ({ fault }) => {
    const oci = await startTwo();
    oci.misbehave({ match: /manifests\/1\.1\.0$/, times: 2, fault });
    const listing = await list(sourceOf(oci));
    expect([versionsOf(listing), listing.findings]).toEqual([['provider/aws@1.0.0', 'provider/aws@1.1.0'], []]);
  });

  test.each<{ title: string; fault: Fault }>([
    { title: 'a server error', fault: { kind: 'status', status: 500 } },
    { title: 'a page', fault: { kind: 'garbage' } },
    { title: 'other bytes', fault: { kind: 'wrongBytes' } },
    { title: 'a refusal', fault: { kind: 'status', status: 403 } },
  ])('does not mean that the release is gone: $title', async ({ fault }) => {
    const oci = await startTwo();
    const source = sourceOf(oci);
    const [release] = (await list(source)).releases;
    oci.misbehave({ match: /manifests\/1\.0\.0$/, fault });
    expect(await errorOf(source.fetchRelease(release!, soon()))).toMatchObject({ name: 'RegistryError' });
  });

  test('is not asked for when the configuration no longer names its repository', async () => {
    const oci = await startTwo();
    const [release] = (await list(sourceOf(oci))).releases;
    oci.forget();
    expect(await sourceOf(oci, { repositories: ['gcp-provider'] }).fetchRelease(release!, soon())).toBeUndefined();
    expect(await sourceOf(oci, { namespace: 'other' }).fetchRelease(release!, soon())).toBeUndefined();
    expect(oci.requests).toEqual([]);
  });
});
