import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { Listing, Source } from '../../indexer/sources/source.ts';
import { ociConfig } from '../builders.ts';
import { startFakeServer } from '../fakes/fake-server.ts';
import { digestOf, MEDIA_TYPES, type FakeOci } from '../fakes/oci.ts';
import { jsonReply } from '../fakes/replies.ts';
import { asked, pushExtension, sourceOf, startOci } from './oci-worlds.ts';
import { codesOf, errorOf, list, openSource, soon, versionsOf } from './open-source.ts';

/* A registry that means harm, or into which somebody pushes who does: nothing takes long, and each says what it was. */

const MAX_MS = 5_000;
const REPOSITORY = 'acme/aws-provider';
const IMAGE = 'org.opencontainers.image.';

async function listSoon(source: Source): Promise<Listing> {
  const before = performance.now();
  const listing = await list(source);
  expect(performance.now() - before).toBeLessThan(MAX_MS);
  return listing;
}

function pushManifest(oci: FakeOci, tag: string, manifest: string | object): void {
  const bytes = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  oci.pushRaw(REPOSITORY, tag, { bytes, mediaType: MEDIA_TYPES.manifest });
}

function layerOf(title: string, more: object = {}): object {
  const mediaType = 'application/gzip';
  return { mediaType, digest: digestOf('x'), size: 1, annotations: { [`${IMAGE}title`]: title }, ...more };
}

describe('endless pages', () => {
  test('of ever new names end where too much is read', async () => {
    const names = Array.from({ length: 10_000 }, (_, number) => `others/image-${'x'.repeat(100)}-${number}`);
    const server = await startFakeServer(({ query }) => {
      const page = Number(query.get('page') ?? 0);
      return jsonReply(
        200,
        { repositories: names.map((each) => each + page) },
        { Link: `<?page=${page + 1}>; rel=next` },
      );
    });
    onTestFinished(() => server.close());
    const error = await errorOf(listSoon(openSource(ociConfig(server.url))));
    expect(codeOf(error)).toBe('source_failed');
    expect(messageOf(error)).toContain('has more than 33554432 bytes of names');
    expect(server.requests.length).toBeLessThan(80);
  });

  test('of no names at all end too', async () => {
    const server = await startFakeServer(({ query }) => {
      const page = Number(query.get('page') ?? 0);
      return jsonReply(200, { repositories: [] }, { Link: `<?page=${page + 1}>; rel=next` });
    });
    onTestFinished(() => server.close());
    const error = await errorOf(listSoon(openSource(ociConfig(server.url))));
    expect(messageOf(error)).toContain('has no last page');
  });
});

test('10,000 tags of one repository: the 2,000 highest versions are read, and a finding says so', async () => {
  const oci = await startOci();
  pushExtension(oci, REPOSITORY, '1.0.0');
  const { digest } = oci.pushArtifact(REPOSITORY, '1.1.0', { layers: [{ title: 'aws.tar.gz', content: 'aws' }] });
  for (let minor = 2; minor <= 10_000; minor += 1) oci.moveTag(REPOSITORY, `1.${minor}.0`, digest);
  const { releases, findings } = await listSoon(sourceOf(oci));
  expect(releases).toHaveLength(2_000);
  expect(releases.map((each) => each.version)).toEqual(expect.arrayContaining(['1.10000.0', '1.8001.0']));
  expect(releases.map((each) => each.version)).not.toContain('1.8000.0');
  expect(asked(oci, /manifests/)).toHaveLength(2_000);
  expect(findings).toEqual([
    {
      code: 'too_large',
      source: 'oci',
      subject: 'provider/aws',
      detail: 'It has 10001 versions, and only the 2000 highest are read.',
    },
  ]);
});

test('10,000 tags that are no versions are 2,000 findings, of which the last tells of the others', async () => {
  const oci = await startOci();
  const { digest } = oci.pushRaw(REPOSITORY, undefined, { bytes: '{}', mediaType: MEDIA_TYPES.manifest });
  for (let number = 0; number < 10_000; number += 1) oci.moveTag(REPOSITORY, `build-${number}`, digest);
  const { findings } = await listSoon(sourceOf(oci));
  expect(findings).toHaveLength(2_000);
  expect(findings.at(-1)?.detail).toMatch(/There are 8000 more of such problems\.$/);
});

