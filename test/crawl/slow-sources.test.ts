import { describe, expect, test } from 'vitest';
import { crawlSources } from '../../indexer/crawl/crawl.ts';
import { emptyMemory } from '../../indexer/model/memory.ts';
import type { Source } from '../../indexer/sources/source.ts';
import { layerOf, releaseOf } from './releases.ts';
import { startWorld } from './world.ts';

const AWS = releaseOf('provider/aws@1.0.0', [layerOf('x')]);
const never = new Promise<never>(() => undefined);

/** A third kind of source, which has one release. */
function sourceOf(name: string, overrides: Partial<Source> = {}): Source {
  return {
    name,
    kind: 'test',
    counts: { requests: 0, retries: 0 },
    fetchListing: async () => ({ releases: [AWS], findings: [], looked: [] }),
    fetchRelease: async () => AWS,
    openAsset: () => never,
    nameCandidate: () => ({ repository: name, checks: [] }),
    examine: async () => ({ checks: [] }),
    checkHealth: async () => undefined,
    close: async () => undefined,
    ...overrides,
  };
}

function crawl(sources: Source[], deadlineMs: number, memory = emptyMemory()) {
  return crawlSources(
    sources,
    { memory },
    {
      digests: 'all',
      digestBudgetBytes: Infinity,
      concurrency: 2,
      deadlineMs,
      now: Date.now,
      random: () => 0.5,
      signal: new AbortController().signal,
    },
  );
}

describe('a source that does not care for its signal', () => {
  test.each([
    ['listing', { fetchListing: () => never }],
    [
      'asking again',
      { fetchListing: async () => ({ releases: [], findings: [], looked: [] }), fetchRelease: () => never },
    ],
  ])('is waited for until its deadline and no longer, while it is %s', async (_what, overrides) => {
    const memory = {
      ...emptyMemory(),
      sources: { slow: { releases: [AWS], findings: [], attachments: {} } },
    };
    const [slow, quick] = await crawl([sourceOf('slow', overrides), sourceOf('quick')], 100, memory);
    expect(slow?.failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('deadline_seconds') });
    expect(slow?.memory.releases).toEqual([AWS]);
    expect(quick?.failure).toBeUndefined();
    expect(quick?.memory.releases).toEqual([AWS]);
  });

  test('is waited for no longer than until the crawl is given up', async () => {
    const stop = new AbortController();
    const reason = new Error('Stopped.');
    const crawling = crawlSources(
      [sourceOf('slow', { fetchListing: () => never })],
      { memory: emptyMemory() },
      {
        digests: 'all',
        digestBudgetBytes: Infinity,
        concurrency: 2,
        deadlineMs: 60_000,
        now: Date.now,
        random: () => 0.5,
        signal: stop.signal,
      },
    );
    stop.abort(reason);
    await expect(crawling).rejects.toBe(reason);
  });
});

describe('a backend that stops in the middle of an answer', () => {
  test.each([
    ['in its lists', /\/repos$/],
    ['in its assets', /\/attachments\//],
  ])('%s is ended by deadline_seconds, and the other source is published', async (_where, match) => {
    const world = await startWorld({ indexer: { deadlineSeconds: 0.5 } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'aws' } });
    world.push('redis-taskserv', '7.0.0', { 'a.zip': 'redis' });
    world.gitea.misbehave({ match, fault: { kind: 'pause', afterBytes: 1 } });
    const { outcomes, published } = await world.run();
    expect(outcomes.map((each) => each.failure?.code)).toEqual(['timeout', undefined]);
    expect(published?.pointer.counts.extensions).toBe(1);
    expect((await world.items()).map((each) => each.name)).toEqual(['redis']);
  });
});
