import { BlockList, isIP } from 'node:net';

/**
 * How far an address reaches: `loopback` is this machine, `private` the networks around it, `link` its neighbours and
 * what a cloud tells its machines (metadata), `special` what no server has.
 */
export type AddressScope = 'public' | 'private' | 'loopback' | 'link' | 'special';

type Rule = readonly [network: string, prefix: number];

/** IANA's special-purpose address registries (RFC 6890); an IPv4 network stands for its IPv6 forms too. */
const NETWORKS: readonly (readonly [scope: AddressScope, rules: readonly Rule[]])[] = [
  [
    'link',
    [
      ['169.254.0.0', 16],
      ['fe80::', 10],
      // Metadata services of clouds that lie in other networks: Alibaba, Oracle, Azure, AWS.
      ['100.100.100.200', 32],
      ['192.0.0.192', 32],
      ['168.63.129.16', 32],
      ['fd00:ec2::254', 128],
    ],
  ],
  [
    'loopback',
    [
      ['127.0.0.0', 8],
      ['::1', 128],
      // Linux connects the unspecified addresses to itself.
      ['0.0.0.0', 8],
      ['::', 128],
    ],
  ],
  [
    'private',
    [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['fc00::', 7],
      ['fec0::', 10],
    ],
  ],
  [
    'special',
    [
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['224.0.0.0', 4],
      ['240.0.0.0', 4],
      ['ff00::', 8],
      ['2001:db8::', 32],
      ['100::', 64],
      // Tunnels, whose far end is anywhere: Teredo, 6to4, local NAT64, IPv4-compatible.
      ['2001::', 32],
      ['2002::', 16],
      ['64:ff9b:1::', 48],
      ['::', 96],
    ],
  ],
];

const SCOPES = NETWORKS.map(([scope, rules]) => [scope, blockListOf(rules)] as const);

/** The scope of an IP address as text; `special` for what is none. */
export function addressScope(address: string): AddressScope {
  const family = isIP(address);
  if (family === 0) return 'special';
  // A zone (`fe80::1%eth0`) is no part of the address.
  const [bare = ''] = address.split('%', 1);
  return SCOPES.find(([, list]) => list.check(bare, family === 6 ? 'ipv6' : 'ipv4'))?.[0] ?? 'public';
}

/**
 * Whether an answer from a server of scope `from` may lead us to an address of scope `to`: no answer from outside leads
 * inside, and none to what only this machine or its link can reach unless it comes from there itself.
 */
export function mayLead(from: AddressScope, to: AddressScope): boolean {
  return to === 'public' || to === from || (from === 'loopback' && to === 'private');
}

/** What holds of a server after one more connection to it: one whose address changes its kind is no nearer any more. */
export function scopeAfter(known: AddressScope | undefined, seen: AddressScope): AddressScope {
  return known === undefined || known === seen ? seen : 'public';
}

function blockListOf(rules: readonly Rule[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of rules) {
    if (isIP(network) === 6) {
      list.addSubnet(network, prefix, 'ipv6');
      continue;
    }
    list.addSubnet(network, prefix, 'ipv4');
    // RFC 4291, section 2.5.5.2 (mapped) and RFC 6052 (NAT64).
    list.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6');
    list.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
  }
  return list;
}
