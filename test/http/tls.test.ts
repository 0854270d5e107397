import { describe, expect, test } from 'vitest';
import { textReply } from '../fakes/replies.ts';
import { createAuthority, createSelfSigned } from './certificates.ts';
import { createClient, requestFor, startServer } from './clients.ts';

const selfSigned = createSelfSigned(Date.now());
const authority = createAuthority('test CA', Date.now());
const tls = authority.issue(['127.0.0.1']);
const to = (location: string) => ({ status: 302, headers: { Location: location } });

describe('a certificate that is not trusted', () => {
  test('is an error that is not tried again', async () => {
    const server = await startServer(() => textReply(200, ''), { tls: selfSigned });
    const client = createClient(server.url);
    await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
      code: 'tls',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
    expect(client.counts).toEqual({ requests: 1, retries: 0 });
  });

  test.each([
    { title: 'where the configuration says so', settings: { verifyTls: false } },
    { title: 'where the configuration names it', settings: { ca: selfSigned.cert } },
  ])('is accepted $title', async ({ settings }) => {
    const server = await startServer(() => textReply(200, 'over TLS'), { tls: selfSigned });
    const client = createClient(server.url, settings);
    expect((await client.fetchBytes(requestFor(''), 100)).bytes.toString()).toBe('over TLS');
  });

  test.each([
    { title: 'verify_ssl', settings: { verifyTls: false } },
    { title: 'ca_path', settings: { ca: authority.cert } },
  ])('is refused at wherever that server redirects to, whatever $title says', async ({ settings }) => {
    const away = await startServer(() => textReply(200, 'elsewhere'), { tls });
    const home = await startServer(() => to(away.url), { tls });
    const fetching = createClient(home.url, settings).fetchBytes(requestFor('', { foreignRedirects: true }), 100);
    await expect(fetching).rejects.toMatchObject({ code: 'tls', message: expect.stringContaining(away.host) });
    expect(away.requests).toEqual([]);
  });

  test('is accepted at an origin that the configuration names beside the server', async () => {
    const named = await startServer(() => textReply(200, 'a token'), { tls });
    const home = await startServer(() => textReply(200, ''), { tls });
    const client = createClient(home.url, { ca: authority.cert, namedOrigins: [named.url] });
    // A named origin is no base: only what comes from loopback may lead to loopback.
    await client.fetchBytes(requestFor(''), 100);
    expect((await client.fetchBytes(requestFor(`${named.url}/token`), 100)).bytes.toString()).toBe('a token');
  });
});

test('a redirect from https down to http is not followed', async () => {
  const plain = await startServer(() => textReply(200, 'read by everybody'));
  const server = await startServer(() => to(plain.url), { tls });
  const client = createClient(server.url, { ca: authority.cert });
  await expect(client.fetchBytes(requestFor('', { foreignRedirects: true }), 100)).rejects.toMatchObject({
    code: 'redirect',
    message: expect.stringContaining('from https to http'),
  });
  expect(plain.requests).toEqual([]);
});

test('a server that speaks no TLS is told so', async () => {
  const server = await startServer(() => textReply(200, ''));
  const client = createClient(server.url.replace('http:', 'https:'));
  await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
    code: 'tls',
    message: expect.stringContaining('scheme and host'),
  });
});
