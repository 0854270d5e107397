import { request } from 'undici';
import { RegistryError } from '../model/errors.ts';
import { createAgents } from './agents.ts';
import { single } from './exchange.ts';
import type { Network } from './network.ts';
import { networkError } from './network-error.ts';
import { REDIRECT_STATUSES } from './redirect.ts';
import { statusError } from './status.ts';

export interface Post {
  /** What messages call the receiver. */
  name: string;
  /** Its path and its query may be secrets, and are in no message. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The longest wait for the header of an answer, connecting included. */
  timeoutMs: number;
  signal: AbortSignal;
  network?: Network;
}

/**
 * Posts once, and resolves when the receiver has answered 2xx, whatever its body. A redirect is not followed: what is
 * signed for one receiver is for no other.
 * @throws RegistryError, or the signal's reason
 */
export async function post(options: Post): Promise<void> {
  const { name, url, timeoutMs, network } = options;
  const agents = createAgents({
    base: new URL(url.origin),
    timeoutMs,
    verifyTls: true,
    connections: 1,
    ...(network && { network }),
  });
  try {
    await send(options, agents.agentFor(url));
  } catch (error) {
    options.signal.throwIfAborted();
    throw networkError(error, `${name} (${url.host}${agents.describeWay(url)})`);
  } finally {
    await agents.close();
  }
}

async function send(
  { name, url, headers, body, timeoutMs, signal }: Post,
  dispatcher: ReturnType<ReturnType<typeof createAgents>['agentFor']>,
): Promise<void> {
  // A receiver that sends its header byte by byte trips no timer between bytes.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new RegistryError('timeout', lateness(name, url))), timeoutMs);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'user-agent': 'extension-registry', ...headers },
      body,
      dispatcher,
      signal: AbortSignal.any([signal, late.signal]),
    });
    answer.body.on('error', () => undefined).destroy();
    refuse(answer.statusCode, `${name} (${url.host})`, single(answer.headers['retry-after']));
  } finally {
    clearTimeout(timer);
  }
}

function lateness(name: string, url: URL): string {
  return `${name} (${url.host}) did not answer in time; see whether it is overloaded.`;
}

/** @throws RegistryError for what is not 2xx */
function refuse(status: number, subject: string, retryAfter: string | undefined): void {
  if (status >= 200 && status < 300) return;
  if (REDIRECT_STATUSES.has(status)) {
    const message = `${subject} redirects (HTTP ${status}), which is not followed; configure the address that it leads to.`;
    throw new RegistryError('redirect', message, { status });
  }
  const { code, retryAfterMs } = statusError(status, subject, retryAfter);
  throw new RegistryError(code, `${subject} does not take it (HTTP ${status}); see its log, and its secret.`, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
