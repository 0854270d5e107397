import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { shutDown } from '../../proxy/shutdown.ts';
import { ask, keepAliveAgent } from './http.ts';
import { BIG, sharedSite, untilOver } from './world.ts';

const site = sharedSite();

const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const LONG_MS = 60_000;

/** A download that the backend holds until it is released. */
async function startHeldDownload() {
  const world = await site();
  const { promise, resolve: release } = Promise.withResolvers<void>();
  world.gitea.misbehave({ match: /attachments/, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
  const agent = keepAliveAgent();
  const responding = once(world.app.server, 'request');
  const download = ask(`${world.url}/api/v1${BIG_ONE}`, { agent });
  await responding;
  while (world.gitea.requests.length === 0) await new Promise((next) => setImmediate(next));
  return { ...world, agent, download, release };
}

describe('shutDown', () => {
  test('lets a running download end, and its connection with it', async () => {
    const { app, url, download, release } = await startHeldDownload();
    const stopped = shutDown(app, { graceMs: LONG_MS });
    while (app.server.listening) await new Promise((next) => setImmediate(next));
    await expect(ask(`${url}/api/v1/health/live`)).rejects.toThrow('ECONNREFUSED');
    release();
    const { complete, body } = await download;
    expect({ complete, same: body.equals(BIG) }).toEqual({ complete: true, same: true });
    // The client would keep the connection for reuse; nobody waits for that.
    await stopped;
  });

  test('breaks what is still running when the grace period is over', async () => {
    const { app, gitea, download, logged } = await startHeldDownload();
    await shutDown(app, { graceMs: 50 });
    expect(await download).toMatchObject({ status: 200, complete: false });
    await untilOver(gitea);
    expect(gitea.requests.at(-1)?.outcome).toBe('broken');
    expect(await logged('shutdown_forced')).toMatchObject({ level: 40 });
  });

  test('closes connections that only wait', async () => {
    const { app, url } = await site();
    const agent = keepAliveAgent();
    const answer = await ask(`${url}/api/v1/health/live`, { agent });
    expect(answer.headers.connection).toBe('keep-alive');
    await shutDown(app, { graceMs: LONG_MS });
  });

  test.each([
    ['/health/ready', '503', /connection: close\r\n[^]*"error":"unavailable"/i],
    ['/extensions', '200', /connection: close\r\n[^]*"name":"aws"/i],
  ])('closes with every further reply, such as that of %s', async (path, status, reply) => {
    const { app, url, gitea, get } = await site();
    // In memory from now on, so that no route would see it.
    await get('/extensions');
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: /attachments/, fault: { kind: 'delay', until: promise } });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write('HEAD /api/v1/health/ready HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.write('GET /api/v1/extensions/provider/aws/1.0.0 HTTP/1.1\r\nHost: a\r\n\r\n');
    while (gitea.requests.length === 0) await new Promise((next) => setImmediate(next));
    const stopped = shutDown(app, { graceMs: LONG_MS });
    const asked = once(app.server, 'request');
    socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await asked;
    release();
    await once(socket, 'close');
    await stopped;
    const text = Buffer.concat(chunks).toString('latin1');
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', status]);
    expect(text.slice(text.lastIndexOf('HTTP/1.1'))).toMatch(reply);
  });
});
