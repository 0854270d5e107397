import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, runIndexer } from '../builders.ts';
import { ask, type Answer } from './http.ts';
import { expectDocumented } from './openapi.ts';
import { isListening, outcomeOf, PROGRAM, startProgram, writeConfig, type Line, type StartOptions } from './program.ts';
import { BIG, startBackends } from './world.ts';

const LIST = '/api/v1/extensions';
const METRICS = '/api/v1/metrics';
const STATISTICS = '/api/v1/cache/stats';
const LIVE = '/api/v1/health/live';
const BIG_ONE = '/api/v1/extensions/taskserv/big/1.0.0';

/** The whole program with two workers, over a published site. */
async function startWorkers(options: StartOptions & { more?: string } = {}) {
  const { gitea } = await startBackends();
  const { more } = options;
  const { file, folder } = await writeConfig(gitea.url, { workers: 2, ...(more !== undefined && { more }) });
  await runIndexer(configOf(join(folder, 'public'), [giteaConfig(gitea.url)]), { now: Date.now });
  gitea.forget();
  const { child, url, log } = await startProgram(file, { ...options, listening: 2 });
  // A worker that a failed test has stopped would never learn that it should end.
  onTestFinished(() => log.lines.filter(isListening).forEach(({ pid }) => wake(pid)));
  const pidOf = (worker: number): number =>
    log.lines.findLast((line) => isListening(line) && line.worker === worker)!.pid;

  const get = async (path: string, agent?: Agent): Promise<Answer> => {
    const answer = await ask(url + path, { ...(agent && { agent }) });
    expectDocumented({ method: 'GET', target: path }, answer);
    return answer;
  };
  /** The line of the log of an answer, which comes when it has been counted. */
  const loggedAs = async ({ headers }: Answer): Promise<Line> =>
    (await log.until((line) => line['reqId'] === headers['x-request-id']))[0]!;

  /** What one worker answers, on a connection of its own: the other one is stopped while that is made. */
  const connectTo = async (worker: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const other = pidOf(3 - worker);
    process.kill(other, 'SIGSTOP');
    const first = await get(LIVE, agent);
    process.kill(other, 'SIGCONT');
    expect((await loggedAs(first)).worker).toBe(worker);
    return async (path: string): Promise<Answer> => {
      const answer = await get(path, agent);
      await loggedAs(answer);
      return answer;
    };
  };
  return { gitea, child, url, log, file, pidOf, get, loggedAs, connectTo };
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The values of a scrape, by series. */
function seriesOf({ text }: Answer): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const LISTED = `http_requests_total{route="${LIST}",method="GET",status="200"}`;

/** The processes that a process has started, once there are so many. */
async function untilChildren(pid: number, count: number): Promise<number[]> {
  for (;;) {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
    if (children.length >= count) return children.map(Number);
  }
}

async function untilRefused(url: string): Promise<void> {
  while (await ask(url + LIVE).then(Boolean, () => false));
}

describe('several workers', () => {
  test('answer on one port, and each line of the log says whose it is', async () => {
    const { connectTo, get, loggedAs, pidOf, log, child } = await startWorkers();
    for (const worker of [1, 2]) {
      const fromWorker = await connectTo(worker);
      const line = await loggedAs(await fromWorker(LIST));
      expect(line).toMatchObject({ event: 'request', worker, pid: pidOf(worker) });
    }
    expect(new Set([child.pid, pidOf(1), pidOf(2)]).size).toBe(3);
    expect((await get(LIST)).status).toBe(200);
    expect(log.lines.filter((line) => line.pid === child.pid)).toEqual([]);
  });

  test('tell the sum of what all have counted, and once what is the same in all', async () => {
    const { connectTo } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    for (const fromWorker of [first, first, first, second, second]) await fromWorker(LIST);
    await first('/api/v1/extensions/provider/aws/1.0.0');
    await second('/api/v1/extensions/provider/aws/1.0.0');
    for (const fromWorker of [first, second]) {
      const answer = await fromWorker(METRICS);
      expect(seriesOf(answer)).toMatchObject({
        [LISTED]: 5,
        [`http_request_duration_seconds_count{route="${LIST}",method="GET"}`]: 5,
        [`http_request_duration_seconds_bucket{route="${LIST}",method="GET",le="+Inf"}`]: 5,
        extreg_download_bytes_total: 10_000,
        extreg_downloads_in_flight: 0,
        'cache_hits_total{cache="list"}': 3,
        'cache_misses_total{cache="list"}': 2,
        'extreg_build_info{version="0.1.0"}': 1,
        extreg_index_generation: 1,
        extensions_total: 4,
        extreg_workers: 2,
        extreg_workers_reporting: 2,
        extreg_worker_restarts_total: 0,
      });
      const series = answer.text.split('\n').map((line) => line.slice(0, line.lastIndexOf(' ')));
      expect(series.length).toBe(new Set(series).size);
    }
  });

  test('name themselves in the cache statistics, below the sums', async () => {
    const { connectTo } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    for (const fromWorker of [first, first, first, second]) await fromWorker(LIST);
    const common = { enabled: true, evictions: 0 };
    expect((await second(STATISTICS)).json).toMatchObject({
      list: { ...common, entries: 2, hits: 2, misses: 2, hit_ratio: 0.5 },
      metadata: { ...common, entries: 0, hits: 0, misses: 0, hit_ratio: 0 },
      workers: [
        { worker: 1, list: { ...common, entries: 1, hits: 2, misses: 1, hit_ratio: 0.6667 } },
        { worker: 2, list: { ...common, entries: 1, hits: 0, misses: 1, hit_ratio: 0 } },
      ],
    });
  });

  test('count a download that is under way, wherever it is', async () => {
    const { connectTo, gitea } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: /attachments/, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
    const download = first(BIG_ONE);
    while (gitea.requests.length === 0) await new Promise((next) => setImmediate(next));
    expect(seriesOf(await second(METRICS))['extreg_downloads_in_flight']).toBe(1);
    release();
    expect((await download).body.equals(BIG)).toBe(true);
    expect(seriesOf(await second(METRICS))['extreg_downloads_in_flight']).toBe(0);
  });

  test('wait for none that hangs, and keep what it told last', async () => {
    const { connectTo, pidOf } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    for (const fromWorker of [first, first, second]) await fromWorker(LIST);
    expect(seriesOf(await second(METRICS))).toMatchObject({ [LISTED]: 3, extreg_workers_reporting: 2 });
    process.kill(pidOf(1), 'SIGSTOP');
    // The second time it is known to hang.
    for (const asked of [4, 5]) {
      await second(LIST);
      expect(seriesOf(await second(METRICS))).toMatchObject({ [LISTED]: asked, extreg_workers_reporting: 1 });
    }
    expect((await second(STATISTICS)).json).toMatchObject({ workers: [{ worker: 2 }] });
    process.kill(pidOf(1), 'SIGCONT');
    while (seriesOf(await second(METRICS))['extreg_workers_reporting'] !== 2);
    expect(seriesOf(await second(METRICS))[LISTED]).toBe(5);
  });

  test('say that they cannot tell while the primary hangs, and answer everything else', async () => {
    const { connectTo, child } = await startWorkers();
    const first = await connectTo(1);
    child.kill('SIGSTOP');
    const { status, json } = await first(METRICS);
    expect({ status, json }).toMatchObject({ status: 503, json: { error: 'unavailable' } });
    expect((await first(LIST)).status).toBe(200);
    child.kill('SIGCONT');
    expect((await first(METRICS)).status).toBe(200);
  });

  test('are replaced when they are killed, while reads go on and no count falls', async () => {
    const { connectTo, get, log, pidOf, file } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    for (const fromWorker of [first, first, second]) await fromWorker(LIST);
    expect(seriesOf(await second(METRICS))[LISTED]).toBe(3);
    // What is written after the start is for the next start.
    await writeFile(file, 'not a configuration');
    const killed = pidOf(1);
    process.kill(killed, 'SIGKILL');
    let reads = 0;
    while (pidOf(1) === killed) {
      expect((await get(LIST)).status).toBe(200);
      reads += 1;
    }
    expect(await log.until((line) => line['event'] === 'worker_ended')).toMatchObject([
      { level: 50, ended_worker: 1, code: null, signal: 'SIGKILL', replaced_in_ms: 100 },
    ]);
    const third = await connectTo(1);
    await third(LIST);
    expect(seriesOf(await third(METRICS))).toMatchObject({
      [LISTED]: 4 + reads,
      extreg_downloads_in_flight: 0,
      extreg_workers_reporting: 2,
      extreg_worker_restarts_total: 1,
    });
    process.kill(pidOf(1), 'SIGKILL');
    const ends = await log.until((line) => line['event'] === 'worker_ended', 2);
    expect(ends[1]).toMatchObject({ ended_worker: 1, replaced_in_ms: 200 });
  });

  test('are replaced one by one when somebody ends them by SIGTERM, with nothing lost', async () => {
    const { connectTo, log, pidOf } = await startWorkers();
    const [first, second] = [await connectTo(1), await connectTo(2)];
    for (const fromWorker of [first, first, second]) await fromWorker(LIST);
    const ended = pidOf(1);
    process.kill(ended, 'SIGTERM');
    await log.until((line) => isListening(line) && line.worker === 1, 2);
    expect(pidOf(1)).not.toBe(ended);
    expect(await log.until((line) => line['event'] === 'worker_ended')).toMatchObject([{ level: 40, code: 0 }]);
    expect(seriesOf(await second(METRICS))[LISTED]).toBe(3);
  });

  test('leave the indexer to the primary', async () => {
    const { child, log, gitea } = await startWorkers({ more: '[indexer]\ninterval_seconds = 1\n' });
    await log.until((line) => line['event'] === 'indexer_done', 2);
    const ofIndexer = log.lines.filter((line) => String(line['event']).startsWith('indexer'));
    expect(new Set(ofIndexer.map((line) => line.pid))).toEqual(new Set([child.pid]));
    expect(ofIndexer.filter((line) => line.worker !== undefined)).toEqual([]);
    expect(gitea.requests.length).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  const toPrimary = (child: ChildProcess): unknown => child.kill('SIGTERM');
  /** As a terminal's Ctrl-C, or a service manager that signals the whole group. */
  const toAll = (child: ChildProcess): unknown => process.kill(-child.pid!, 'SIGINT');
  test.each([
    ['the primary', toPrimary],
    ['all of them', toAll],
  ])('let a running download end when %s is signalled', async (_name, signal) => {
    const { connectTo, gitea, log, child, url } = await startWorkers();
    const first = await connectTo(1);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: /attachments/, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
    const download = first(BIG_ONE);
    while (gitea.requests.length === 0) await new Promise((next) => setImmediate(next));
    const exited = once(child, 'exit');
    signal(child);
    await log.until((line) => line['event'] === 'stopping', 3);
    await untilRefused(url);
    release();
    const { complete, body } = await download;
    expect({ complete, same: body.equals(BIG) }).toEqual({ complete: true, same: true });
    expect(await exited).toEqual([0, null]);
  });

  test('are given up when none of them comes up', async () => {
    const { file } = await writeConfig('http://127.0.0.1:9', { workers: 2 });
    const { code, stdout, stderr } = await outcomeOf(['--config', file], async ({ pid }) => {
      for (const child of await untilChildren(pid!, 2)) process.kill(child, 'SIGKILL');
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `extension-registry: No worker came up (SIGKILL, SIGKILL); see what they wrote on standard error.\n`,
    });
  });

  test('are no workers of ours when another program starts them', async () => {
    const { file, folder } = await writeConfig('http://127.0.0.1:9');
    const manager = join(folder, 'manager.mjs');
    const setup = JSON.stringify({ exec: PROGRAM, args: ['--config', file] });
    await writeFile(manager, `import cluster from 'node:cluster'; cluster.setupPrimary(${setup}); cluster.fork();\n`);
    const { url } = await startProgram(file, { program: manager });
    expect((await ask(url + LIVE)).status).toBe(200);
  });

  test('are killed when they do not end in time', async () => {
    const { pidOf, log, child } = await startWorkers({ args: ['--grace-seconds', '0'] });
    process.kill(pidOf(1), 'SIGSTOP');
    child.kill('SIGTERM');
    expect(await log.until((line) => line['event'] === 'worker_killed')).toMatchObject([
      { level: 40, ended_worker: 1 },
    ]);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });

  test('end with their primary, however it ends', async () => {
    const { child, url } = await startWorkers();
    child.kill('SIGKILL');
    await untilRefused(url);
  });
});
