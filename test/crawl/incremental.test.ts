import { describe, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nextLooks, planLooks } from '../../indexer/crawl/looks.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { LooksDocument } from '../../indexer/model/looks.ts';
import type { StatusDocument } from '../../indexer/model/documents.ts';
import { NOON, runIndexer, v1Of } from '../builders.ts';
import { bytesOf, elsewhere, openPrevious } from './site-folder.ts';
import { HOUR, problemsOf, smallWorld, startWorld, type World } from './world.ts';

/** Nothing is recent, and no turn comes. */
const NEVER = { recentSeconds: 0, lookAgainSeconds: 2 ** 40 };

/** What a run asks each backend: method and path without its parameters. */
async function askedBy(world: World, run: () => Promise<unknown>): Promise<string[]> {
  world.gitea.forget();
  world.oci.forget();
  await run();
  return [...world.gitea.requests, ...world.oci.requests].map(({ method, path }) => `${method} ${path}`).sort();
}

const LISTS = ['GET /api/v1/orgs/acme/repos', 'GET /v2/_catalog'];
const TAGS = ['GET /v2/acme/k8s-cluster/tags/list', 'GET /v2/acme/redis-taskserv/tags/list'];

async function crawledOnce(indexer: Parameters<typeof startWorld>[0] = { indexer: NEVER }): Promise<World> {
  const world = await smallWorld(indexer);
  await world.run();
  return world;
}

describe('a crawl of an unchanged world', () => {
  test('asks for lists of repositories and tags only, and publishes the same', async () => {
    const world = await crawledOnce();
    const { manifest } = await world.pointer();
    const asked = await askedBy(world, () => world.run());
    expect(asked).toEqual([...LISTS, ...TAGS].sort());
    expect((await world.pointer()).manifest).toEqual(manifest);
  });

  test('asks for no more where it starts from a site elsewhere', async () => {
    const world = await crawledOnce();
    const fresh = await elsewhere(world.config);
    const previous = openPrevious(v1Of(world.config));
    const asked = await askedBy(world, () => runIndexer(fresh, { previous, now: () => NOON + 2 * HOUR }));
    expect(asked).not.toContain('GET /api/v1/repos/acme/redis_taskserv/releases');
    expect(await bytesOf(join(v1Of(fresh), 'extensions'))).toEqual(
      await bytesOf(join(v1Of(world.config), 'extensions')),
    );
  });

  test('reads everything with --full, where no look is legible, and where none is of this memory', async () => {
    const world = await crawledOnce();
    const whole = ['GET /api/v1/repos/acme/aws_prov/releases', 'GET /api/v1/repos/acme/redis_taskserv/releases'];
    const manifests = ['GET /v2/acme/k8s-cluster/manifests/0.1.0-rc.1', 'GET /v2/acme/redis-taskserv/manifests/7.2.0'];
    const all = [...LISTS, ...TAGS, ...whole, ...manifests].sort();
    expect(await askedBy(world, () => world.run({ full: true }))).toEqual(all);
    for (const spoilt of [
      '{',
      '[]',
      '{"schema":1}',
      JSON.stringify({ ...(await looksOf(world)), memory: digestOf('') }),
    ]) {
      await writeFile(join(v1Of(world.config), 'crawl/looks/index.json'), spoilt);
      expect(await askedBy(world, () => world.run())).toEqual(all);
    }
  });

  test('looks at each repository again within the configured time, the longest ago first', async () => {
    // Two repositories at each source, an hour between runs: a turn takes one and then the other.
    const world = await crawledOnce({ indexer: { recentSeconds: 0, lookAgainSeconds: 2 * 3_600 } });
    const releases = (asked: string[]): string[] => asked.filter((each) => each.endsWith('/releases'));
    expect(releases(await askedBy(world, () => world.run()))).toEqual(['GET /api/v1/repos/acme/aws_prov/releases']);
    expect(releases(await askedBy(world, () => world.run()))).toEqual([
      'GET /api/v1/repos/acme/redis_taskserv/releases',
    ]);
    const { sources } = await world.read<StatusDocument>('status');
    expect(sources.map((each) => each.oldest_look)).toEqual(['2026-06-01T14:00:00Z', '2026-06-01T14:00:00Z']);
  });

  test('takes no more turns in a hundred runs than in one of the same time', async () => {
    const DAY = 24 * HOUR;
    const repositories = Array.from({ length: 7 }, (_, at) => ({
      name: `acme/n${at}_prov`,
      id: parseExtensionId(`provider/n${at}`),
      seen: 's',
    }));
    const memory = { releases: [], findings: [], attachments: {} };
    const options = { recentMs: 0, lookAgainMs: 7 * DAY };
    const first = { memory, looks: { settings: '', repositories: {} }, atMs: NOON };
    const looked = repositories.map((each) => ({ ...each, listing: { releases: [], findings: [] } }));
    let looks = { settings: '', repositories: nextLooks(looked, first, NOON) };
    let turns: string[] = [];
    for (let run = 1; run <= 7 * 48; run += 1) {
      const nowMs = NOON + run * (DAY / 48);
      const earlier = { memory, looks, atMs: nowMs - DAY / 48 };
      const plan = planLooks(repositories, earlier, { ...options, nowMs });
      const due = repositories.filter(({ name }) => plan.get(name)?.due);
      turns = [...turns, ...due.map((each) => each.name)];
      const read = repositories.map((each) => ({
        ...each,
        listing: { releases: [], findings: [] },
        ...(!due.includes(each) && { isLeft: true as const }),
      }));
      looks = { settings: '', repositories: nextLooks(read, earlier, nowMs) };
    }
    expect(turns).toEqual(repositories.map((each) => each.name));
  });

  test('reads all each time where look_again_seconds is 0', async () => {
    const world = await crawledOnce({ indexer: { recentSeconds: 0, lookAgainSeconds: 0 } });
    const asked = await askedBy(world, () => world.run());
    expect(asked).toContain('GET /api/v1/repos/acme/redis_taskserv/releases');
    expect(asked).toContain('HEAD /v2/acme/redis-taskserv/manifests/7.2.0');
  });
});

