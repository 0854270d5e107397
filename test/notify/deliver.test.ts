import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Notification } from '../../indexer/model/notification.ts';
import { deliver, type DeliverOptions } from '../../indexer/notify/deliver.ts';
import { NOON } from '../builders.ts';
import { answering, isSigned, startReceiver } from './receiver.ts';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOTIFICATION = { type: 'site.published', timestamp: '2026-06-01T12:00:00Z' } as Notification;

function deliverTo(url: string, overrides: Partial<DeliverOptions & { timeoutMs: number }> = {}): Promise<number> {
  const { timeoutMs = 5_000, ...options } = overrides;
  return deliver(
    NOTIFICATION,
    { url, secret: `whsec_${KEY}`, timeoutMs },
    {
      now: () => NOON,
      random: () => 0.5,
      signal: new AbortController().signal,
      retry: { tries: 3, baseDelayMs: 1, maxDelayMs: 5 },
      ...options,
    },
  );
}

describe('deliver', () => {
  test('posts once, signed for its id, time and body', async () => {
    const { url, received } = await startReceiver(answering(204));
    expect(await deliverTo(`${url}/hooks/registry?to=ops`)).toBe(1);
    const [post, ...more] = received;
    expect(more).toEqual([]);
    expect(post).toMatchObject({
      method: 'POST',
      url: '/hooks/registry?to=ops',
      headers: { 'content-type': 'application/json', 'webhook-timestamp': String(NOON / 1_000) },
      notification: NOTIFICATION,
    });
    expect(post!.headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(isSigned(post!, KEY)).toBe(true);
    expect(isSigned({ ...post!, body: `${post!.body} ` }, KEY)).toBe(false);
    expect(isSigned(post!, Buffer.from('another secret of 24 byte').toString('base64'))).toBe(false);
  });

  test.each([500, 502, 503, 504, 429])('tries again after %i, with the same id and a new time', async (status) => {
    const { url, received } = await startReceiver(answering(status), answering(200));
    let nowMs = NOON;
    expect(await deliverTo(url, { now: () => (nowMs += 2_000) })).toBe(2);
    expect(received[1]!.headers['webhook-id']).toBe(received[0]!.headers['webhook-id']);
    expect(received[1]!.headers['webhook-timestamp']).not.toBe(received[0]!.headers['webhook-timestamp']);
    expect(received.map((each) => isSigned(each, KEY))).toEqual([true, true]);
  });

  test('tries again after a broken connection', async () => {
    const { url, received } = await startReceiver((response) => response.destroy(), answering(200));
    expect(await deliverTo(url)).toBe(2);
    expect(received).toHaveLength(2);
  });

  test('gives up in the end, and its message has neither path nor query', async () => {
    const { url, received } = await startReceiver(answering(500));
    const failure = await deliverTo(`${url}/p4th?t0ken`).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'bad_answer', status: 500 });
    expect((failure as Error).message).toMatch(/^the webhook \(127\.0\.0\.1:\d+\) does not take it \(HTTP 500\)/);
    expect((failure as Error).message).not.toMatch(/p4th|t0ken/);
    expect(received).toHaveLength(3);
  });

  test.each([400, 401, 404, 410])('does not try again after %i', async (status) => {
    const { url, received } = await startReceiver(answering(status));
    await expect(deliverTo(url)).rejects.toMatchObject({ status });
    expect(received).toHaveLength(1);
  });

  test.each([301, 302, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const elsewhere = await startReceiver(answering(200));
    const { url, received } = await startReceiver(answering(status, { location: elsewhere.url }));
    await expect(deliverTo(url)).rejects.toMatchObject({ code: 'redirect' });
    expect([received.length, elsewhere.received.length]).toEqual([1, 0]);
  });

  test('waits no longer than its time, for one that never answers and for one that answers drop by drop', async () => {
    const hanging = await startReceiver(undefined);
    await expect(deliverTo(hanging.url, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'timeout' });
    expect(hanging.received).toHaveLength(3);
    const dripping = await startReceiver(({ socket }) => {
      socket?.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket?.write('a'), 5);
      socket?.once('close', () => clearInterval(timer));
    });
    await expect(deliverTo(dripping.url, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('does not wait for the body of an answer', async () => {
    const { url } = await startReceiver((response) => void response.writeHead(200).write('for ever'));
    expect(await deliverTo(url)).toBe(1);
  });

  test('ends with the run', async () => {
    const { url, received } = await startReceiver(undefined);
    const stop = new AbortController();
    const delivering = deliverTo(url, { signal: stop.signal });
    delivering.catch(() => undefined);
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(delivering).rejects.toBe(reason);
  });

  test('cannot reach one that is not there', async () => {
    const { url } = await startReceiver(answering(200));
    const port = await freePort(url);
    await expect(deliverTo(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

/** A port that a connection had on our side, and that nobody listens on. */
async function freePort(url: string): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await new Promise((resolve) => void socket.once('connect', resolve));
  const { localPort } = socket;
  socket.destroy();
  await new Promise((resolve) => void socket.once('close', resolve));
  return localPort!;
}
