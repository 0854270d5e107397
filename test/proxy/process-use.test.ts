import { describe, expect, onTestFinished, test } from 'vitest';
import { watchProcess } from '../../proxy/process-use.ts';

describe('watchProcess', () => {
  test('tells when the process started, and what it takes', () => {
    const watch = watchProcess();
    onTestFinished(() => watch.end());
    const use = watch.read();
    const ageSeconds = Date.now() / 1_000 - use.startedSeconds;
    expect(Math.abs(ageSeconds - process.uptime())).toBeLessThan(5);
    expect(use.residentBytes).toBeGreaterThan(10_000_000);
    expect(use.cpuSeconds).toBeGreaterThan(0);
    expect(use.lagSeconds).toEqual({ p99: 0, max: 0 });
  });

  test('tells how long the event loop was held, and that asking changes nothing', async () => {
    const watch = watchProcess();
    onTestFinished(() => watch.end());
    // Node's monitor measures from its first look on, whenever that is.
    while (watch.read().lagSeconds.max < 0.1) {
      const until = performance.now() + 200;
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { lagSeconds } = watch.read();
    expect(lagSeconds.max).toBeLessThan(10);
    expect(lagSeconds.p99).toBeGreaterThan(0.1);
    expect(watch.read().lagSeconds).toEqual(lagSeconds);
  });
});
