import { describe, expect, onTestFinished, test } from 'vitest';
import { proxiesFromEnvironment } from '../../indexer/http/forward-proxies.ts';
import { messageOf } from '../../indexer/model/errors.ts';
import { wordsOf } from '../sources/open-source.ts';
import { startForwardProxy, type ForwardProxyOptions, type ForwardProxyServer } from '../fakes/forward-proxy.ts';
import { textReply } from '../fakes/replies.ts';
import { createAuthority } from './certificates.ts';
import { createClient, requestFor, startServer } from './clients.ts';

type Environment = Record<string, string>;

function wayTo(url: string, environment: Environment): string {
  return proxiesFromEnvironment(environment)(new URL(url))?.url.origin ?? 'direct';
}

const PROXY = 'http://proxy.example.test:3128';

describe('proxiesFromEnvironment', () => {
  test.each<{ title: string; environment: Environment; http: string; https: string }>([
    { title: 'nothing', environment: {}, http: 'direct', https: 'direct' },
    { title: 'empty values', environment: { https_proxy: '', HTTP_PROXY: ' ' }, http: 'direct', https: 'direct' },
    { title: 'one scheme', environment: { https_proxy: PROXY }, http: 'direct', https: PROXY },
    { title: 'the other scheme', environment: { http_proxy: PROXY }, http: PROXY, https: 'direct' },
    { title: 'upper case', environment: { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY }, http: PROXY, https: PROXY },
    {
      title: 'both cases, of which the lower one counts',
      environment: { HTTPS_PROXY: 'http://other.example.test', https_proxy: PROXY },
      http: 'direct',
      https: PROXY,
    },
    { title: 'all', environment: { ALL_PROXY: PROXY }, http: PROXY, https: PROXY },
    {
      title: 'all, and one of them otherwise',
      environment: { ALL_PROXY: PROXY, https_proxy: 'https://other.example.test' },
      http: PROXY,
      https: 'https://other.example.test',
    },
    { title: 'no scheme', environment: { ALL_PROXY: 'proxy.example.test:3128' }, http: PROXY, https: PROXY },
    { title: 'a path, which says nothing', environment: { ALL_PROXY: `${PROXY}/x` }, http: PROXY, https: PROXY },
  ])('reads $title', ({ environment, http, https }) => {
    expect([wayTo('http://git.example.test/', environment), wayTo('https://git.example.test/', environment)]).toEqual([
      http,
      https,
    ]);
  });

  test.each<{ title: string; except: string; url: string; isDirect: boolean }>([
    { title: 'a name', except: 'git.example.test', url: 'https://git.example.test/', isDirect: true },
    { title: 'a name in any case', except: 'Git.Example.TEST', url: 'https://git.example.test/', isDirect: true },
    { title: 'what is below a name', except: 'example.test', url: 'https://git.example.test/', isDirect: true },
    { title: 'a name with a dot before', except: '.example.test', url: 'https://git.example.test/', isDirect: true },
    { title: 'a name with a star', except: '*.example.test', url: 'https://git.example.test/', isDirect: true },
    { title: 'a name that only ends so', except: 'ample.test', url: 'https://example.test/', isDirect: false },
    { title: 'a final dot', except: 'example.test.', url: 'https://git.example.test./', isDirect: true },
    { title: 'one of a list', except: 'a.test, example.test b.test', url: 'https://example.test/', isDirect: true },
    { title: 'a star', except: '*', url: 'https://example.test/', isDirect: true },
    { title: 'a port', except: 'example.test:8443', url: 'https://example.test:8443/', isDirect: true },
    { title: 'another port', except: 'example.test:8443', url: 'https://example.test/', isDirect: false },
    { title: 'the usual port', except: 'example.test:443', url: 'https://example.test/', isDirect: true },
    { title: 'an address', except: '10.1.2.3', url: 'http://10.1.2.3/', isDirect: true },
    { title: 'a network', except: '10.0.0.0/8', url: 'http://10.1.2.3/', isDirect: true },
    { title: 'another network', except: '10.0.0.0/16', url: 'http://10.1.2.3/', isDirect: false },
    { title: 'an address of IPv6', except: '[fd00::1]', url: 'http://[fd00::1]/', isDirect: true },
    { title: 'a network of IPv6', except: 'fd00::/8', url: 'http://[fd00::1]/', isDirect: true },
    { title: 'nothing', except: '', url: 'https://example.test/', isDirect: false },
    { title: 'loopback by its name, unasked', except: '', url: 'http://localhost/', isDirect: true },
    { title: 'loopback, unasked', except: '', url: 'http://127.0.0.1/', isDirect: true },
    { title: 'loopback of IPv6, unasked', except: '', url: 'http://[::1]/', isDirect: true },
  ])('passes by for NO_PROXY: $title', ({ except, url, isDirect }) => {
    expect(wayTo(url, { ALL_PROXY: PROXY, NO_PROXY: except })).toBe(isDirect ? 'direct' : PROXY);
  });

  test('keeps the user and the password apart from the address', () => {
    const proxyFor = proxiesFromEnvironment({ https_proxy: 'http://me:p%40ss%@proxy.example.test:3128' });
    const proxy = proxyFor(new URL('https://git.example.test/'))!;
    expect(proxy.url.href).toBe(`${PROXY}/`);
    expect(proxy.authorization).toBe(`Basic ${Buffer.from('me:p%40ss%').toString('base64')}`);
  });

  test.each(['socks5://user:hunter2@proxy.example.test', 'http://hunter2@[', 'ftp://hunter2'])(
    'refuses %j, and does not show it',
    (value) => {
      const read = () => proxiesFromEnvironment({ all_proxy: value });
      expect(read).toThrow(expect.objectContaining({ code: 'config' }));
      expect(read).toThrow(/^The environment variable ALL_PROXY is not the http or https URL of a proxy; [^2]*$/);
    },
  );
});

