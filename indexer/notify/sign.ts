import { createHmac } from 'node:crypto';

export interface Signed {
  /** The same for every try, so that a receiver can tell that it has it already. */
  id: string;
  /** Seconds since 1970: a receiver refuses what is too old, so each try has its own. */
  timestamp: number;
  body: string;
}

/** The fields that say who sends this, and that nobody has changed it (Standard Webhooks 1.0, "Signature scheme"). */
export function signatureFields({ id, timestamp, body }: Signed, key: Buffer): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
