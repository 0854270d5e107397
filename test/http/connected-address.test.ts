import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addressScope, mayLead, scopeAfter, type AddressScope } from '../../indexer/http/address-scope.ts';
import { createGuardedConnector } from '../../indexer/http/connector.ts';
import { proxiesFromEnvironment } from '../../indexer/http/forward-proxies.ts';
import type { FakeServer } from '../fakes/fake-server.ts';
import { startForwardProxy } from '../fakes/forward-proxy.ts';
import { textReply } from '../fakes/replies.ts';
import { createClient, requestFor, startServer } from './clients.ts';

/*
 * Where an answer may lead us: judged by the address that is connected, never by the text of a URL
 * (go-containerregistry#2440, CVE-2026-32591 in Quay).
 */

const METADATA = '169.254.169.254';

describe('addressScope', () => {
  test.each<[AddressScope, string[]]>([
    ['public', ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8']],
    ['loopback', ['127.0.0.1', '127.255.0.9', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '64:ff9b::7f00:1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fdff::1']],
    ['private', ['::ffff:10.0.0.1', '::ffff:a00:1', '64:ff9b::192.168.0.1']],
    ['link', [METADATA, '169.254.0.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254', 'fd00:ec2::254']],
    ['link', ['100.100.100.200', '168.63.129.16', '192.0.0.192']],
    ['special', ['224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1', '198.18.0.1', '203.0.113.1', '2001:db8::1']],
    ['special', ['2002:7f00:1::', '2001::1', '::127.0.0.1', '64:ff9b:1::1', 'not an address', '']],
  ])('is %s of %j', (scope, addresses) => {
    expect(addresses.map(addressScope)).toEqual(addresses.map(() => scope));
  });
});

describe('mayLead', () => {
  test.each<[from: AddressScope, to: AddressScope[]]>([
    ['public', ['public']],
    ['private', ['public', 'private']],
    ['loopback', ['public', 'private', 'loopback']],
    ['link', ['public', 'link']],
    ['special', ['public', 'special']],
  ])('from %s only to %j', (from, allowed) => {
    const scopes: AddressScope[] = ['public', 'private', 'loopback', 'link', 'special'];
    expect(scopes.filter((to) => mayLead(from, to))).toEqual(allowed);
  });
});

describe('scopeAfter', () => {
  test.each<[known: AddressScope | undefined, seen: AddressScope, is: AddressScope]>([
    [undefined, 'private', 'private'],
    ['private', 'private', 'private'],
    ['public', 'loopback', 'public'],
    ['loopback', 'public', 'public'],
    ['private', 'loopback', 'public'],
  ])('of %s and %s is %s: who changes is no nearer any more', (known, seen, is) => {
    expect(scopeAfter(known, seen)).toBe(is);
  });
});

/** Each name has the addresses that it is given, by turns; the last stay. Tells how often it was asked. */
function createResolver(names: Readonly<Record<string, string[][]>>) {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    const answers = names[hostname];
    if (answers === undefined) return systemLookup(hostname, options, callback);
    asked.push(hostname);
    const addresses = (answers.length > 1 ? answers.shift()! : answers[0]!).map((address) => ({ address, family: 4 }));
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]!.address, 4);
  };
  return { asked, lookup };
}

function portOf(server: FakeServer): string {
  return new URL(server.url).port;
}

/** A server on loopback that redirects to a URL. */
function startLeading(location: string): Promise<FakeServer> {
  return startServer(() => ({ status: 307, headers: { Location: location } }));
}

const REFUSED = { code: 'redirect', message: expect.stringContaining('no server leads us nearer than it is itself') };