const authority = createAuthority('test CA', Date.now());

async function startProxy(options: ForwardProxyOptions): Promise<ForwardProxyServer> {
  const proxy = await startForwardProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

function through(proxy: ForwardProxyServer, userInfo = '', more: Environment = {}) {
  const value = `http://${userInfo}${proxy.host}`;
  return { network: { proxyFor: proxiesFromEnvironment({ https_proxy: value, http_proxy: value, ...more }) } };
}

describe('a forward proxy', () => {
  test('gives a tunnel to https, in which the certificate is the one of the server', async () => {
    const server = await startServer(() => textReply(200, 'over TLS'), { tls: authority.issue(['git.example.test']) });
    const proxy = await startProxy({ routes: { 'git.example.test:443': server.host } });
    const settings = { ca: authority.cert, ...through(proxy) };
    const client = createClient('https://git.example.test', settings);
    const authorize = () => 'Bearer s3cret';
    expect((await client.fetchBytes(requestFor('x', { authorize }), 100)).bytes.toString()).toBe('over TLS');
    expect(proxy.requests).toEqual([{ line: 'CONNECT git.example.test:443', proxyAuthorization: undefined }]);
    expect(server.requests.map((each) => [each.path, each.authorization])).toEqual([['/x', 'Bearer s3cret']]);

    const untrusting = createClient('https://git.example.test', through(proxy));
    await expect(untrusting.fetchBytes(requestFor('x'), 100)).rejects.toMatchObject({
      code: 'tls',
      message: expect.stringContaining(
        `gitea (git.example.test by the forward proxy of the environment) cannot be spoken to`,
      ),
    });
    expect(untrusting.counts).toEqual({ requests: 1, retries: 0 });
  });

  test('passes http on', async () => {
    const server = await startServer(() => textReply(200, 'passed on'));
    const proxy = await startProxy({ routes: { 'git.example.test:8080': server.host } });
    const client = createClient('http://git.example.test:8080', through(proxy));
    expect((await client.fetchBytes(requestFor('x?y=z'), 100)).bytes.toString()).toBe('passed on');
    expect(proxy.requests.map((each) => each.line)).toEqual(['GET http://git.example.test:8080/x?y=z']);
    expect(server.requests.map((each) => each.headers.host)).toEqual(['git.example.test:8080']);
  });

  test('is not asked for loopback, nor for what NO_PROXY names', async () => {
    const server = await startServer(() => textReply(200, 'direct'));
    const proxy = await startProxy({ routes: {} });
    const client = createClient(server.url, through(proxy));
    expect((await client.fetchBytes(requestFor(''), 100)).bytes.toString()).toBe('direct');
    const named = createClient('http://git.invalid', through(proxy, '', { no_proxy: 'git.invalid' }));
    await expect(named.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({ code: 'unreachable' });
    expect(proxy.requests).toEqual([]);
  });

  test('is shown the user and the password of its URL, and nobody else is', async () => {
    const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    const tls = authority.issue(['git.example.test']);
    const server = await startServer(() => textReply(200, 'let in'), { tls });
    const plain = await startServer(() => textReply(200, 'let in'));
    const routes = { 'git.example.test:443': server.host, 'git.example.test:80': plain.host };
    const proxy = await startProxy({ routes, wants: basic });
    for (const base of ['https://git.example.test', 'http://git.example.test']) {
      const client = createClient(base, { ca: authority.cert, ...through(proxy, 'me:hunter2@') });
      expect((await client.fetchBytes(requestFor(''), 100)).bytes.toString()).toBe('let in');
      const stranger = createClient(base, { ca: authority.cert, ...through(proxy, 'me:hunter3@') });
      const error: unknown = await stranger.fetchBytes(requestFor(''), 100).catch((thrown: unknown) => thrown);
      expect(messageOf(error)).toBe(
        `gitea (git.example.test by the forward proxy of the environment) is not let through (HTTP 407); see what that proxy allows, and to whom.`,
      );
      expect(wordsOf(error)).not.toMatch(/hunter|bWU6/);
    }
    const seen = [...server.requests, ...plain.requests].map((each) => each.headers['proxy-authorization']);
    expect(seen).toEqual([undefined, undefined]);
  });

  test('that cannot be reached is named', async () => {
    const proxy = await startProxy({ routes: {} });
    await proxy.close();
    const client = createClient('https://git.example.test', through(proxy));
    await expect(client.fetchBytes(requestFor(''), 100)).rejects.toMatchObject({
      code: 'unreachable',
      message: `gitea (git.example.test by the forward proxy of the environment) cannot be reached or broke off (ECONNREFUSED); see whether it runs.`,
    });
  });
});
