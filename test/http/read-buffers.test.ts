import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { giveBack } from '../../indexer/http/read-buffers.ts';
import { startRawServer } from '../fakes/raw-server.ts';
import { createClient, requestFor } from './clients.ts';

const MB = 1024 * 1024;

/** Bytes that differ everywhere and by their seed. */
function bytesOf(sizeBytes: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update(seed).digest();
}

/** Answers each request with the body that its path names, after a header or in HTTP's own chunks. */
async function startBodies(bodies: Readonly<Record<string, Buffer>>, { chunked = false } = {}) {
  const server = await startRawServer((socket, head) => {
    const [, path = ''] = /^GET \/(\S*) /.exec(head) ?? [];
    const body = bodies[path] ?? Buffer.alloc(0);
    if (!chunked) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const size = 1_000;
    const parts: (string | Buffer)[] = [];
    for (let at = 0; at < body.length; at += size) {
      const part = body.subarray(at, at + size);
      parts.push(`${part.length.toString(16)}\r\n`, part, '\r\n');
    }
    socket.write(Buffer.concat([...parts, '0\r\n\r\n'].map((each) => Buffer.from(each))));
  });
  onTestFinished(() => server.close());
  return createClient(server.url, { connections: 8 });
}

async function open(client: Awaited<ReturnType<typeof startBodies>>, path: string): Promise<AsyncIterable<Buffer>> {
  return (await client.open(requestFor(path))).body as Readable & AsyncIterable<Buffer>;
}

describe('the buffers that connections read into', () => {
  test('give each body its own bytes, whoever gives back what meanwhile', async () => {
    const bodies = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((seed) => [seed, bytesOf(8 * MB, seed)]));
    const client = await startBodies(bodies);
    const read = async (path: string) => {
      const hash = createHash('sha256');
      for await (const chunk of await open(client, path)) {
        hash.update(chunk);
        giveBack(chunk);
      }
      return hash.digest('hex');
    };
    const paths = Object.keys(bodies);
    for (let round = 0; round < 3; round += 1) {
      expect(await Promise.all(paths.map(read))).toEqual(
        paths.map((path) => createHash('sha256').update(bodies[path]!).digest('hex')),
      );
    }
  });

  test.each([
    { title: 'of one body', chunked: false },
    { title: 'of a body in chunks of HTTP, many of which are in one buffer', chunked: true },
  ])('leave alone what is not given back $title', async ({ chunked }) => {
    const kept = bytesOf(4 * MB, 'kept');
    const client = await startBodies({ kept, other: bytesOf(8 * MB, 'other') }, { chunked });
    const chunks: Buffer[] = [];
    let number = 0;
    const given: [number, number][] = [];
    let position = 0;
    for await (const chunk of await open(client, 'kept')) {
      number += 1;
      if (number % 2 === 0) chunks.push(chunk);
      else {
        given.push([position, position + chunk.length]);
        giveBack(chunk);
      }
      position += chunk.length;
    }
    // Whatever is used again, is now overwritten.
    for await (const chunk of await open(client, 'other')) giveBack(chunk);
    const wanted = Buffer.from(kept);
    const pieces: Buffer[] = [];
    let from = 0;
    for (const [start, end] of given) {
      pieces.push(wanted.subarray(from, start));
      from = end;
    }
    pieces.push(wanted.subarray(from));
    expect(Buffer.concat(chunks).equals(Buffer.concat(pieces))).toBe(true);
  });

  test('are lent to one at a time, also when a chunk is given back twice', async () => {
    const bodies = { first: bytesOf(4 * MB, 'first'), left: bytesOf(8 * MB, 'left'), right: bytesOf(8 * MB, 'right') };
    const client = await startBodies(bodies);
    for await (const chunk of await open(client, 'first')) {
      giveBack(chunk);
      giveBack(chunk);
    }
    const [left, right] = await Promise.all([open(client, 'left'), open(client, 'right')]);
    const read = async (body: AsyncIterable<Buffer>) => {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const [leftBytes, rightBytes] = await Promise.all([read(left), read(right)]);
    expect([leftBytes.equals(bodies.left), rightBytes.equals(bodies.right)]).toEqual([true, true]);
  });

  test('are used again: what was given back is overwritten by what comes next', async () => {
    const client = await startBodies({ first: bytesOf(8 * MB, 'first'), next: bytesOf(8 * MB, 'next') });
    const before: { chunk: Buffer; digest: string }[] = [];
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    for await (const chunk of await open(client, 'first')) {
      before.push({ chunk, digest: digest(chunk) });
      giveBack(chunk);
    }
    for await (const chunk of await open(client, 'next')) giveBack(chunk);
    expect(before.some((each) => digest(each.chunk) !== each.digest)).toBe(true);
  });
});

describe('giveBack', () => {
  test('takes nothing that was not lent', async () => {
    const own = Buffer.alloc(512 * 1024, 'mine');
    giveBack(own);
    const client = await startBodies({ big: bytesOf(8 * MB, 'big') });
    for await (const chunk of await open(client, 'big')) giveBack(chunk);
    expect(own.equals(Buffer.alloc(512 * 1024, 'mine'))).toBe(true);
  });
});
