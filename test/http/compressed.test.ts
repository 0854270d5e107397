import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { jsonReply, textReply } from '../fakes/replies.ts';
import { createClient, requestFor, startServer } from './clients.ts';

describe('a request whose body may come compressed', () => {
  const compressed = requestFor('list', { compressed: true, statuses: [200, 404] });

  test('says so, and gives what the body stands for', async () => {
    const server = await startServer(() => textReply(200, 'text '.repeat(100)));
    const client = createClient(server.url);
    expect((await client.fetchBytes(compressed, 1_000)).bytes.toString()).toBe('text '.repeat(100));
    server.misbehave({ match: /./, fault: { kind: 'gzip' } });
    expect((await client.fetchBytes(compressed, 1_000)).bytes.toString()).toBe('text '.repeat(100));
    expect(server.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', 'gzip']);
  });

  test('is given no more than the limit, however small it comes', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const server = await startServer(() => ({ status: 200, headers: { 'Content-Encoding': 'gzip' }, body: bomb }));
    await expect(createClient(server.url).fetchBytes(compressed, 1_000_000)).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  test.each(['gzip', 'br', 'gzip, gzip'])('is refused what is no proper body of %s', async (encoding) => {
    const server = await startServer(() => textReply(200, 'no such thing', { 'Content-Encoding': encoding }));
    await expect(createClient(server.url).fetchBytes(compressed, 1_000)).rejects.toMatchObject({ code: 'bad_answer' });
  });

  test('may have no body at all', async () => {
    const server = await startServer(() => ({ status: 404, headers: { 'Content-Encoding': 'gzip' } }));
    expect(await createClient(server.url).fetchBytes(compressed, 1_000)).toMatchObject({
      status: 404,
      bytes: Buffer.alloc(0),
    });
  });
});

describe('onSend', () => {
  test('is told of each request as it goes out and of its end, redirects and further tries included', async () => {
    const server = await startServer(({ path }) =>
      path === '/old' ? { status: 302, headers: { Location: '/new' } } : jsonReply(200, {}),
    );
    server.misbehave({ match: /old/, times: 1, fault: { kind: 'reset' } });
    const told: string[] = [];
    const client = createClient(server.url, {
      onSend: (method, url) => {
        told.push(`${method} ${url.pathname}`);
        return (end) => void told.push('status' in end ? String(end.status) : 'failed');
      },
    });
    await client.fetchBytes(requestFor('old'), 100);
    expect(told).toEqual(['GET /old', 'failed', 'GET /old', '302', 'GET /new', '200']);
  });
});