describe('an answer of a server on loopback', () => {
  test.each([
    { title: 'written as it is', host: METADATA },
    { title: 'as one decimal number', host: '2852039166' },
    { title: 'in octal', host: '0251.0376.0251.0376' },
    { title: 'in hexadecimal', host: '0xa9fea9fe' },
    { title: 'mapped to IPv6', host: `[::ffff:${METADATA}]` },
    { title: 'by NAT64', host: `[64:ff9b::${METADATA}]` },
    { title: 'of a link', host: '[fe80::1]' },
    { title: 'of many', host: '224.0.0.1' },
  ])('does not lead to an address beside it: $title', async ({ host }) => {
    const server = await startLeading(`http://${host}/latest/meta-data`);
    const client = createClient(server.url);
    await expect(client.fetchBytes(requestFor('', { foreignRedirects: true }), 100)).rejects.toMatchObject(REFUSED);
    expect(client.counts).toEqual({ requests: 2, retries: 0 });
  });

  test('go-containerregistry#2440: does not lead there by a name either', async () => {
    const { lookup } = createResolver({ 'storage.example.test': [[METADATA]] });
    const server = await startLeading('http://storage.example.test/');
    const client = createClient(server.url, { network: { lookup } });
    await expect(client.fetchBytes(requestFor('', { foreignRedirects: true }), 100)).rejects.toMatchObject({
      code: 'redirect',
      message: expect.stringContaining('leads to storage.example.test, which is at a link-local or metadata address'),
    });
  });

  test('leads to the right ones of the addresses that a name has, and to no other', async () => {
    const store = await startServer(() => textReply(200, 'stored'));
    const name = 'storage.example.test';
    const { lookup } = createResolver({ [name]: [[METADATA, '127.0.0.1', '0.0.0.0'], [METADATA]] });
    const server = await startLeading(`http://${name}:${portOf(store)}/`);
    const client = createClient(server.url, { network: { lookup } });
    const request = requestFor('', { foreignRedirects: true });
    expect((await client.fetchBytes(request, 100)).bytes.toString()).toBe('stored');
  });
});

describe('go-containerregistry#2440: a name that changes its address', () => {
  test('is resolved once for a connection: what is judged is what is connected', async () => {
    const store = await startServer(() => textReply(200, 'stored'));
    const { lookup, asked } = createResolver({ 'rebind.example.test': [['127.0.0.1'], [METADATA]] });
    const server = await startLeading(`http://rebind.example.test:${portOf(store)}/`);
    const client = createClient(server.url, { network: { lookup } });
    const request = requestFor('', { foreignRedirects: true });
    expect((await client.fetchBytes(request, 100)).bytes.toString()).toBe('stored');
    expect(asked).toEqual(['rebind.example.test']);
  });

  test('is judged anew with the next connection', async () => {
    const store = await startServer(() => textReply(200, 'stored', { Connection: 'close' }));
    const { lookup } = createResolver({ 'rebind.example.test': [['127.0.0.1'], [METADATA]] });
    const server = await startLeading(`http://rebind.example.test:${portOf(store)}/`);
    const client = createClient(server.url, { network: { lookup } });
    const request = requestFor('', { foreignRedirects: true });
    expect((await client.fetchBytes(request, 100)).bytes.toString()).toBe('stored');
    await expect(client.fetchBytes(request, 100)).rejects.toMatchObject(REFUSED);
    expect(store.requests).toHaveLength(1);
  });
});

describe('an answer of a public server', () => {
  /** What connecting for it gives. */
  async function connectTo(hostname: string, server: FakeServer, lookup?: LookupFunction): Promise<unknown> {
    const connect = createGuardedConnector({ timeoutMs: 2_000, verifyTls: true, lookup }, () => 'public');
    const { promise, resolve } = Promise.withResolvers<unknown>();
    connect({ hostname, port: portOf(server), protocol: 'http:' }, (error, socket) => {
      socket?.destroy();
      resolve(error);
    });
    return promise;
  }

  test.each(['127.0.0.1', 'localhost', '0.0.0.0', '::1', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', METADATA])(
    'does not lead to %s',
    async (hostname) => {
      const server = await startServer(() => textReply(200, 'inside'));
      expect(await connectTo(hostname, server)).toMatchObject(REFUSED);
    },
  );

  test.each([['127.0.0.1'], ['192.168.0.1'], ['100.64.0.1']])(
    'does not lead to a name that has %s',
    async (address) => {
      const server = await startServer(() => textReply(200, 'inside'));
      const { lookup } = createResolver({ 'storage.example.test': [[address]] });
      expect(await connectTo('storage.example.test', server, lookup)).toMatchObject(REFUSED);
    },
  );

  test('that we ask by a proxy does not lead beside that proxy, nor by it to an address inside', async () => {
    const inside = await startServer(() => textReply(200, 'inside'));
    const targets = [
      `${inside.url}/`,
      `http://localhost:${portOf(inside)}/`,
      'http://10.0.0.1/',
      `http://${METADATA}/`,
    ];
    for (const target of targets) {
      const outside = await startLeading(target);
      const proxy = await startForwardProxy({ routes: { 'git.example.test:80': outside.host } });
      onTestFinished(() => proxy.close());
      const network = { proxyFor: proxiesFromEnvironment({ ALL_PROXY: proxy.host }) };
      const client = createClient('http://git.example.test', { network });
      await expect(client.fetchBytes(requestFor('', { foreignRedirects: true }), 100)).rejects.toMatchObject(REFUSED);
      expect(proxy.requests.map((each) => each.line)).toEqual(['GET http://git.example.test/']);
    }
    expect(inside.requests).toEqual([]);
  });
});
