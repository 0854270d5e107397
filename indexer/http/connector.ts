import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { RegistryError } from '../model/errors.ts';
import { addressScope, mayLead, type AddressScope } from './address-scope.ts';
import { LARGE_READS } from './read-buffers.ts';

export type Connector = buildConnector.connector;

export interface ConnectorOptions {
  timeoutMs: number;
  verifyTls: boolean;
  /** PEM: the only certificates that are trusted, instead of the system's. */
  ca?: string | undefined;
  lookup?: LookupFunction | undefined;
}

export function createConnector({ timeoutMs, verifyTls, ca, lookup }: ConnectorOptions): Connector {
  const options = {
    timeout: timeoutMs,
    rejectUnauthorized: verifyTls,
    allowH2: false,
    ...(ca !== undefined && { ca }),
    ...(lookup !== undefined && { lookup }),
  };
  const plain = buildConnector({ ...options, onread: LARGE_READS });
  // A record of TLS has at most 16 KiB (RFC 8446, section 5.1), so there is no more to read at once.
  const overTls = buildConnector(options);
  return (to, callback) => (to.protocol === 'https:' ? overTls : plain)(to, callback);
}

/** The same, and `onScope` is told what kind of address each connection has led to. */
export function createWatchedConnector(options: ConnectorOptions, onScope: (scope: AddressScope) => void): Connector {
  const connect = createConnector(options);
  return (to, callback) =>
    connect(to, (...result) => {
      const [error, socket] = result;
      if (error === null) onScope(addressScope(socket.remoteAddress ?? ''));
      callback(...result);
    });
}

/**
 * A connector for wherever an answer leads. It looks at the addresses that a name has at the moment of connecting, and
 * connects to no other: a name that is checked first and resolved again may have another address by then (DNS
 * rebinding; go-containerregistry#2440).
 * @param from the scope of the server whose answer led there
 */
export function createGuardedConnector(options: ConnectorOptions, from: () => AddressScope): Connector {
  const resolve = options.lookup ?? systemLookup;
  const lookup: LookupFunction = (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, '', 0);
      const addresses = Array.isArray(found) ? found : [{ address: found, family: family ?? isIP(found) }];
      const allowed = addresses.filter(({ address }) => mayLead(from(), addressScope(address)));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(hostname, addressScope(addresses[0]?.address ?? '')), '', 0);
      if (lookupOptions.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
  const connect = createConnector({ ...options, lookup });
  return (to, callback) => {
    const refused = refusalOfLiteral(to.hostname, from());
    if (refused === undefined) connect(to, callback);
    else callback(refused, null);
  };
}

/** Whether a URL whose host is an address, and which somebody else connects to for us, leads where none may. */
export function refusalOfLiteral(hostname: string, from: AddressScope): RegistryError | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 || mayLead(from, addressScope(host)) ? undefined : refusal(host, addressScope(host));
}

/** Without the address: messages are published, and would tell strangers what the names of a network stand for. */
function refusal(host: string, scope: AddressScope): RegistryError {
  return new RegistryError(
    'redirect',
    `An answer leads to ${host}, which is ${PLACES[scope]}: no server leads us nearer than it is itself; ` +
      'correct the URL that the backend gives out for its storage or its token service.',
  );
}

const PLACES: Readonly<Record<AddressScope, string>> = {
  public: 'at a public address',
  private: 'at a private address',
  loopback: 'on this machine',
  link: 'at a link-local or metadata address',
  special: 'at no address of a server',
};
