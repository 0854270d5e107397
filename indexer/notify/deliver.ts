import { createHash } from 'node:crypto';
import type { Network } from '../http/network.ts';
import { post } from '../http/post.ts';
import { withRetry, type RetryPolicy } from '../http/retry.ts';
import type { Notification } from '../model/notification.ts';
import { parseWebhookKey } from '../model/webhook-key.ts';
import { signatureFields } from './sign.ts';

/** Who is told, and how long is waited for an answer. */
export interface Webhook {
  url: string;
  /** As its file has it. */
  secret: string;
  timeoutMs: number;
}

export interface DeliverOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  signal: AbortSignal;
  retry?: RetryPolicy;
  network?: Network;
}

/** Most receivers that are down come back with their next deployment, and not within a run: a minute and a half in all. */
const RETRY: RetryPolicy = { tries: 4, baseDelayMs: 1_000, maxDelayMs: 15_000 };

export const RECEIVER = 'the webhook';

/**
 * Posts a notification until the receiver takes it.
 * @returns after how many tries it did
 * @throws RegistryError of the last try, or the signal's reason
 */
export async function deliver(notification: Notification, webhook: Webhook, options: DeliverOptions): Promise<number> {
  const { now, random, signal, retry = RETRY, network } = options;
  const body = JSON.stringify(notification);
  const key = parseWebhookKey(webhook.secret);
  // Of what it says, and when: no two are the same.
  const id = `msg_${createHash('sha256').update(body).digest('hex').slice(0, 32)}`;
  let tries = 0;
  await withRetry({ policy: retry, random, signal }, () => {
    tries += 1;
    const timestamp = Math.floor(now() / 1_000);
    const headers = { 'content-type': 'application/json', ...signatureFields({ id, timestamp, body }, key) };
    const { url, timeoutMs } = webhook;
    return post({ name: RECEIVER, url: new URL(url), headers, body, timeoutMs, signal, ...(network && { network }) });
  });
  return tries;
}
