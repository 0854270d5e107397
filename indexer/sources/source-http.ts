import { createHttpClient, type HttpClient } from '../http/client.ts';
import type { SourceConfig } from '../model/source-config.ts';
import type { SourceDependencies } from './source.ts';

/** The client of one source. @param namedOrigin another origin that its configuration names */
export function createSourceHttp(
  config: SourceConfig,
  { concurrency, random, retry, network, onSend }: SourceDependencies,
  namedOrigin?: string,
): HttpClient {
  return createHttpClient({
    name: config.name,
    base: config.base,
    timeoutMs: config.timeoutMs,
    verifyTls: config.verifyTls,
    connections: concurrency,
    random,
    ...(namedOrigin !== undefined && { namedOrigins: [namedOrigin] }),
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(retry && { retry }),
    ...(network && { network }),
    ...(onSend && { onSend }),
  });
}

/** Whether the source is spoken to over TLS and its certificate not checked. */
export function isUnverified({ base, verifyTls }: SourceConfig): boolean {
  return base.protocol === 'https:' && !verifyTls;
}