describe('a change', () => {
  test('in the number of releases is read, with all pages of that repository only', async () => {
    const world = await crawledOnce();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'newer' } });
    const asked = await askedBy(world, () => world.run());
    expect(asked).toContain('GET /api/v1/repos/acme/redis_taskserv/releases');
    expect((await world.extension('taskserv/redis')).version).toBe('7.4.0');
  });

  test('in a file that is added to a release later is found while something changed there recently', async () => {
    const world = await startWorld({ indexer: { recentSeconds: 3 * 3_600, lookAgainSeconds: 2 ** 40 } });
    world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': 'one' } });
    await world.run();
    world.gitea.addAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'notes.txt', content: 'later' });
    await world.run();
    const [{ assets } = { assets: [] }] = await world.versions('provider/aws');
    expect(assets.map((each) => each.name)).toEqual(['aws_prov.tar.gz', 'notes.txt']);
  });

  test('of a tag at a registry is read by its one manifest', async () => {
    const world = await crawledOnce();
    world.push('redis-taskserv', '7.4.0', { 'redis.tar.gz': 'newer' });
    const asked = await askedBy(world, () => world.run());
    expect(asked.filter((each) => each.includes('redis-taskserv/manifests'))).toEqual([
      'GET /v2/acme/redis-taskserv/manifests/7.4.0',
    ]);
    expect((await world.extension('taskserv/redis')).version).toBe('7.4.0');
  });

  test('of what a tag names is found in its turn, and the first bytes stand', async () => {
    const world = await crawledOnce({ indexer: { recentSeconds: 0, lookAgainSeconds: 3_600 } });
    world.push('k8s-cluster', '0.1.0-rc.1', { 'k8s.tar.gz': 'others' });
    const report = await world.run();
    expect(problemsOf(report)).toContain('mutated cluster/k8s@0.1.0-rc.1');
    // What is not settled is read by each crawl, and stays told.
    expect(problemsOf(await world.run())).toContain('mutated cluster/k8s@0.1.0-rc.1');
  });

  test('of a release that is gone with its tag is confirmed and taken away', async () => {
    const world = await crawledOnce();
    world.oci.deleteTag('acme/k8s-cluster', '0.1.0-rc.1');
    await world.run({ force: true });
    expect((await world.items()).map((each) => each.name)).toEqual(['aws', 'redis']);
  });

  test('of the settings that answers are read by makes every look void', async () => {
    const world = await crawledOnce();
    world.config.indexer.digests = 'latest';
    const asked = await askedBy(world, () => world.run());
    expect(asked).toContain('GET /api/v1/repos/acme/redis_taskserv/releases');
  });
});

describe('what a crawl could not read', () => {
  test('is read by the next one, whose turn or not', async () => {
    const world = await crawledOnce();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'newer' } });
    world.gitea.misbehave({ match: /redis_taskserv\/releases/, fault: { kind: 'status', status: 403 } });
    expect(problemsOf(await world.run())).toContain('read_failed acme/redis_taskserv');
    world.gitea.heal();
    await world.run();
    expect((await world.extension('taskserv/redis')).version).toBe('7.4.0');
  });

  test('leaves the looks of a source that failed as they were', async () => {
    const world = await crawledOnce({ indexer: NEVER });
    const before = await looksOf(world);
    world.gitea.misbehave({ match: /orgs/, fault: { kind: 'status', status: 500 } });
    await world.run();
    const after = await looksOf(world);
    expect(after.sources['gitea']).toEqual(before.sources['gitea']);
    expect(after.at).not.toBe(before.at);
  });
});

function looksOf(world: World): Promise<LooksDocument> {
  return world.read<LooksDocument>('crawl/looks');
}
