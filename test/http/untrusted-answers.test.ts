import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compileWire } from '../../indexer/http/ajv.ts';
import type { ErrorCode } from '../../indexer/model/errors.ts';
import { startRawServer, type RawServer } from '../fakes/raw-server.ts';
import { textReply } from '../fakes/replies.ts';
import { createClient, requestFor, startServer } from './clients.ts';

/* What is said to us in the form of HTTP, and is none or means harm. Each ends soon, with an error that says what. */

const anything = compileWire<object>({ type: 'object' });

async function startRaw(answer: string): Promise<RawServer> {
  const server = await startRawServer((socket) => void socket.write(answer));
  onTestFinished(() => server.close());
  return server;
}

const JSON_TYPE = 'Content-Type: application/json';

describe('CVE-2026-1525: an answer whose length is not clear', () => {
  test.each<{ title: string; head: string; body: string; code: ErrorCode }>([
    { title: 'two lengths', head: 'Content-Length: 2\r\nContent-Length: 20', body: '{}', code: 'bad_answer' },
    { title: 'two lengths in one field', head: 'Content-Length: 2, 20', body: '{}', code: 'bad_answer' },
    {
      title: 'a length and chunks',
      head: 'Content-Length: 2\r\nTransfer-Encoding: chunked',
      body: '2\r\n{}\r\n0\r\n\r\n',
      code: 'bad_answer',
    },
    { title: 'a length that is no number', head: 'Content-Length: 0x2', body: '{}', code: 'bad_answer' },
    { title: 'a length below zero', head: 'Content-Length: -2', body: '{}', code: 'bad_answer' },
    {
      title: 'a chunk whose length is no number',
      head: 'Transfer-Encoding: chunked',
      body: 'zz\r\n{}\r\n',
      code: 'bad_answer',
    },
  ])('is refused: $title', async ({ head, body, code }) => {
    const server = await startRaw(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n${head}\r\n\r\n${body}`);
    const client = createClient(server.url);
    await expect(client.fetchJson(requestFor(''), 1_000, anything)).rejects.toMatchObject({ code });
    expect(client.counts).toEqual({ requests: 1, retries: 0 });
  });

  test('is refused where it ends before its length, after it was asked for again', async () => {
    const server = await startServer(() => textReply(200, '{"whole": true}'));
    server.misbehave({ match: /./, fault: { kind: 'truncate', afterBytes: 5 } });
    const client = createClient(server.url);
    await expect(client.fetchJson(requestFor(''), 1_000, anything)).rejects.toMatchObject({ code: 'unreachable' });
    expect(client.counts).toEqual({ requests: 3, retries: 2 });
  });

  test('ends at its length where it goes on, and is not JSON then', async () => {
    const server = await startRaw(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 5\r\n\r\n{"a": "longer"}`);
    const fetching = createClient(server.url).fetchJson(requestFor(''), 1_000, anything);
    await expect(fetching).rejects.toMatchObject({ code: 'bad_answer', message: expect.stringContaining('JSON') });
  });
});

