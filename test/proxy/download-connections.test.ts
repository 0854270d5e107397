import { once } from 'node:events';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRawServer } from '../fakes/raw-server.ts';
import { ask } from './http.ts';
import { DOWNLOAD_LIMITS } from '../../proxy/server-limits.ts';
import { BIG, sharedSite, startProxy, type ProxyOptions } from './world.ts';

/* Each download holds a connection to a backend. Whatever the client does, it is given back or closed: counted here. */

const site = sharedSite();

const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Sends as much of its answer as a test wants, over a connection that it keeps. */
interface Behaviour {
  /** Bytes of the answer's head and body together that are sent before it falls silent; all without it. */
  silentAfter?: number;
  /** Answers 200 and the whole where a range is asked for. */
  ignoresRanges?: boolean;
  /** So many bytes at once. */
  pieceBytes?: number;
  /** Instead of `BIG`. */
  body?: Buffer;
  /** Breaks the connection after so many bytes. */
  brokenAfter?: number;
}

async function startBackend(options: ProxyOptions = {}) {
  const open = new Set<Socket>();
  let connections = 0;
  let behaviour: Behaviour = {};
  const server = await startRawServer((socket, head) => {
    if (!open.has(socket)) {
      open.add(socket);
      connections += 1;
      socket.on('close', () => open.delete(socket));
    }
    void answer(socket, head, behaviour);
  });
  onTestFinished(() => server.close());
  const { config } = await site();
  const sources = config.sources.map((each) =>
    each.name === 'gitea' ? { ...each, base: new URL(`${server.url}/`) } : each,
  );
  const proxy = await startProxy({ ...config, sources }, options);
  return {
    ...proxy,
    behave: (next: Behaviour) => void (behaviour = next),
    asked: () => server.requests.length,
    open: () => open.size,
    connections: () => connections,
    url: `${proxy.url}/api/v1${BIG_ONE}`,
  };
}

