import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Notification } from '../../indexer/model/notification.ts';

/*
 * A receiver of webhooks: a server of node's own, which checks signatures by the words of Standard Webhooks 1.0.
 */

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  notification: Notification;
}

export interface Receiver {
  url: string;
  received: Received[];
}

/** @param answers one for each post in turn, the last one again and again; undefined never answers */
export async function startReceiver(
  ...answers: (((response: ServerResponse) => void) | undefined)[]
): Promise<Receiver> {
  const received: Received[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const notification = JSON.parse(body || 'null') as Notification;
    received.push({ method: request.method!, url: request.url!, headers: request.headers, body, notification });
    answers[Math.min(received.length, answers.length) - 1]?.(response);
  };
  const server = createServer((...exchange) => void take(...exchange)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end('said');

/** Whether a post is signed with the key whose base64 is given, for its own id, time and body. */
export function isSigned({ headers, body }: Received, base64: string): boolean {
  const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  const expected = createHmac('sha256', Buffer.from(base64, 'base64')).update(signed).digest('base64');
  return headers['webhook-signature'] === `v1,${expected}`;
}
