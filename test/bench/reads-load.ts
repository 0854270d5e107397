import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askOnce, decoded, throughAgent } from './check-answers.ts';
import { costOf } from './process-cost.ts';
import type { PublishedSite } from './published-site.ts';
import type { ReadCase } from './reads-cases.ts';
import type { ReadServer } from './reads-servers.ts';
import { runLoad, type LoadResult } from './wrk.ts';

const CONNECTIONS = 64;
/** `Connection: close` on the last answer of a connection instead of `keep-alive`: below this for each answer on average. */
const SPREAD_BYTES = 0.2;

export interface PreparedLoad {
  server: ReadServer;
  headers: Record<string, string>;
  paths: readonly string[];
  pathsFile?: string;
  /** wrk's, where they are not one thread on the load's core. */
  threads?: number;
  cores?: readonly number[];
  /** Checks every distinct answer byte for byte, and gives the length of each on the wire, in the order of the paths. */
  check: () => Promise<number[]>;
}

export interface ReadFigures {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuMicros: number;
  corePercent: number;
  rssMb: number;
}

export async function prepareLoad(
  server: ReadServer,
  asked: ReadCase,
  { site, folder }: { site: PublishedSite; folder: string },
): Promise<PreparedLoad> {
  const paths = asked.paths.map(server.pathOf);
  const headers: Record<string, string> = asked.acceptEncoding ? { 'accept-encoding': asked.acceptEncoding } : {};
  if (asked.notModified) {
    const { headers: first } = await askOnce(`${server.url}${paths[0] ?? ''}`, {});
    headers['if-none-match'] = first.etag ?? '';
  }
  const expected = await throughAgent(asked.paths, (path) => site.read(path));
  const warmings = paths.length === 1 ? 16 : 2;
  const check = (): Promise<number[]> =>
    throughAgent([...paths.entries()], async ([i, path], agent) => {
      // The first answers of each of our processes come by its routes.
      for (let asked = 1; asked < warmings; asked += 1) await askOnce(`${server.url}${path}`, headers, agent);
      const answer = await askOnce(`${server.url}${path}`, headers, agent);
      assert.equal(answer.status, asked.notModified ? 304 : 200, path);
      assert.equal(answer.headers['content-encoding'], asked.acceptEncoding, path);
      if (asked.notModified) assert.equal(answer.body.length, 0, path);
      else assert.deepEqual(decoded(answer), expected[i], `${path}: other bytes than published`);
      return answer.wireBytes;
    });
  if (paths.length === 1) return { server, headers, paths, check };
  const pathsFile = join(folder, `paths-${server.pid()}.txt`);
  await writeFile(pathsFile, `${paths.join('\n')}\n`);
  return { server, headers, paths, pathsFile, check };
}

/** One round: every distinct answer byte for byte, then the load, whose answers are counted and measured as a whole. */
export async function checkedLoad(load: PreparedLoad, seconds: number): Promise<ReadFigures> {
  const { server, paths, headers, pathsFile, threads, cores, check } = load;
  const wireBytes = await check();
  const before = costOf(server.pid());
  const result = await runLoad({
    url: `${server.url}${paths[0] ?? ''}`,
    headers,
    ...(pathsFile !== undefined && { pathsFile }),
    ...(threads !== undefined && { threads }),
    ...(cores !== undefined && { cores }),
    connections: CONNECTIONS,
    seconds,
  });
  const after = costOf(server.pid());
  checkWhole(result, wireBytes);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    perSecond: result.perSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicros: (cpuSeconds / result.requests) * 1_000_000,
    corePercent: (cpuSeconds / (result.requests / result.perSecond)) * 100,
    rssMb: after.rssBytes / 1_000_000,
  };
}

/** All answers of a load together have the length of as many right ones, but for those that its end cut off. */
export function checkWhole(result: LoadResult, wireBytes: readonly number[]): void {
  assert.equal(result.badStatus, 0, 'answers of 400 and more');
  assert.equal(result.socketErrors, 0, 'broken connections');
  const cycle = wireBytes.reduce((sum, each) => sum + each, 0);
  const rest = wireBytes.slice(0, result.requests % wireBytes.length).reduce((sum, each) => sum + each, 0);
  const expected = Math.floor(result.requests / wireBytes.length) * cycle + rest;
  const cutOff = 2 * CONNECTIONS * Math.max(...wireBytes);
  const allowed = cutOff + SPREAD_BYTES * result.requests;
  assert.ok(
    Math.abs(result.bytes - expected) <= allowed,
    `${result.requests} answers have ${result.bytes} bytes, and should have ${expected}, give or take ${allowed}`,
  );
}
