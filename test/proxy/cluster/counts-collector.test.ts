import { describe, expect, test } from 'vitest';
import { createCountsCollector, type CountsCollector } from '../../../proxy/cluster/counts-collector.ts';
import type { Counts } from '../../../proxy/counts.ts';
import { createMetricRegistry, renderMetrics } from '../../../proxy/metrics.ts';

const cache = {
  enabled: true,
  entries: 0,
  capacity: 9,
  ttl_seconds: 1,
  hits: 0,
  misses: 0,
  evictions: 0,
  hit_ratio: 0,
};

function countsOf(requests: number): Counts {
  const registry = createMetricRegistry();
  registry.counter('requests_total', 'Requests.').add({}, requests);
  registry.gauge('in_flight', 'Under way.').add({}, 1);
  const use = { startedSeconds: 1, residentBytes: 2, cpuSeconds: 3, lagSeconds: { p99: 0, max: 0 } };
  return { metrics: registry.snapshot(), caches: { list: cache, metadata: cache, versions: cache }, process: use };
}

/** A worker that answers each ask with what it has counted by then, unless it hangs. */
function joined(counts: CountsCollector, id: number, worker = id) {
  const state = { requests: 0, hangs: false, asked: 0 };
  const tell = (ask?: number): void => counts.told(id, countsOf(state.requests), ask);
  counts.join(id, {
    worker,
    tell: (ask) => {
      state.asked += 1;
      if (!state.hangs) tell(ask);
    },
  });
  return { state, tell };
}

async function collected(counts: CountsCollector) {
  const { metrics, reporting, ...rest } = await counts.collect();
  const text = renderMetrics(metrics);
  const valueOf = (name: string): number | undefined => {
    const value = new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  return {
    requests: valueOf('requests_total'),
    inFlight: valueOf('in_flight'),
    from: reporting.map((each) => each.worker),
    ...rest,
  };
}

describe('createCountsCollector', () => {
  test('asks all that serve, and sums what they tell', async () => {
    const counts = createCountsCollector({ workers: 3, timeoutMs: 60_000 });
    const [second, first] = [joined(counts, 2), joined(counts, 1)];
    first.state.requests = 3;
    second.state.requests = 4;
    expect(await collected(counts)).toEqual({ requests: 7, inFlight: 2, from: [1, 2], workers: 3, restarts: 0 });
  });

  test('has nothing before anybody serves', async () => {
    const counts = createCountsCollector({ workers: 2, timeoutMs: 60_000 });
    expect(await collected(counts)).toEqual({ from: [], workers: 2, restarts: 0 });
  });

  test('adds what the primary itself has counted', async () => {
    const ownMetrics = () => countsOf(40).metrics;
    const counts = createCountsCollector({ workers: 1, timeoutMs: 60_000, ownMetrics });
    joined(counts, 1).state.requests = 2;
    expect(await collected(counts)).toMatchObject({ requests: 42, inFlight: 2, from: [1] });
  });

  test('waits once for one that hangs, and takes what it told last', async () => {
    const counts = createCountsCollector({ workers: 2, timeoutMs: 20 });
    const [first, second] = [joined(counts, 1), joined(counts, 2)];
    first.state.requests = 3;
    await collected(counts);
    first.state.hangs = true;
    for (const requests of [4, 5]) {
      second.state.requests = requests;
      expect(await collected(counts)).toMatchObject({ requests: 3 + requests, inFlight: 2, from: [2] });
    }
    expect([first.state.asked, second.state.asked]).toEqual([2, 3]);
    // It is back when it tells anything, and be it late.
    first.state.hangs = false;
    first.tell();
    expect(await collected(counts)).toMatchObject({ requests: 8, from: [1, 2] });
  });

  test('keeps the counts of one that is gone, and what was under way there no longer', async () => {
    const counts = createCountsCollector({ workers: 2, timeoutMs: 60_000 });
    const [first, second] = [joined(counts, 1), joined(counts, 2)];
    first.state.requests = 3;
    second.state.requests = 4;
    first.tell();
    counts.leave(1);
    expect(await collected(counts)).toMatchObject({ requests: 7, inFlight: 1, from: [2], restarts: 0 });
    joined(counts, 3, 1).state.requests = 10;
    expect(await collected(counts)).toMatchObject({ requests: 17, inFlight: 2, from: [1, 2], restarts: 1 });
    counts.leave(3);
    counts.leave(2);
    expect(await collected(counts)).toEqual({ requests: 17, from: [], workers: 2, restarts: 1 });
  });

  test('does not wait for one that ends while it is asked', async () => {
    const counts = createCountsCollector({ workers: 2, timeoutMs: 60_000 });
    joined(counts, 1).state.hangs = true;
    joined(counts, 2).state.requests = 4;
    const asked = collected(counts);
    counts.leave(1);
    expect(await asked).toMatchObject({ requests: 4, from: [2] });
  });

  test('takes no late word of one that is gone', async () => {
    const counts = createCountsCollector({ workers: 1, timeoutMs: 60_000 });
    const first = joined(counts, 1);
    counts.leave(1);
    first.state.requests = 5;
    first.tell(1);
    counts.leave(1);
    expect((await collected(counts)).requests).toBeUndefined();
  });
});
