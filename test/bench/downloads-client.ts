import { createHash, type Hash } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/*
 * The cheapest client that there is in Node: every read of a connection goes into one and the same buffer, and is
 * counted and forgotten. It knows only what nginx and the proxy answer: a status, a Content-Length and a body.
 */

const READ_BYTES = 1024 * 1024;
const SLOW_READ_BYTES = 64 * 1024;

export interface Asked {
  port: number;
  path: string;
  /** The body's length that must be announced. */
  length: number;
  /** Of a single range; a 206 is expected then, else a 200. */
  range?: string;
}

export interface Connection {
  /** One whole download after the other; each must begin before the next. */
  download(asked: Asked, into?: Hash): Promise<Timed>;
  /** Of bodies, so far. */
  received(): number;
  close(): void;
}

export interface Timed {
  /** From the request to the first byte of the body, and to the last one. */
  firstByteMs: number;
  ms: number;
}

interface Waiting {
  asked: Asked;
  startedMs: number;
  firstByteMs: number;
  /** Undefined until the header is whole. */
  left: number | undefined;
  head: string;
  hash: Hash | undefined;
  resolve: (timed: Timed) => void;
  reject: (error: Error) => void;
}

/** @param bytesPerSecond at most, for a slow client */
export async function openConnection(port: number, bytesPerSecond = Infinity): Promise<Connection> {
  let waiting: Waiting | undefined;
  let received = 0;
  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  const take = (bytes: Uint8Array): void => {
    if (waiting === undefined) throw new Error(`The server of port ${port} sends more than was asked for.`);
    const body = waiting.left === undefined ? readHead(waiting, bytes) : bytes;
    if (body === undefined || waiting.left === undefined) return;
    waiting.hash?.update(body);
    received += body.length;
    waiting.left -= body.length;
    if (waiting.left > 0) return;
    const { startedMs, firstByteMs, resolve } = waiting;
    waiting = undefined;
    resolve({ firstByteMs, ms: performance.now() - startedMs });
  };
  const socket = await connected(port, bytesPerSecond, (bytes) => {
    try {
      take(bytes);
    } catch (error) {
      fail(error as Error);
      socket.destroy();
    }
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`The server of port ${port} broke off.`)));
  return {
    download: (asked, hash) =>
      new Promise((resolve, reject) => {
        const startedMs = performance.now();
        waiting = { asked, startedMs, firstByteMs: NaN, left: undefined, head: '', hash, resolve, reject };
        const range = asked.range === undefined ? '' : `Range: ${asked.range}\r\n`;
        socket.write(`GET ${asked.path} HTTP/1.1\r\nHost: bench\r\n${range}\r\n`);
      }),
    received: () => received,
    close: () => void socket.destroy(),
  };
}

function connected(port: number, bytesPerSecond: number, onBytes: (bytes: Uint8Array) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isSlow = bytesPerSecond !== Infinity;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      onBytes(buffer.subarray(0, length));
      if (isSlow) setTimeout(() => socket.resume(), (length / bytesPerSecond) * 1_000);
      // False: no more until then.
      return !isSlow;
    };
    const onread = { buffer: Buffer.allocUnsafe(isSlow ? SLOW_READ_BYTES : READ_BYTES), callback };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @returns the first bytes of the body, or undefined where the header goes on. @throws Error for another answer than asked for */
function readHead(waiting: Waiting, bytes: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 0, 16 * 1024);
  const seen = waiting.head.length;
  waiting.head += text;
  const end = waiting.head.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = waiting.head.slice(0, end);
  const { range, length, path } = waiting.asked;
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, announced] = /^content-length: *(\d+)\r?$/im.exec(`${head}\r`) ?? [];
  if (status !== (range === undefined ? '200' : '206') || Number(announced) !== length) {
    throw new Error(`${path}: ${length} bytes were asked for, and this is the answer: ${head}`);
  }
  waiting.left = length;
  waiting.firstByteMs = performance.now() - waiting.startedMs;
  return bytes.subarray(end + 4 - seen);
}

/** The SHA-256 of one download, as hexadecimal digits. */
export async function digestOfDownload(asked: Asked): Promise<string> {
  const hash = createHash('sha256');
  const connection = await openConnection(asked.port);
  await connection.download(asked, hash);
  connection.close();
  return hash.digest('hex');
}
