import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process, { cpuUsage, resourceUsage } from 'node:process';
import { Agent, request } from 'undici';
import type { Measured } from './crawl-client.ts';
import type { Asked } from './crawl-server.ts';

/*
 * The peer of a crawl: undici alone makes the same requests and reads each body whole, in a process of its own. What a
 * crawl must wait for (the next page of a list; the list, before what is in it), this waits for, too.
 */

export interface BareTask {
  /** JSON of `BareLists`. */
  requestsFile: string;
  concurrency: number;
  /** Give the SHA-256 of each body as it streams by, rather than the body whole. */
  digests: boolean;
}

/** Of each origin what is asked one after the other, then what is asked several at a time. */
export type BareLists = { origin: string; serial: Asked[]; parallel: Asked[] }[];

export interface Fetched extends Measured {
  bytes: number;
  /** Of each body, in the order of the requests. */
  digests: string[];
}

const task = JSON.parse(process.argv[2] ?? '{}') as BareTask;
const lists = JSON.parse(readFileSync(task.requestsFile, 'utf8')) as BareLists;
let bytes = 0;

async function fetchOne(dispatcher: Agent, origin: string, { target, headers }: Asked): Promise<string> {
  const { body, statusCode } = await request(origin + target, { dispatcher, headers });
  if (statusCode !== 200) throw new Error(`${target} answers ${statusCode}.`);
  if (!task.digests) {
    bytes += (await body.bytes()).length;
    return '';
  }
  const hash = createHash('sha256');
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return `sha256:${hash.digest('hex')}`;
}

async function fetchLists({ origin, serial, parallel }: BareLists[number]): Promise<string[]> {
  const dispatcher = new Agent({ connections: task.concurrency, pipelining: 1 });
  const digests: string[] = [];
  for (const each of serial) await fetchOne(dispatcher, origin, each);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < parallel.length; at = next++) {
      digests[at] = await fetchOne(dispatcher, origin, parallel[at]!);
    }
  };
  await Promise.all(Array.from({ length: task.concurrency }, worker));
  await dispatcher.close();
  return digests;
}

const [startedMs, before] = [performance.now(), cpuUsage()];
const digests = await Promise.all(lists.map(fetchLists));
const [ms, cpu] = [performance.now() - startedMs, cpuUsage(before)];
process.send?.({
  ms,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  rssMb: resourceUsage().maxRSS / 1_024,
  requests: lists.reduce((sum, { serial, parallel }) => sum + serial.length + parallel.length, 0),
  bytes,
  digests: task.digests ? digests.flat() : [],
} satisfies Fetched);