describe('annotations', () => {
  test('of 5 MB are too many, and the other versions are listed', async () => {
    const oci = await startOci();
    pushExtension(oci, REPOSITORY, '1.0.0');
    pushManifest(oci, '1.1.0', { annotations: { x: 'y'.repeat(5_000_000) }, layers: [layerOf('aws.tar.gz')] });
    const listing = await listSoon(sourceOf(oci));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(listing.findings).toMatchObject([
      { code: 'too_large', subject: 'provider/aws@1.1.0', detail: expect.stringContaining('4194304 bytes') },
    ]);
  });

  test.each([
    { title: 'one text', annotations: { [`${IMAGE}description`]: 'x '.repeat(1_950_000) }, codes: 1 },
    { title: 'one text of keywords', annotations: { 'test.keywords': ','.repeat(3_900_000) }, codes: 1 },
    {
      title: '100,000 keys',
      annotations: Object.fromEntries(Array.from({ length: 100_000 }, (_, number) => [`key-${number}`, 'value'])),
      codes: 0,
    },
  ])('of almost as much are cut to what is published: $title', async ({ annotations, codes }) => {
    const oci = await startOci();
    pushManifest(oci, '1.0.0', { annotations, layers: [layerOf('aws.tar.gz')] });
    const listing = await listSoon(sourceOf(oci, { keywordsAnnotation: 'test.keywords' }));
    expect(versionsOf(listing)).toEqual(['provider/aws@1.0.0']);
    expect(JSON.stringify(listing).length).toBeLessThan(5_000);
    expect(codesOf(listing)).toEqual(Array.from({ length: codes }, () => 'truncated_text'));
  });

  test('have keys that are taken for nothing: __proto__, constructor', async () => {
    const oci = await startOci();
    const hostile = `{"__proto__":"a","constructor":"b","${IMAGE}description":"right"}`;
    const layer = JSON.stringify(layerOf('aws.tar.gz')).replace('"annotations":{', '"annotations":{"__proto__":"c",');
    pushManifest(oci, '1.0.0', `{"__proto__":{"layers":[]},"annotations":${hostile},"layers":[${layer}]}`);
    const [release] = (await listSoon(sourceOf(oci))).releases;
    expect(release).toMatchObject({ about: { description: 'right' }, assets: [{ name: 'aws.tar.gz' }] });
    expect(({} as { layers?: unknown }).layers).toBeUndefined();
  });

  test.each(['constructor', '__proto__', 'toString'])(
    'have no words where %j is configured and not there',
    async (key) => {
      const oci = await startOci();
      pushExtension(oci, REPOSITORY, '1.0.0');
      const [release] = (await listSoon(sourceOf(oci, { keywordsAnnotation: key }))).releases;
      expect(release!.about.tags).toEqual([]);
    },
  );
});

describe('JSON that means harm', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  test.each([
    { title: 'the manifest', manifest: deep, codes: ['invalid_manifest'] },
    { title: 'its layers', manifest: `{"layers":${deep}}`, codes: ['invalid_manifest'] },
    { title: 'an annotation', manifest: `{"annotations":{"x":${deep}}}`, codes: ['invalid_manifest'] },
    {
      title: 'a field that nobody reads',
      manifest: JSON.stringify({ layers: [layerOf('aws.tar.gz')] }).replace('{', `{"config":${deep},`),
      codes: [],
    },
  ])('of 100,000 brackets is a finding at most: $title', async ({ manifest, codes }) => {
    const oci = await startOci();
    pushExtension(oci, REPOSITORY, '1.0.0');
    pushManifest(oci, '1.1.0', manifest);
    const listing = await listSoon(sourceOf(oci));
    expect(versionsOf(listing)).toContain('provider/aws@1.0.0');
    expect(codesOf(listing)).toEqual(codes);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])('names a tag and a file %j', async (word) => {
    const oci = await startOci();
    oci.pushArtifact(REPOSITORY, word, { layers: [{ title: word, content: 'x' }] });
    oci.pushArtifact(REPOSITORY, '1.0.0', { layers: [{ title: word, content: 'x' }] });
    const listing = await listSoon(sourceOf(oci));
    expect(listing.releases[0]!.assets.map((each) => each.name)).toEqual([word]);
    expect(listing.findings.map((each) => [each.code, each.subject])).toEqual([
      ['invalid_tag', `${REPOSITORY}:${word}`],
    ]);
  });
});

test('an image index of 200 manifests with 1,000 layers of one name has as many files as are read of it', async () => {
  const oci = await startOci();
  const bytes = JSON.stringify({ layers: Array.from({ length: 1_000 }, () => layerOf('aws.tar.gz')) });
  const member = oci.pushRaw(REPOSITORY, undefined, { bytes, mediaType: MEDIA_TYPES.manifest });
  const manifests = Array.from({ length: 200 }, (_, number) => ({
    ...member,
    platform: { os: 'linux', architecture: `cpu${number}` },
  }));
  oci.pushRaw(REPOSITORY, '1.0.0', { bytes: JSON.stringify({ manifests }), mediaType: MEDIA_TYPES.index });
  const { releases, findings } = await listSoon(sourceOf(oci));
  expect(releases).toEqual([]);
  expect(findings).toHaveLength(20);
  expect(findings[0]?.detail).toBe('The release has 200000 files, and only the first 1000 are read.');
});

describe('a login page with status 200', () => {
  test.each([
    { title: 'the catalog', match: /_catalog$/, code: 'source_failed' },
    { title: 'every list of tags', match: /tags\/list$/, code: 'bad_answer' },
  ])('instead of $title is an error and no empty list', async ({ match, code }) => {
    const oci = await startOci();
    pushExtension(oci, REPOSITORY, '1.0.0');
    oci.misbehave({ match, fault: { kind: 'garbage' } });
    const error = await errorOf(list(sourceOf(oci)));
    expect(codeOf(error)).toBe(code);
    expect(messageOf(error)).toContain('does not answer JSON; see that the URL is the right one');
  });

  test('instead of a release that was listed does not mean that it is gone', async () => {
    const oci = await startOci();
    pushExtension(oci, REPOSITORY, '1.0.0');
    const source = sourceOf(oci);
    const [release] = (await list(source)).releases;
    oci.misbehave({ match: /manifests/, fault: { kind: 'garbage' } });
    expect(codeOf(await errorOf(source.fetchRelease(release!, soon())))).toBe('bad_answer');
  });
});
