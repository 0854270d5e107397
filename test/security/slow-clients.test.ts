import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { answerClientError } from '../../proxy/errors.ts';
import { DOWNLOAD_LIMITS } from '../../proxy/server-limits.ts';
import { watchTransfer } from '../../proxy/slow-transfer.ts';
import { configOf, giteaConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { sendRaw } from '../proxy/http.ts';
import { BIG, bytesOf, sharedSite, startProxy, untilOver, type ProxyOptions } from '../proxy/world.ts';

const site = sharedSite();

const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const AWS = '/extensions/provider/aws/1.0.0';
const ATTACHMENT = /^GET \/attachments\//;
/** More than all the buffers between a backend and a client that does not read. */
const HUGE = bytesOf(40 * 1024 * 1024, 'slow');

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A download that nobody reads yet. */
async function startUnread(options: ProxyOptions = {}) {
  const gitea = await startFakeGitea({ organizations: ['acme'] });
  onTestFinished(() => gitea.close());
  gitea.addRepository('acme', { name: 'slow_cluster' });
  gitea.addRelease('acme', 'slow_cluster', { tag: '1.0.0', assets: [{ name: 'a.tar.gz', content: HUGE }] });
  const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)]);
  await runIndexer(config);
  gitea.forget();
  const proxy = await startProxy(config, options);
  const answering = once(proxy.app.server, 'request') as Promise<[unknown, ServerResponse]>;
  const outgoing = httpRequest(`${proxy.url}/api/v1/extensions/cluster/slow/1.0.0`, { agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [, response] = await answering;
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { ...proxy, gitea, response, incoming };
}

describe('CVE-2026-25224: a client that reads slowly', () => {
  test('pauses the backend instead of filling our memory, and gets every byte in the end', async () => {
    const { gitea, get, response, incoming } = await startUnread();
    // Nobody reads: the buffers on the way fill up, and then nothing more may come from the backend.
    const sent = () => response.socket?.bytesWritten;
    for (let before: number | undefined = NaN; before !== sent();) {
      before = sent();
      for (let times = 0; times < 50; times += 1) await get('/health/live');
    }
    expect(response.writableLength).toBeGreaterThan(0);
    expect(gitea.requests).toMatchObject([{ outcome: 'open' }]);
    expect(response.writableLength).toBeLessThan(1024 * 1024);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(HUGE)).toBe(true);
    await untilOver(gitea);
    expect(gitea.requests).toMatchObject([{ outcome: 'complete' }]);
  });

  test('and leaves without having read much gives the backend its connection back', async () => {
    const { gitea, get, incoming } = await startUnread();
    incoming.on('error', () => undefined);
    await get('/health/live');
    incoming.destroy();
    await untilOver(gitea);
    expect(gitea.requests).toMatchObject([{ outcome: 'broken' }]);
    expect((await get('/metrics')).text).toContain('extreg_downloads_in_flight 0\n');
  });

  test('below the least rate is broken off, and its backend with it', async () => {
    const { gitea, logged, incoming } = await startUnread({
      downloadLimits: { ...DOWNLOAD_LIMITS, minWindowBytes: 1, windowMs: 50 },
    });
    incoming.on('error', () => undefined);
    expect(await logged('download_too_slow')).toMatchObject({ level: 40 });
    await untilOver(gitea);
    expect(gitea.requests).toMatchObject([{ outcome: 'broken' }]);
    expect(await logged('request')).toMatchObject({ broken: true });
    incoming.resume();
    await new Promise((resolve) => void incoming.once('close', resolve));
    expect(incoming.complete).toBe(false);
  });
});

describe('a backend that sends slowly', () => {
  test('is broken off below the least rate too: it keeps a place from others', async () => {
    const { config, gitea } = await site();
    const { get, logged } = await startProxy(config, {
      downloadLimits: { ...DOWNLOAD_LIMITS, minWindowBytes: 1, windowMs: 50 },
    });
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 2_000_000 } });
    const answer = await get(BIG_ONE);
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status: 200, complete: false });
    expect(await logged('download_too_slow')).toMatchObject({ level: 40 });
    await untilOver(gitea);
    expect(gitea.requests.at(-1)?.outcome).toBe('broken');
  });
});

