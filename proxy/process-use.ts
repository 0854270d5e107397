import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** What a process takes, as plain data. */
export interface ProcessUse {
  /** Seconds since 1970. */
  startedSeconds: number;
  residentBytes: number;
  /** User and system, since it started. */
  cpuSeconds: number;
  /** How late the event loop came to what was due, over the last minute or two. */
  lagSeconds: { p99: number; max: number };
}

export interface ProcessWatch {
  read(): ProcessUse;
  end(): void;
}

/** Whatever holds the loop for less does not show. */
const RESOLUTION_MS = 20;
/** Scrapes are rarely further apart, and what is older would hide that all is well again. */
const WINDOW_MS = 60_000;

export function watchProcess(): ProcessWatch {
  const lag = watchLag();
  return {
    read: () => {
      const { user, system } = process.cpuUsage();
      return {
        startedSeconds: performance.timeOrigin / 1_000,
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1_000_000,
        lagSeconds: lag.read(),
      };
    },
    end: lag.end,
  };
}

/**
 * Two histograms that begin anew in turns: each is read when the other begins, so what blocked the loop until just then,
 * which no new one sees, is in what is told. Several monitors may ask, so asking begins nothing.
 */
function watchLag() {
  let [told, next] = [createHistogram(), createHistogram()];
  const turn = setInterval(() => {
    [told, next] = [next, told];
    next.reset();
  }, WINDOW_MS);
  turn.unref();
  return {
    read: () => ({ p99: lagOf(told, told.percentile(99)), max: lagOf(told, told.max) }),
    end: () => {
      clearInterval(turn);
      for (const each of [told, next]) each.disable();
    },
  };
}

type LagHistogram = ReturnType<typeof monitorEventLoopDelay>;

function createHistogram(): LagHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}

/** Node records from one look to the next, the pause between them included; an empty histogram has senseless values. */
function lagOf({ count }: LagHistogram, nanoseconds: number): number {
  return count === 0 ? 0 : Math.max(0, nanoseconds / 1_000_000 - RESOLUTION_MS) / 1_000;
}
