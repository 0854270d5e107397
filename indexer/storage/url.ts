import { createHttpClient, type HttpClient } from '../http/client.ts';
import type { Network } from '../http/network.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { RegistryError } from '../model/errors.ts';
import type { SiteReader } from './storage.ts';

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

export interface UrlReaderOptions {
  /** The site's `v1`. */
  url: URL;
  timeoutMs: number;
  random: () => number;
  network?: Network;
  retry?: RetryPolicy;
}

/** A published site behind any web server. */
export function createUrlReader(options: UrlReaderOptions): SiteReader {
  const base = new URL(options.url);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const http: HttpClient = createHttpClient({
    name: base.href,
    base,
    timeoutMs: options.timeoutMs,
    verifyTls: true,
    connections: 8,
    random: options.random,
    ...(options.network && { network: options.network }),
    ...(options.retry && { retry: options.retry }),
  });
  return {
    name: base.href,
    read: async (file, maxBytes = DEFAULT_MAX_BYTES) => {
      const signal = AbortSignal.timeout(options.timeoutMs * 10);
      const url = new URL(file, base);
      if (!url.href.startsWith(base.href)) throw new RegistryError('storage', `${file} is not within ${base.href}.`);
      const answer = await http.fetchBytes({ url, signal, statuses: [200, 404], compressed: true }, maxBytes);
      return answer.status === 404 ? undefined : answer.bytes;
    },
    close: () => http.close(),
  };
}
