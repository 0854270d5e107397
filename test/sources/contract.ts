import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import { parseExtensionId, type ExtensionId } from '../../indexer/model/extension.ts';
import type { Location } from '../../indexer/model/location.ts';
import type { Release } from '../../indexer/model/release.ts';
import type { SourceConfig } from '../../indexer/model/source-config.ts';
import type { Listing, Source } from '../../indexer/sources/source.ts';
import { bytesAt, codesOf, CONCURRENCY, errorOf, list, openSource, soon, versionsOf, wordsOf } from './open-source.ts';

/*
 * What holds of every kind of source, at fakes and at real servers. A world is a backend with a namespace of its own,
 * told in the product's words what happens to it.
 */

export interface PublishedRelease {
  /** A version, or a tag that is none. */
  tag: string;
  /** Asset name -> bytes. */
  assets: Readonly<Record<string, string | Uint8Array>>;
  description?: string;
}

export interface SourceWorld {
  /** Lets us in. */
  config: SourceConfig;
  publish(extension: ExtensionId, release: PublishedRelease): Promise<void>;
  withdraw(extension: ExtensionId, tag: string): Promise<void>;
  /** Other bytes under the same tag and names. */
  replace(extension: ExtensionId, release: PublishedRelease): Promise<void>;
  /** Makes the backend fail at this release, or at the repository that it is in, and at no other. */
  breakReading(extension: ExtensionId, tag: string): Promise<void>;
  /** Takes away our access to everything, as when a team loses a member; nothing is deleted. */
  hide?(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** `METHOD /path` of what no client of ours has a reason to ask. */
  unexpected?(): string[];
}

export interface SourceContract {
  createWorld: () => Promise<SourceWorld>;
  /** Whether its `config` has a secret. */
  isSecured: boolean;
  /** Whether it can take away our access and still answer. */
  canHide: boolean;
}

export const AWS = parseExtensionId('provider/aws');
export const REDIS = parseExtensionId('taskserv/redis');
const NONE = parseExtensionId('cluster/none');
const BIG = Buffer.alloc(6 * 1024 * 1024, 'sixteen bytes...');

/** What everything that a source does fails with. */
function errorsOfAll(source: Source, release: Release): Promise<unknown[]> {
  return Promise.all([
    errorOf(list(source)),
    errorOf(source.fetchRelease(release, soon())),
    errorOf(source.openAsset(release.assets[0]!.location, { signal: soon() })),
    errorOf(source.checkHealth(soon())),
  ]);
}

function onlyRelease({ releases }: Listing): Release {
  expect(releases).toHaveLength(1);
  return releases[0]!;
}

export function describeSource(name: string, { createWorld, isSecured, canHide }: SourceContract): void {
  describe(name, () => {
    const start = async (): Promise<{ world: SourceWorld; source: Source }> => {
      const world = await createWorld();
      return { world, source: openSource(world.config) };
    };
    describeListing(start);
    describeLoss(start);
    describeAssets(start);
    describeOutage(start);
    if (isSecured) describeRefusal(start);
    if (canHide) describeHiding(start);
  });
}

type Start = () => Promise<{ world: SourceWorld; source: Source }>;

function describeListing(start: Start): void {
  test('lists every release with its version, its tag and its assets, the same every time', async () => {
    const { world, source } = await start();
    const assets = { 'aws_prov.tar.gz': 'one', 'README.md': 'read me' };
    await world.publish(AWS, { tag: '1.0.0', assets, description: 'Amazon' });
    await world.publish(AWS, { tag: '1.1.0+build.5', assets: { 'aws.tar.gz': 'two' }, description: 'Amazon' });
    await world.publish(REDIS, { tag: 'v7.2.0-rc.1', assets: { 'redis.tar.gz': 'three' } });
    const listing = await list(source);
    expect(listing.findings).toEqual([]);
    expect(versionsOf(listing).sort()).toEqual([
      'provider/aws@1.0.0',
      'provider/aws@1.1.0+build.5',
      'taskserv/redis@7.2.0-rc.1',
    ]);
    const first = listing.releases.find((each) => each.version === '1.0.0');
    expect(first?.tag).toBe('1.0.0');
    expect(first?.about).toMatchObject({ description: 'Amazon', repository: expect.stringMatching(/^https?:/) });
    expect(first?.assets.map((each) => [each.name, each.size, each.primary])).toEqual([
      ['README.md', 7, undefined],
      ['aws_prov.tar.gz', 3, true],
    ]);
    expect(listing.releases.find((each) => each.id === REDIS)?.tag).toBe('v7.2.0-rc.1');
    expect(await list(source)).toEqual(listing);
    expect(await list(openSource(world.config))).toEqual(listing);
    expect(world.unexpected?.() ?? []).toEqual([]);
  });

  test('lists nothing where nothing is published', async () => {
    const { source } = await start();
    expect(await list(source)).toEqual({ releases: [], findings: [] });
  });

  test('lists all of many releases', async () => {
    const { world, source } = await start();
    const tags = Array.from({ length: 55 }, (_, minor) => `1.${minor}.0`);
    for (const tag of tags) await world.publish(AWS, { tag, assets: { 'aws.tar.gz': tag } });
    const listing = await list(source);
    expect(new Set(versionsOf(listing))).toEqual(new Set(tags.map((tag) => `provider/aws@${tag}`)));
    expect(listing.releases).toHaveLength(55);
  });

  test('finds a tag that is no version, and an asset name that is not safe', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: 'nightly', assets: { 'aws.tar.gz': 'aws' } });
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws', 'a/b.txt': 'hostile' } });
    const listing = await list(source);
    expect(onlyRelease(listing).assets.map((each) => each.name)).toEqual(['aws.tar.gz']);
    expect(codesOf(listing)).toEqual(['invalid_tag', 'unsafe_asset_name']);
    const subjects = listing.findings.map((each) => each.subject);
    expect(subjects).toContain('provider/aws@1.0.0');
    expect(subjects).toContainEqual(expect.stringMatching(/aws.*nightly/));
  });

  test('finds in one repository what the listing has of it, by its name alone', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    await world.publish(AWS, { tag: 'nightly', assets: { 'aws.tar.gz': 'aws' } });
    await world.publish(REDIS, { tag: '7.2.0', assets: { 'redis.tar.gz': 'redis' } });
    const { releases, findings } = await list(source);
    const candidate = { id: AWS, ...source.nameCandidate({ id: AWS }) };
    expect(source.nameCandidate({ repository: candidate.repository })).toEqual(candidate);
    const { checks, listing } = await source.examine(candidate, soon());
    expect(checks.map((each) => each.passed)).not.toContain(false);
    expect(listing).toEqual({ releases: releases.filter((each) => each.id === AWS), findings });
    const none = { id: NONE, ...source.nameCandidate({ id: NONE }) };
    expect(await source.examine(none, soon())).toEqual({
      checks: [{ rule: 'repository', passed: false, detail: expect.anything(), remedy: expect.anything() }],
    });
  });

  test('a release that cannot be read is a finding, and the others are listed', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    await world.publish(REDIS, { tag: '7.2.0', assets: { 'redis.tar.gz': 'redis' } });
    await world.breakReading(AWS, '1.0.0');
    const listing = await list(source);
    expect(versionsOf(listing)).toEqual(['taskserv/redis@7.2.0']);
    expect(listing.findings.map(({ code, subject }) => [code, subject])).toEqual([
      ['read_failed', expect.stringContaining('aws')],
    ]);
  });
}