async function answer(socket: Socket, head: string, behaviour: Behaviour): Promise<void> {
  const { silentAfter = Infinity, brokenAfter = Infinity, pieceBytes = Infinity, body = BIG } = behaviour;
  const [, from, to] = (behaviour.ignoresRanges === true ? null : /^range: bytes=(\d+)-(\d+)/im.exec(head)) ?? [];
  const part = from === undefined ? body : body.subarray(Number(from), Number(to) + 1);
  const status =
    from === undefined ? '200 OK' : `206 Partial Content\r\nContent-Range: bytes ${from}-${to}/${body.length}`;
  const bytes = Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${part.length}\r\n\r\n`), part]);
  const end = Math.min(bytes.length, silentAfter, brokenAfter);
  for (let at = 0; at < end && !socket.destroyed; at += pieceBytes) {
    socket.write(bytes.subarray(at, Math.min(end, at + pieceBytes)));
    await tick();
  }
  if (brokenAfter < bytes.length) socket.end();
}

function begin(url: string, headers: Record<string, string> = {}): ClientRequest {
  const outgoing = httpRequest(url, { agent: false, headers });
  outgoing.on('error', () => undefined);
  return outgoing.end();
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await tick();
}

describe('the connection to the backend of a client that leaves', () => {
  test.each([
    ['before the backend answers', { silentAfter: 0 }],
    ['in the middle of the header', { silentAfter: 10 }],
    ['before the first byte', { silentAfter: 42 }],
  ])('%s is closed', async (_name, behaviour) => {
    const { url, behave, asked, open, get } = await startBackend();
    behave(behaviour);
    const outgoing = begin(url);
    await until(() => asked() === 1);
    outgoing.destroy();
    await until(() => open() === 0);
    expect((await get('/metrics')).text).toContain('extreg_downloads_in_flight 0\n');
  });

  test.each([
    ['at the first bytes', { silentAfter: 5_000 }, {}],
    ['in the middle', { silentAfter: 2_000_000 }, {}],
    ['before the last byte', { silentAfter: BIG.length }, {}],
    ['in the middle of a range', { silentAfter: 1_500_000 }, { range: 'bytes=100-' }],
    [
      'in the middle of a range that is cut from the whole',
      { silentAfter: 1_500_000, ignoresRanges: true },
      { range: 'bytes=100-' },
    ],
  ])('%s is closed', async (_name, behaviour, headers) => {
    const { url, behave, open, logged } = await startBackend();
    behave(behaviour);
    const outgoing = begin(url, headers);
    const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    incoming.on('error', () => undefined);
    await once(incoming, 'data');
    expect(open()).toBe(1);
    outgoing.destroy();
    await until(() => open() === 0);
    expect(await logged('request')).toMatchObject({ broken: true });
  });
});

describe('the connection to the backend of a client that stays', () => {
  test('is given back after each whole and each range, and used for the next', async () => {
    const { url, connections, open } = await startBackend();
    for (const headers of [{}, { range: 'bytes=0-99' }, { range: 'bytes=1000-2900000' }, { range: 'bytes=-7' }, {}]) {
      const { complete, status } = await ask(url, { headers });
      expect({ complete, status }).toEqual({ complete: true, status: 'range' in headers ? 206 : 200 });
    }
    expect({ connections: connections(), open: open() }).toEqual({ connections: 1, open: 1 });
  });

  test('is closed where the rest of a body is not wanted', async () => {
    const { url, behave, open } = await startBackend();
    behave({ ignoresRanges: true });
    const { status, body } = await ask(url, { headers: { range: 'bytes=10-19' } });
    expect({ status, same: body.equals(BIG.subarray(10, 20)) }).toEqual({ status: 206, same: true });
    await until(() => open() === 0);
  });

  test('is not waited for when the range is there and the rest is not wanted', async () => {
    const { url, behave, open } = await startBackend();
    behave({ ignoresRanges: true, silentAfter: 10_000 });
    expect((await ask(url, { headers: { range: 'bytes=10-19' } })).status).toBe(206);
    await until(() => open() === 0);
  });
});

describe('a body that comes in pieces', () => {
  const wrong = Buffer.from(BIG);
  wrong[BIG.length - 1]! ^= 1;

  test.each([1_000, 64 * 1024, 1024 * 1024])(
    'of %i bytes is sent whole, or without its end when its last byte is wrong',
    async (pieceBytes) => {
      const { url, behave, get, open } = await startBackend();
      behave({ pieceBytes });
      expect((await ask(url)).body.equals(BIG)).toBe(true);
      behave({ pieceBytes, body: wrong });
      const { status, complete, body } = await ask(url);
      expect({ status, complete }).toEqual({ status: 200, complete: false });
      expect(body.length).toBeLessThan(BIG.length);
      expect(body.equals(BIG.subarray(0, body.length))).toBe(true);
      expect((await get('/metrics')).text).toContain('extreg_digest_mismatch_total 1\n');
      expect(open()).toBe(1);
    },
  );

  test.each([0, 1_000, 1_100_000, BIG.length])(
    'and ends after %i of them is broken off or an error',
    async (brokenAfter) => {
      const { url, behave, open } = await startBackend();
      behave({ brokenAfter, pieceBytes: 64 * 1024 });
      const { status, complete, body } = await ask(url);
      expect(status === 502 || (status === 200 && !complete && body.equals(BIG.subarray(0, body.length)))).toBe(true);
      await until(() => open() === 0);
    },
  );
});

test('a download that waits behind another one of its connection is not taken for a slow one', async () => {
  const { url, behave, log } = await startBackend({
    downloadLimits: { ...DOWNLOAD_LIMITS, minWindowBytes: 1, windowMs: 100 },
  });
  // So small that the first of both takes several windows.
  behave({ pieceBytes: 512 });
  const { port, pathname } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2));
  let received = 0;
  socket.on('data', (bytes) => (received += bytes.length));
  await until(() => received > 2 * BIG.length || socket.closed);
  expect(log.filter(({ event }) => event === 'download_too_slow')).toEqual([]);
  expect(received).toBeGreaterThan(2 * BIG.length);
});
