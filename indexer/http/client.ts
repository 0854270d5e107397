import { decodeBody, parseJson, type Validate } from './body.ts';
import {
  createExchange,
  exchange,
  exchangeWhole,
  requestUrl,
  subjectOf,
  type ExchangeOptions,
  type HttpRequest,
  type HttpResponse,
} from './exchange.ts';
import { DEFAULT_RETRY, withRetry, type RetryPolicy } from './retry.ts';
import type { WholeAnswer } from './whole-answer.ts';

export interface HttpClientOptions extends ExchangeOptions {
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  retry?: RetryPolicy;
}

/** A response whose body was read whole. */
export type HttpBytes = WholeAnswer;

/** What a client has done so far, for the crawl's report. */
export interface HttpCounts {
  requests: number;
  retries: number;
}

export interface HttpClient {
  readonly base: URL;
  readonly counts: HttpCounts;
  /** A response to stream; tried again only before its first byte. */
  open(request: HttpRequest, tries?: number): Promise<HttpResponse>;
  fetchBytes(request: HttpRequest, maxBytes: number): Promise<HttpBytes>;
  fetchJson<T>(request: HttpRequest, maxBytes: number, validate: Validate<T>): Promise<HttpBytes & { value: T }>;
  close(): Promise<void>;
}

/**
 * Talks to one server that we do not trust: every wait has an end, every body is counted, redirects are followed by our
 * own rule, credentials go where `authorize` says, and passing failures are tried again.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const counts: HttpCounts = { requests: 0, retries: 0 };
  const via = createExchange(options, () => void (counts.requests += 1));
  const policy = options.retry ?? DEFAULT_RETRY;

  const retrying = <T>(signal: AbortSignal, tries: number, run: () => Promise<T>): Promise<T> =>
    withRetry(
      {
        policy: { ...policy, tries },
        random: options.random,
        signal,
        onRetry: () => void (counts.retries += 1),
      },
      run,
    );

  const fetchBytes = (request: HttpRequest, maxBytes: number): Promise<HttpBytes> =>
    retrying(request.signal, policy.tries, async () => {
      const answer = await exchangeWhole(via, request, maxBytes);
      if (request.compressed !== true) return answer;
      const limit = { maxBytes, subject: subjectOf(options, requestUrl(options, request)) };
      return { ...answer, bytes: await decodeBody(answer.bytes, answer.headers['content-encoding'], limit) };
    });

  return {
    base: options.base,
    counts,
    open: (request, tries = policy.tries) => retrying(request.signal, tries, () => exchange(via, request)),
    fetchBytes,
    fetchJson: async (request, maxBytes, validate) => {
      const url = requestUrl(options, request);
      const answer = await fetchBytes({ ...request, url }, maxBytes);
      return { ...answer, value: parseJson(answer.bytes, validate, subjectOf(options, url)) };
    },
    close: () => via.agents.close(),
  };
}