function describeLoss(start: Start): void {
  test('a withdrawn release is gone when it is asked for again, and one that is there is given', async () => {
    const { world, source } = await start();
    for (const tag of ['1.0.0', '1.1.0']) await world.publish(AWS, { tag, assets: { 'aws.tar.gz': tag } });
    const before = await list(source);
    await world.withdraw(AWS, '1.0.0');
    expect(versionsOf(await list(source))).toEqual(['provider/aws@1.1.0']);
    const ask = (version: string): Promise<Release | undefined> =>
      source.fetchRelease(
        before.releases.find((each) => each.version === version)!,
        soon(),
      );
    expect(await ask('1.0.0')).toBeUndefined();
    expect(await ask('1.1.0')).toEqual(before.releases.find((each) => each.version === '1.1.0'));
  });

  test('replaced bytes are at another location', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'before' } });
    const [before] = onlyRelease(await list(source)).assets;
    await world.replace(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'after it' } });
    const [after] = onlyRelease(await list(source)).assets;
    expect(after!.location).not.toEqual(before!.location);
    expect((await bytesAt(source, after!.location)).toString()).toBe('after it');
  });
}

function describeAssets(start: Start): void {
  test('gives an asset whole, or the part that is asked for where the backend knows parts', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'ten bytes!' } });
    const { location } = onlyRelease(await list(source)).assets[0]!;
    const whole = await source.openAsset(location, { signal: soon() });
    expect([whole.partial, whole.size ?? 10, (await buffer(whole.body)).toString()]).toEqual([false, 10, 'ten bytes!']);
    const part = await source.openAsset(location, { signal: soon(), range: { first: 2, last: 4 } });
    const text = (await buffer(part.body)).toString();
    expect([part.size ?? text.length, text]).toEqual(part.partial ? [3, 'n b'] : [10, 'ten bytes!']);
  });

  test('a body that is given up gives its connection back', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': BIG } });
    const { location } = onlyRelease(await list(source)).assets[0]!;
    for (let round = 0; round < CONCURRENCY + 1; round += 1) {
      const destroyed = await source.openAsset(location, { signal: soon() });
      destroyed.body.destroy();
      const abort = new AbortController();
      const aborted = await source.openAsset(location, { signal: abort.signal });
      abort.abort();
      await expect(buffer(aborted.body)).rejects.toThrow();
    }
    expect(versionsOf(await list(source))).toEqual(['provider/aws@1.0.0']);
    expect((await bytesAt(source, location)).equals(BIG)).toBe(true);
  });

  test('what is not there, or is another kind of location, is not found', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    const { location } = onlyRelease(await list(source)).assets[0]!;
    const missing =
      'attachment' in location
        ? { ...location, attachment: '00000000-0000-4000-8000-000000000000' }
        : { ...location, digest: `sha256:${'0'.repeat(64)}` as typeof location.digest };
    const foreign =
      'attachment' in location
        ? { source: location.source, repository: 'acme/aws-provider', digest: `sha256:${'0'.repeat(64)}` }
        : { source: location.source, attachment: '00000000-0000-4000-8000-000000000000' };
    for (const each of [missing, foreign]) {
      const error = await errorOf(source.openAsset(each as Location, { signal: soon() }));
      expect(codeOf(error)).toBe('not_found');
    }
  });

  test('a signal that is aborted already ends everything with its reason', async () => {
    const { source } = await start();
    const reason = new Error('the user left');
    const signal = AbortSignal.abort(reason);
    await expect(source.fetchListing({ signal })).rejects.toBe(reason);
    await expect(source.checkHealth(signal)).rejects.toBe(reason);
  });
}

