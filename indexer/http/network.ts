import type { LookupFunction } from 'node:net';
import type { ProxyFor } from './forward-proxies.ts';

/** How the machine that we run on reaches others, as the entries read it from the environment. */
export interface Network {
  /** Without it every server is asked directly. */
  proxyFor?: ProxyFor;
  /** Resolves names; the system's resolver without it. */
  lookup?: LookupFunction;
}
