import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { digestOfDownload, openConnection, type Asked } from './downloads-client.ts';

/*
 * The load, in a process of its own beside the backend. It is told what to ask for, does it, and tells what came of it.
 */

export type LoadTask =
  /** So many connections at once, each with so many downloads one after the other. */
  | { kind: 'streams'; asked: Asked; streams: number; each: number }
  /** The SHA-256 of each of so many downloads at once. */
  | { kind: 'digests'; asked: Asked; streams: number }
  /** So many downloads one after the other. */
  | { kind: 'first-bytes'; asked: Asked; times: number }
  /** As many clients as are named, for so long; the slow ones take about a megabyte a second. */
  | { kind: 'crowd'; asked: Asked; fast: number; slow: number; seconds: number };

export interface Streamed {
  seconds: number;
  bytes: number;
}

export interface FirstBytes {
  /** Of each download, in milliseconds. */
  firstByteMs: number[];
}

export interface Crowded {
  /** By all fast clients, and by all slow ones. */
  fastBytes: number;
  slowBytes: number;
}

const SLOW_BYTES_PER_SECOND = 1_000_000;

process.on('message', (task: LoadTask) => {
  run(task).then(
    (told) => void process.send?.(told),
    (error: unknown) => {
      throw error;
    },
  );
});
process.send?.('ready');

function run(task: LoadTask): Promise<unknown> {
  switch (task.kind) {
    case 'streams':
      return runStreams(task);
    case 'digests':
      return Promise.all(Array.from({ length: task.streams }, () => digestOfDownload(task.asked)));
    case 'first-bytes':
      return runFirstBytes(task);
    case 'crowd':
      return runCrowd(task);
  }
}

async function runStreams({ asked, streams, each }: LoadTask & { kind: 'streams' }): Promise<Streamed> {
  const connections = await Promise.all(Array.from({ length: streams }, () => openConnection(asked.port)));
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let times = 0; times < each; times += 1) await connection.download(asked);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const connection of connections) connection.close();
  return { seconds, bytes: asked.length * streams * each };
}

async function runFirstBytes({ asked, times }: LoadTask & { kind: 'first-bytes' }): Promise<FirstBytes> {
  const firstByteMs: number[] = [];
  const connection = await openConnection(asked.port);
  for (let time = 0; time < times; time += 1) firstByteMs.push((await connection.download(asked)).firstByteMs);
  connection.close();
  return { firstByteMs };
}

async function runCrowd({ asked, fast, slow, seconds }: LoadTask & { kind: 'crowd' }): Promise<Crowded> {
  const open = (count: number, bytesPerSecond?: number) =>
    Promise.all(Array.from({ length: count }, () => openConnection(asked.port, bytesPerSecond)));
  const [fastOnes, slowOnes] = [await open(fast), await open(slow, SLOW_BYTES_PER_SECOND)];
  const clients = [...fastOnes, ...slowOnes];
  const endMs = performance.now() + seconds * 1_000;
  const ends = clients.map(async (client) => {
    while (performance.now() < endMs) await client.download(asked);
  });
  const broken = Promise.race(ends);
  await Promise.race([pause(seconds * 1_000), broken]);
  const sum = (some: typeof clients): number => some.reduce((total, each) => total + each.received(), 0);
  const told = { fastBytes: sum(fastOnes), slowBytes: sum(slowOnes) };
  for (const client of clients) client.close();
  // Those that were under way are broken off by us.
  await Promise.allSettled(ends);
  return told;
}