function describeOutage(start: Start): void {
  test('is healthy while it lets us in', async () => {
    const { source } = await start();
    await expect(source.checkHealth(soon())).resolves.toBeUndefined();
  });

  test('an outage is an error of the source, and it recovers', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    const release = onlyRelease(await list(source));
    await world.stop();
    for (const error of await errorsOfAll(source, release)) {
      expect(codeOf(error)).toBe('unreachable');
      expect(messageOf(error)).toContain(world.config.name);
    }
    await world.start();
    expect(versionsOf(await list(source))).toEqual(['provider/aws@1.0.0']);
    expect(await source.fetchRelease(release, soon())).toEqual(release);
  });
}

function describeRefusal(start: Start): void {
  test('a credential that is refused is told, and never shown', async () => {
    const { world } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    const release = onlyRelease(await list(openSource(world.config)));
    const secret = 'wr0ng-s3cr3t-of-4-t3st';
    const { name, username = '' } = { username: undefined, ...world.config };
    const encoded = Buffer.from(`${username}:${secret}`).toString('base64');
    const stranger = openSource({ ...world.config, secret });
    for (const error of await errorsOfAll(stranger, release)) {
      expect(codeOf(error)).toMatch(/^(?:auth|source_failed)$/);
      expect(messageOf(error)).toContain(name);
      for (const each of [secret, encoded]) expect(wordsOf(error)).not.toContain(each);
    }
  });
}

function describeHiding(start: Start): void {
  test('lost access is an error and never an empty listing', async () => {
    const { world, source } = await start();
    await world.publish(AWS, { tag: '1.0.0', assets: { 'aws.tar.gz': 'aws' } });
    expect(versionsOf(await list(source))).toEqual(['provider/aws@1.0.0']);
    await world.hide!();
    // As the next crawl does: a token that was given before may still let this one in.
    const error = await errorOf(list(openSource(world.config)));
    expect(codeOf(error)).toMatch(/^(?:source_failed|auth)$/);
    expect(messageOf(error)).toContain(world.config.name);
  });
}
