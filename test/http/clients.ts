import { onTestFinished } from 'vitest';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../indexer/http/client.ts';
import type { HttpRequest } from '../../indexer/http/exchange.ts';
import { startFakeServer, type FakeServer, type FakeServerOptions, type Handler } from '../fakes/fake-server.ts';

export function createClient(url: string, overrides: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({
    name: 'gitea',
    base: new URL(`${url}/`),
    timeoutMs: 2_000,
    verifyTls: true,
    connections: 2,
    random: () => 0,
    retry: { tries: 3, baseDelayMs: 1, maxDelayMs: 20 },
    ...overrides,
  });
  onTestFinished(() => client.close());
  return client;
}

export async function startServer(handle: Handler, options: FakeServerOptions = {}): Promise<FakeServer> {
  const server = await startFakeServer(handle, options);
  onTestFinished(() => server.close());
  return server;
}

/** A request for `url` that is given up after some seconds. */
export function requestFor(url: string, overrides: Partial<HttpRequest> = {}): HttpRequest {
  return { url, signal: AbortSignal.timeout(10_000), ...overrides };
}
