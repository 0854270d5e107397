import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { scopeAfter, type AddressScope } from './address-scope.ts';
import {
  createGuardedConnector,
  createWatchedConnector,
  refusalOfLiteral,
  type ConnectorOptions,
} from './connector.ts';
import { NO_PROXIES, type ForwardProxy } from './forward-proxies.ts';
import type { Network } from './network.ts';

export interface AgentsOptions {
  base: URL;
  /** Further origins that the configuration names; TLS is spoken with them as with the base. */
  namedOrigins?: readonly string[];
  /** The longest wait for a response's header, and for the next bytes of its body. */
  timeoutMs: number;
  verifyTls: boolean;
  /** PEM: the only certificates that the base and the named origins are trusted by. */
  ca?: string;
  /** Connections at once. */
  connections: number;
  network?: Network;
}

/** The connections to one server, and to wherever its answers lead. */
export interface Agents {
  /** @throws RegistryError `redirect` for an address that no answer may lead to */
  agentFor(url: URL): Dispatcher;
  /** Says in messages that a forward proxy is in between; not which one, for messages are published. */
  describeWay(url: URL): string;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * What is said of TLS is said of the origins that the configuration names, and wherever they redirect to is verified
 * all the same. Only the base itself is connected to at any address.
 */
export function createAgents(options: AgentsOptions): Agents {
  const { base, namedOrigins = [], network = {} } = options;
  const proxyFor = network.proxyFor ?? NO_PROXIES;
  const agents = new Map<string, Dispatcher>();
  let scope: AddressScope | undefined;
  // Behind a forward proxy nothing is known of the base's address, and then nothing near is led to.
  const baseScope = (): AddressScope => scope ?? 'public';
  const onScope = (seen: AddressScope): void => {
    scope = scopeAfter(scope, seen);
  };

  const create = (kind: 'base' | 'named' | 'foreign', proxy: ForwardProxy | undefined): Dispatcher => {
    const tls = kind === 'foreign' ? { verifyTls: true } : { verifyTls: options.verifyTls, ca: options.ca };
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs);
    const connector = { timeoutMs, lookup: network.lookup, ...tls };
    if (proxy !== undefined) return createProxyAgent(options, proxy, connector);
    const connect =
      kind === 'base' ? createWatchedConnector(connector, onScope) : createGuardedConnector(connector, baseScope);
    return new Agent({ ...limitsOf(options), connect });
  };

  return {
    agentFor: (url) => {
      const kind = url.origin === base.origin ? 'base' : namedOrigins.includes(url.origin) ? 'named' : 'foreign';
      const proxy = proxyFor(url);
      // A forward proxy connects for us and resolves names itself, so only addresses can be judged here.
      const refused = kind === 'base' || proxy === undefined ? undefined : refusalOfLiteral(url.hostname, baseScope());
      if (refused !== undefined) throw refused;
      const key = `${kind} ${proxy?.url.origin ?? ''}`;
      const agent = agents.get(key) ?? create(kind, proxy);
      agents.set(key, agent);
      return agent;
    },
    describeWay: (url) => (proxyFor(url) === undefined ? '' : ' by the forward proxy of the environment'),
    close: async () => {
      await Promise.all([...agents.values()].map((each) => each.destroy()));
    },
  };
}

function limitsOf({ connections, timeoutMs }: AgentsOptions) {
  return {
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveMaxTimeout: 60_000,
    // So that a name is resolved, and its address judged, again.
    maxRequestsPerClient: 1_000,
  };
}

function createProxyAgent(
  options: AgentsOptions,
  { url, authorization }: ForwardProxy,
  { timeoutMs, verifyTls, ca }: ConnectorOptions,
): ProxyAgent {
  return new ProxyAgent({
    ...limitsOf(options),
    uri: url.href,
    ...(authorization !== undefined && { token: authorization }),
    connectTimeout: timeoutMs,
    // What is said of the backend's certificate is not said of the forward proxy's.
    requestTls: { timeout: timeoutMs, rejectUnauthorized: verifyTls, ...(ca !== undefined && { ca }) },
    proxyTls: { timeout: timeoutMs, ...(options.network?.lookup && { lookup: options.network.lookup }) },
  });
}
