import { describe, expect, test } from 'vitest';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { LooksDocument } from '../../indexer/model/looks.ts';
import { statusError } from '../../indexer/http/status.ts';
import type { SiteReader } from '../../indexer/storage/storage.ts';
import { NOON, runIndexer, v1Of } from '../builders.ts';
import { elsewhere, openPrevious } from './site-folder.ts';
import { HOUR, problemsOf, smallWorld, startWorld, type World } from './world.ts';

// What stands without being read is what reading would give.

/** Nothing is recent, and no turn comes. */
const NEVER = { recentSeconds: 0, lookAgainSeconds: 31_536_000 };
/** Each repository is looked at by each crawl. */
const ALWAYS = { recentSeconds: 0, lookAgainSeconds: 0 };

/** A title that is cut, which is a finding about its release. */
const LONG = { 'org.opencontainers.image.title': 'x'.repeat(1_000) };

function pushLong(world: World, tag: string, content: string): void {
  world.oci.pushArtifact('acme/redis-taskserv', tag, {
    layers: [{ title: 'redis.tar.gz', content }],
    annotations: LONG,
  });
}

async function memoriesOf(world: World, runs: number): Promise<unknown[]> {
  const memories = [];
  for (let run = 0; run < runs; run += 1) {
    await world.run();
    memories.push((await world.memory()).sources['oci']);
  }
  return memories;
}

describe('what is known of a tag', () => {
  test.each([
    ['one manifest', 'same', 'same'],
    ['two manifests', 'one', 'two'],
  ])('is told once, where two tags name one version by %s', async (_what, plain, prefixed) => {
    const world = await startWorld({ indexer: NEVER });
    pushLong(world, '7.2.0', plain);
    pushLong(world, 'v7.2.0', prefixed);
    const [first, ...others] = await memoriesOf(world, 3);
    for (const each of others) expect(each).toEqual(first);
  });

  test('is forgotten with the other tag of its version', async () => {
    const world = await startWorld({ indexer: NEVER });
    world.push('redis-taskserv', '7.2.0', { 'redis.tar.gz': 'one' });
    pushLong(world, 'v7.2.0', 'two');
    await world.run();
    world.oci.deleteTag('acme/redis-taskserv', 'v7.2.0');
    expect(problemsOf(await world.run())).toEqual([]);
  });

  test('is read again after it could not be', async () => {
    const world = await startWorld({ indexer: ALWAYS });
    pushLong(world, '7.2.0', 'redis');
    world.push('k8s-cluster', '1.0.0', { 'k8s.tar.gz': 'k8s' });
    await world.run();
    const { oci: before } = (await world.memory()).sources;
    world.oci.misbehave({
      match: ({ path, method }) => method === 'GET' && path.endsWith('/manifests/7.2.0'),
      fault: { kind: 'garbage' },
    });
    world.oci.misbehave({
      match: ({ path, method }) => method === 'HEAD' && path.endsWith('/manifests/7.2.0'),
      fault: { kind: 'status', status: 404 },
    });
    expect(problemsOf(await world.run())).toContain('invalid_manifest taskserv/redis@7.2.0');
    world.oci.heal();
    await world.run();
    expect((await world.memory()).sources['oci']).toEqual(before);
  });

  test.each([403, 405, 501])('is read where HEAD is answered with %s', async (status) => {
    const world = await startWorld({ indexer: ALWAYS });
    world.push('redis-taskserv', '7.2.0', { 'redis.tar.gz': 'redis' });
    await world.run();
    world.oci.misbehave({ match: ({ method }) => method === 'HEAD', fault: { kind: 'status', status } });
    const report = await world.run();
    expect(problemsOf(report)).toEqual([]);
    expect(report.outcomes.map((each) => each.failure)).toEqual([undefined, undefined]);
  });
});

describe('what is recent', () => {
  const RECENT = { recentSeconds: 5 * 3_600, lookAgainSeconds: 31_536_000 };

  /** After everything else is long ago, a release that a crawl finds. */
  async function withNewRelease(): Promise<World> {
    const world = await smallWorld({ indexer: RECENT });
    for (let run = 0; run < 8; run += 1) await world.run();
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
    world.push('redis-taskserv', '8.0.0', { 'redis.tar.gz': 'eight' });
    await world.run();
    return world;
  }

  async function expectFileFound(world: World): Promise<void> {
    world.gitea.addAsset('acme', 'aws_prov', { tag: '2.0.0', name: 'notes.txt', content: 'later' });
    await world.run();
    const [newest] = await world.versions('provider/aws');
    expect(newest?.assets.map((each) => each.name)).toEqual(['aws_prov.tar.gz', 'notes.txt']);
  }

  test('is so after a crawl with --full', async () => {
    const world = await withNewRelease();
    await world.run({ full: true });
    await expectFileFound(world);
  });

  test('is so after its repository could not be read', async () => {
    const world = await withNewRelease();
    world.gitea.misbehave({ match: /aws_prov\/releases/, fault: { kind: 'status', status: 403 } });
    await world.run();
    world.gitea.heal();
    await world.run();
    await expectFileFound(world);
  });

  test('is a repository with a new tag at a registry', async () => {
    const world = await withNewRelease();
    world.push('redis-taskserv', '8.0.0', { 'redis.tar.gz': 'others' });
    expect(problemsOf(await world.run())).toContain('mutated taskserv/redis@8.0.0');
  });

  test('ends although the clock was ahead once', async () => {
    const world = await smallWorld({ indexer: RECENT });
    await world.run({ now: () => Date.parse('2099-01-01T00:00:00Z') });
    for (let run = 0; run < 8; run += 1) await world.run();
    world.gitea.forget();
    await world.run();
    expect(world.gitea.requests.map((each) => each.path)).toEqual(['/api/v1/orgs/acme/repos']);
  });
});

