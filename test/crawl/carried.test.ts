import { describe, expect, test } from 'vitest';
import { problemsOf, startWorld, type World } from './world.ts';

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
