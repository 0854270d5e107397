import { describe, expect, test } from 'vitest';
import { checkWhole } from './reads-load.ts';
import { shuffled } from './reads-cases.ts';
import { parseLoad, type LoadResult } from './wrk.ts';

const OUTPUT = `Running 2s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   746.00us  421.90us   9.06ms   91.60%
  172846 requests in 2.00s, 374.81MB read
Requests/sec:  86258.11
wrk {"requests":172846,"bytes":393015200,"duration":2003823,"p50":702,"p99":2040,"status":1,"connect":2,"read":3,"write":4,"timeout":5}
`;

describe('parseLoad', () => {
  test('reads what our script writes', () => {
    expect(parseLoad(OUTPUT)).toEqual({
      requests: 172_846,
      perSecond: 172_846 / 2.003823,
      p50Ms: 0.702,
      p99Ms: 2.04,
      bytes: 393_015_200,
      badStatus: 1,
      socketErrors: 14,
    });
  });

  test('refuses an output without it', () => {
    expect(() => parseLoad('unable to connect to 127.0.0.1:1 Connection refused\n')).toThrow(
      'wrk gave no result: unable to connect',
    );
  });
});

describe('checkWhole', () => {
  const load = (overrides: Partial<LoadResult>): LoadResult => ({
    ...parseLoad(OUTPUT),
    badStatus: 0,
    socketErrors: 0,
    ...overrides,
  });
  // 1,000 answers of 1,000 bytes and 1,000 of 3,000, but for what was cut off.
  const whole = { requests: 2_000, bytes: 4_000_000 };

  test('accepts as many bytes as the answers have, and what the end cut off', () => {
    expect(() => checkWhole(load(whole), [1_000, 3_000])).not.toThrow();
    expect(() => checkWhole(load({ ...whole, bytes: 4_100_000 }), [1_000, 3_000])).not.toThrow();
  });

  test.each([
    ['too few bytes', { bytes: 3_000_000 }],
    ['too many bytes', { bytes: 5_000_000 }],
    ['a status of 400 and more', { badStatus: 1 }],
    ['a broken connection', { socketErrors: 1 }],
  ])('refuses %s', (_, overrides) => {
    expect(() => checkWhole(load({ ...whole, ...overrides }), [1_000, 3_000])).toThrow();
  });
});

describe('shuffled', () => {
  test('has the same items in another order, the same one each time', () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    expect(shuffled(items)).not.toEqual(items);
    expect(shuffled(items)).toEqual(shuffled(items));
    expect(shuffled(items).sort((a, b) => a - b)).toEqual(items);
  });
});