test('a source that failed for long is looked at as soon as promised', async () => {
  const world = await smallWorld({ indexer: { recentSeconds: 0, lookAgainSeconds: 4 * 3_600 } });
  await world.run();
  world.gitea.misbehave({ match: /orgs/, fault: { kind: 'status', status: 500 } });
  for (let run = 0; run < 4; run += 1) await world.run();
  world.gitea.heal();
  world.gitea.forget();
  await world.run();
  expect(world.gitea.requests.map((each) => each.path)).toEqual([
    '/api/v1/orgs/acme/repos',
    '/api/v1/repos/acme/aws_prov/releases',
    '/api/v1/repos/acme/redis_taskserv/releases',
  ]);
});

describe('a crawl of a part', () => {
  test('that could not read a repository leaves it to the next whole one', async () => {
    const world = await startWorld({ indexer: NEVER });
    world.release('redis_taskserv', { nightly: { 'redis.tar.gz': 'redis' } });
    world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': 'one' } });
    await world.run();
    const { gitea: before } = (await world.memory()).sources;
    world.gitea.misbehave({ match: /redis_taskserv\/releases/, fault: { kind: 'status', status: 403 } });
    await world.run({ part: { only: parseExtensionId('taskserv/redis') } });
    world.gitea.heal();
    await world.run();
    expect((await world.memory()).sources['gitea']).toEqual(before);
  });

  test('keeps the looks of the others, also with --full', async () => {
    const world = await smallWorld({ indexer: NEVER });
    await world.run();
    const before = await world.read<LooksDocument>('crawl/looks');
    await world.run({ part: { source: 'gitea' }, full: true });
    const after = await world.read<LooksDocument>('crawl/looks');
    expect(after.sources['oci']).toEqual(before.sources['oci']);
  });
});

test('a site elsewhere that does not give its looks is started from all the same', async () => {
  const world = await smallWorld({ indexer: NEVER });
  await world.run();
  const site = openPrevious(v1Of(world.config));
  const previous: SiteReader = {
    ...site,
    read: (file, maxBytes) =>
      file.startsWith('crawl/looks')
        ? Promise.reject(statusError(403, 'https://bucket.example/v1/crawl/looks/index.json', undefined))
        : site.read(file, maxBytes),
  };
  const report = await runIndexer(await elsewhere(world.config), { previous, now: () => NOON + 2 * HOUR });
  expect(report.published?.changed).toBe(true);
});

test('what is known of a release that is asked for by its key stays known', async () => {
  const world = await startWorld({ indexer: NEVER });
  pushLong(world, '7.2.0', 'redis');
  world.push('redis-taskserv', '7.3.0', { 'redis.tar.gz': 'redis' });
  const [before] = await memoriesOf(world, 1);
  const replace = (): unknown => ({ name: 'acme/redis-taskserv', tags: ['7.3.0'] });
  world.oci.misbehave({ match: /redis-taskserv\/tags/, fault: { kind: 'replaceJson', replace } });
  await world.run();
  world.oci.heal();
  expect(await memoriesOf(world, 1)).toEqual([before]);
});

test('what could not be read is told once, however many crawls of parts come', async () => {
  const world = await smallWorld({ indexer: { ...NEVER, digestBudgetBytes: 1 } });
  await world.run();
  world.config.indexer.digestBudgetBytes = 1_000;
  for (const tag of ['v1.0.0', '1.1.0+build.5']) world.spoil('aws_prov', tag, { kind: 'status', status: 404 });
  const only = parseExtensionId('taskserv/redis');
  await world.run({ part: { only } });
  const { gitea: once } = (await world.memory()).sources;
  expect(once?.findings.map((each) => each.code)).toContain('read_failed');
  await world.run({ part: { only } });
  expect((await world.memory()).sources['gitea']?.findings).toEqual(once?.findings);
});
