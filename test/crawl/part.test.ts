import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../indexer/exit-codes.ts';
import type { LooksDocument } from '../../indexer/model/looks.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { renderReportText } from '../../indexer/report-text.ts';
import { errorOf } from '../sources/open-source.ts';
import { smallWorld, type World } from './world.ts';

const REDIS = 'taskserv/redis' as ExtensionId;

async function crawled(): Promise<World> {
  const world = await smallWorld();
  await world.run();
  world.gitea.forget();
  world.oci.forget();
  return world;
}

describe('a crawl of one extension', () => {
  test('asks each source about it and about nothing else', async () => {
    const world = await crawled();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'newer' } });
    world.release('aws_prov', { '9.0.0': { 'aws_prov.tar.gz': 'nine' } });
    await world.run({ part: { only: REDIS } });
    expect(world.gitea.requests.map((each) => each.path)).toEqual([
      '/api/v1/orgs/acme',
      '/api/v1/repos/acme/redis_taskserv',
      '/api/v1/repos/acme/redis_taskserv/releases',
      expect.stringMatching(/^\/attachments\//),
    ]);
    expect(new Set(world.oci.requests.map((each) => each.path))).toEqual(
      new Set(['/v2/acme/redis-taskserv/tags/list', '/v2/acme/redis-taskserv/manifests/7.2.0']),
    );
    expect((await world.extension('taskserv/redis')).version).toBe('7.4.0');
    expect((await world.extension('provider/aws')).version).toBe('1.1.0+build.5');
  });

  test('gives the site that a whole crawl gives', async () => {
    const world = await crawled();
    world.release('redis_taskserv', { '7.4.0': { 'redis-7.4.0.tar.gz': 'newer' } });
    await world.run({ part: { only: REDIS } });
    const { manifest } = await world.pointer();
    await world.run({ full: true });
    expect((await world.pointer()).manifest).toEqual(manifest);
  });

  test('takes away what its source no longer has', async () => {
    const world = await crawled();
    world.gitea.removeRepository('acme', 'redis_taskserv');
    await world.run({ part: { only: REDIS }, force: true });
    expect((await world.extension('taskserv/redis')).sources).toEqual(['oci']);
  });

  test('does not make a stale index fresh, and leaves the turns of the next crawl as they were', async () => {
    const world = await crawled();
    const looks = await world.read<LooksDocument>('crawl/looks');
    const { checked_at: checkedAt } = await world.pointer();
    await world.run({ part: { only: REDIS } });
    expect((await world.pointer()).checked_at).toBe(checkedAt);
    expect((await world.read<LooksDocument>('crawl/looks')).at).toBe(looks.at);
  });
});

describe('a crawl of one source', () => {
  test('keeps what the others gave, and says nothing of how they are', async () => {
    const world = await crawled();
    const before = await world.pointer();
    world.push('redis-taskserv', '7.4.0', { 'redis.tar.gz': 'newer' });
    world.release('aws_prov', { '9.0.0': { 'aws_prov.tar.gz': 'nine' } });
    const report = await world.run({ part: { source: 'gitea' } });
    expect(world.oci.requests).toEqual([]);
    expect((await world.extension('provider/aws')).version).toBe('9.0.0');
    expect((await world.extension('taskserv/redis')).version).toBe('7.2.0');
    const sourcesOf = (pointer: typeof before) => pointer.sources.find((each) => each.name === 'oci');
    expect(sourcesOf(await world.pointer())).toEqual(sourcesOf(before));
    expect(renderReportText(report)).toContain('  oci: not asked, 2 releases kept');
    expect(exitCodeOf(report)).toBe(0);
  });

  test('has failed when that source has', async () => {
    const world = await crawled();
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 500 } });
    const report = await world.run({ part: { source: 'gitea' } });
    expect(exitCodeOf(report)).toBe(1);
    expect((await world.items()).map((each) => each.name)).toEqual(['k8s', 'aws', 'redis']);
  });
});

test('a crawl of a part where nothing is published is refused', async () => {
  const world = await smallWorld();
  expect(await errorOf(world.run({ part: { source: 'gitea' } }))).toMatchObject({
    code: 'refused',
    message: expect.stringContaining('without --only and --source'),
  });
});