describe('watchTransfer', () => {
  afterEach(() => void vi.useRealTimers());

  function watch() {
    vi.useFakeTimers();
    const transfer = { sent: 0, tooSlow: 0 };
    const end = watchTransfer({
      sentBytes: () => transfer.sent,
      minWindowBytes: 100,
      windowMs: 1_000,
      onTooSlow: () => void (transfer.tooSlow += 1),
    });
    /** So much leaves, then a window ends. */
    const pass = (bytes: number) => {
      transfer.sent += bytes;
      vi.advanceTimersByTime(1_000);
      return transfer.tooSlow;
    };
    return { pass, end };
  }

  test('tells once of the first window with too little, whatever went before', () => {
    const { pass } = watch();
    expect([pass(100), pass(1_000_000), pass(100), pass(99), pass(0)]).toEqual([0, 0, 0, 1, 1]);
  });

  test('tells nothing any more when it is ended', () => {
    const { pass, end } = watch();
    end();
    expect(pass(0)).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('one download too many', () => {
  test('is told to come back, while everything that needs no backend is answered', async () => {
    const { config, gitea } = await site();
    const { get } = await startProxy(config, { downloadLimits: { ...DOWNLOAD_LIMITS, maxDownloads: 1 } });
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
    const running = get(BIG_ONE);
    while (gitea.requests.length === 0) await tick();
    const refused = await get(AWS);
    expect({ status: refused.status, body: refused.json, wait: refused.headers['retry-after'] }).toEqual({
      status: 503,
      body: { error: 'unavailable', message: 'Too many downloads are under way; try again in a few seconds.' },
      wait: '10',
    });
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(gitea.requests).toHaveLength(1);
    for (const [path, ask_] of [
      [AWS, { method: 'HEAD' }],
      [AWS, { headers: { 'if-none-match': '*' } }],
      ['/extensions', {}],
      ['/extensions/provider/aws/latest', {}],
    ] as const) {
      expect((await get(path, ask_)).status).toBeOneOf([200, 302, 304]);
    }
    release();
    expect((await running).body.equals(BIG)).toBe(true);
    expect((await get(AWS)).status).toBe(200);
  });
});

describe('the limits of downloads', () => {
  test('hold without being asked for', async () => {
    const { get, gitea } = await site();
    // Looked at and called all the same: the limit itself would take a minute to be seen.
    const interval = vi.spyOn(globalThis, 'setInterval');
    onTestFinished(() => interval.mockRestore());
    expect((await get(AWS)).status).toBe(200);
    expect(interval.mock.calls.map(([, waitMs]) => waitMs)).toContain(60_000);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'delay', until: promise } });
    const running = Array.from({ length: 256 }, () => get(AWS));
    while (!(await get('/metrics')).text.includes('extreg_downloads_in_flight 256\n')) await tick();
    expect((await get(AWS)).status).toBe(503);
    release();
    expect(new Set((await Promise.all(running)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a request that does not come to its end', () => {
  test('is answered 408 on the bare socket', async () => {
    const server = createServer((socket) =>
      socket.once('data', () =>
        answerClientError(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket),
      ),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const answer = await sendRaw(`http://127.0.0.1:${port}`, 'GET / HTTP/1.1\r\nHost:');
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/);
    expect(answer).toContain('"error":"invalid_request"');
  });
});

describe('a connection that has had its share of requests', () => {
  test('is told to close, so that it comes back to another instance', async () => {
    const { app, url } = await site();
    app.server.maxRequestsPerSocket = 2;
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const one = 'GET /api/v1/health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    socket.write(one + one);
    let text = '';
    while ((text.match(/"status"/g) ?? []).length < 2) text += String((await once(socket, 'data'))[0]);
    expect(text.match(/^connection: .*$/gim)).toEqual(['Connection: keep-alive', 'Connection: close']);
  });
});