test('CVE-2026-6733, CVE-2026-6734: what follows an answer is not taken for the answer to the next request', async () => {
  const answer = (body: string) => `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  let first = true;
  const server = await startRawServer((socket) => {
    socket.write(first ? answer('{"n":1}') + answer('{"n":"injected"}') : answer('{"n":2}'));
    first = false;
  });
  onTestFinished(() => server.close());
  const client = createClient(server.url, { connections: 1 });
  const values: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    values.push((await client.fetchJson(requestFor(''), 1_000, anything)).value);
  }
  expect(values).toEqual([{ n: 1 }, { n: 2 }]);
});

describe('an answer that is no HTTP', () => {
  test.each([
    { title: 'another protocol', answer: 'SSH-2.0-OpenSSH_9.2\r\n' },
    { title: 'a broken status line', answer: 'HTTP/1.1 abc\r\n\r\n' },
    { title: 'a field without a name', answer: 'HTTP/1.1 200 OK\r\n: x\r\n\r\n' },
    { title: 'a field folded over lines', answer: 'HTTP/1.1 200 OK\r\nX-A: b\r\n\x01c\r\n\r\n' },
  ])('is told so: $title', async ({ answer }) => {
    const server = await startRaw(answer);
    const client = createClient(server.url);
    await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
      code: 'bad_answer',
      message: expect.stringMatching(/answers what is no proper HTTP; see what is in front of it\.$/),
    });
  });
});

describe('a huge header', () => {
  test.each([
    { title: 'one long field', fields: { 'X-Long': 'x'.repeat(20_000) } },
    {
      title: 'many fields',
      fields: Object.fromEntries(Array.from({ length: 2_000 }, (_, number) => [`X-${number}`, 'some value'])),
    },
  ])('is not read: $title', async ({ fields }) => {
    const server = await startServer(() => textReply(200, 'x', fields));
    const client = createClient(server.url);
    await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('a longer header than is read'),
    });
    expect(client.counts.requests).toBe(1);
  });
});

describe('CVE-2026-22036: an encoding that nobody asked for', () => {
  const sixfold = Array.from({ length: 6 }).reduce((bytes: Buffer) => gzipSync(bytes), Buffer.from('{}'));
  test.each<{ title: string; encoding: string | string[] }>([
    { title: 'gzip', encoding: 'gzip' },
    { title: 'gzip six times over', encoding: 'gzip, gzip, gzip, gzip, gzip, gzip' },
    { title: 'a thousand times over', encoding: Array.from({ length: 1_000 }, () => 'gzip').join(', ') },
    { title: 'gzip behind identity', encoding: ['identity', 'gzip'] },
    { title: 'another', encoding: 'br' },
  ])('is refused and not unpacked: $title', async ({ encoding }) => {
    const reply = { status: 200, headers: { 'Content-Encoding': encoding }, body: sixfold };
    const server = await startServer(() => reply);
    await expect(createClient(server.url).fetchJson(requestFor(''), 1_000, anything)).rejects.toMatchObject({
      code: 'bad_answer',
      message: expect.stringContaining('though we asked for identity'),
    });
  });

  test('may be named identity', async () => {
    const server = await startServer(() => textReply(200, '{}', { 'Content-Encoding': 'identity' }));
    expect((await createClient(server.url).fetchJson(requestFor(''), 1_000, anything)).value).toEqual({});
  });
});

describe('a slow-loris answer', () => {
  /** A piece every 50 milliseconds, which is always in time for the next one. */
  async function startDripping(head: string, piece: string): Promise<RawServer> {
    const server = await startRawServer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(piece), 50);
      socket.on('close', () => clearInterval(timer));
    });
    onTestFinished(() => server.close());
    return server;
  }

  test.each([
    { title: 'in its body', head: 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', piece: ' ' },
    { title: 'in its header', head: 'HTTP/1.1 200 OK\r\n', piece: 'X-A: b\r\n' },
    { title: 'in its status line', head: '', piece: 'H' },
  ])('ends with the deadline: $title', async ({ head, piece }) => {
    const server = await startDripping(head, piece);
    const client = createClient(server.url, { timeoutMs: 60_000 });
    const before = performance.now();
    const signal = AbortSignal.timeout(300);
    await expect(client.fetchBytes(requestFor('', { signal }), 2_000_000)).rejects.toBeDefined();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('JSON that means harm', () => {
  test.each([
    { title: '100,000 brackets', text: '['.repeat(100_000) + ']'.repeat(100_000) },
    { title: '100,000 objects', text: '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000) },
    { title: '100,000 brackets without an end', text: '['.repeat(100_000) },
    {
      title: '100,000 brackets in a field that nobody reads',
      text: `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    },
    { title: 'a number of a million digits', text: `{"n":${'1'.repeat(1_000_000)}}` },
  ])('is read in no time: $title', async ({ text }) => {
    const server = await startServer(() => textReply(200, text));
    const validate = compileWire<object>({ type: 'object', properties: { n: { type: 'integer', maximum: 9 } } });
    const before = performance.now();
    await createClient(server.url)
      .fetchJson(requestFor(''), 2_000_000, validate)
      .catch((error: unknown) => expect(error).toMatchObject({ code: 'bad_answer' }));
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test('has no prototype to change', async () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"n":1}';
    const server = await startServer(() => textReply(200, text));
    const validate = compileWire<{ n: number }>({ type: 'object', properties: { n: { type: 'integer' } } });
    const { value } = await createClient(server.url).fetchJson(requestFor(''), 1_000, validate);
    expect(value.n).toBe(1);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
