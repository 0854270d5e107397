import { RegistryError } from '../model/errors.ts';
import { createAgents, type AgentsOptions } from './agents.ts';
import { single } from './exchange.ts';
import { networkError } from './network-error.ts';
import { DEFAULT_RETRY, withRetry, type RetryPolicy } from './retry.ts';
import { statusError } from './status.ts';
import { fetchWhole, type WholeAnswer } from './whole-answer.ts';

export interface UnsignedRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
}

export interface SigningClientOptions extends AgentsOptions {
  /** What messages call the server. */
  name: string;
  /** All fields of a request, with those that sign it; asked for each try, since a signature ages. */
  sign: (request: UnsignedRequest) => Promise<Record<string, string>>;
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  retry?: RetryPolicy;
}

export interface SendOptions {
  maxBytes: number;
  /** What the answer is to the caller. @throws RegistryError; one that passes by is tried again, as is a broken connection */
  judge: (answer: WholeAnswer) => void;
}

export interface SigningClient {
  /** @throws RegistryError for what `judge` throws, 429, 5xx, and where no whole answer comes */
  send(request: UnsignedRequest, options: SendOptions): Promise<WholeAnswer>;
  close(): Promise<void>;
}

/** Those that say why in their body; other bodies are not waited for. */
const READ_STATUSES = [200, 204, 206, 301, 307, 400, 403, 404, 405, 409, 411, 412, 501];
const OVERLOADED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** A whole request may take so many times the longest silence. */
const PATIENCE = 20;
/** An upload that is slower is taken for stuck. */
const LEAST_BYTES_PER_MS = 50;

/**
 * Asks and changes one server by requests that are signed one by one. No redirect is followed: a signature is for one
 * address only.
 */
export function createSigningClient(options: SigningClientOptions): SigningClient {
  const { name, timeoutMs, sign, random, retry: policy = DEFAULT_RETRY } = options;
  const agents = createAgents(options);

  const sendOnce = async (request: UnsignedRequest, { maxBytes }: SendOptions, signal: AbortSignal) => {
    const { url, method, body } = request;
    const subject = `${name} (${url.host}${agents.describeWay(url)})`;
    try {
      return await fetchWhole(agents.agentFor(url), {
        url,
        method,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'extension-registry', ...(await sign(request)) },
        ...(body !== undefined && { body }),
        headersTimeoutMs: patienceMs(timeoutMs, body),
        signal,
        statuses: READ_STATUSES,
        maxBytes,
        onBegin: () => undefined,
        tooLarge: () =>
          new RegistryError('too_large', `${name} answers more than the ${maxBytes} bytes that are read.`),
      });
    } catch (cause) {
      if (!signal.aborted) throw networkError(cause, subject);
      throw new RegistryError('timeout', `${subject} did not answer in time; see whether it is overloaded.`, { cause });
    }
  };

  return {
    send: (request, sending) => {
      const never = new AbortController();
      return withRetry({ policy, random, signal: never.signal }, async () => {
        const signal = AbortSignal.timeout(patienceMs(timeoutMs, request.body) * PATIENCE);
        const answer = await sendOnce(request, sending, signal);
        if (OVERLOADED.has(answer.status)) {
          throw statusError(answer.status, name, single(answer.headers['retry-after']));
        }
        sending.judge(answer);
        return answer;
      });
    },
    close: () => agents.close(),
  };
}

function patienceMs(timeoutMs: number, body: Uint8Array | undefined): number {
  return timeoutMs + Math.ceil((body?.length ?? 0) / LEAST_BYTES_PER_MS);
}
