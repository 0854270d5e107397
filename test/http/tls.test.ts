import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { textReply } from '../fakes/replies.ts';
import { createClient, requestFor, startServer } from './clients.ts';
import { createSelfSigned } from './self-signed.ts';

const IDENTITY = createSelfSigned(Date.now());

/** A server with a certificate that nobody trusts; it redirects to `location` where one is given. */
async function startTls(location?: string): Promise<string> {
  const server = createServer(IDENTITY, (_request, response) => {
    response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location });
    response.end('over TLS');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a certificate that is not trusted', () => {
  test('is an error that is not tried again', async () => {
    const client = createClient(await startTls());
    await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
      code: 'tls',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
    expect(client.counts).toEqual({ requests: 1, retries: 0 });
  });

  test('is accepted where the configuration says so', async () => {
    const client = createClient(await startTls(), { verifyTls: false });
    expect((await client.fetchBytes(requestFor(''), 100)).bytes.toString()).toBe('over TLS');
  });

  test('is refused at wherever that server redirects to', async () => {
    const client = createClient(await startTls(await startTls()), { verifyTls: false });
    const fetching = client.fetchBytes(requestFor('', { foreignRedirects: true }), 100);
    await expect(fetching).rejects.toMatchObject({ code: 'tls' });
  });
});

test('a server that speaks no TLS is told so', async () => {
  const server = await startServer(() => textReply(200, ''));
  const client = createClient(server.url.replace('http:', 'https:'));
  await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
    code: 'tls',
    message: expect.stringContaining('scheme and host'),
  });
});
