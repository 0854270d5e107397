import { messageOf } from '../model/errors.ts';
import { parseWebhookKey } from '../model/webhook-key.ts';
import { isLoopback, parseWebhook } from './address.ts';
import type { NotifyConfig } from './config.ts';
import type { ConfigFile, Loose } from './config-file.ts';
import type { ConfigIo } from './config-io.ts';
import { readSecret, type SecretFile } from './secret.ts';

/** The secret of `[notify]`. @param path absolute */
export async function readNotifySecret(path: string, io: ConfigIo): Promise<SecretFile> {
  const read = await readSecret(path, io);
  if (read.secret === undefined) return read;
  try {
    parseWebhookKey(read.secret);
    return read;
  } catch (error) {
    const remedy = 'write whsec_ and the base64 of 24 to 64 random bytes into it, such as: openssl rand -base64 32';
    return { fault: `names a file that holds no secret. ${messageOf(error)} Remedy: ${remedy}` };
  }
}

/** Undefined where nobody is to be told. */
export function notifyFromFile({ notify = {} }: ConfigFile, secret: string | undefined): NotifyConfig | undefined {
  if (notify.webhook === undefined || secret === undefined) return undefined;
  return { url: parseWebhook(notify.webhook).href, secret, timeoutMs: (notify.timeout_seconds ?? 10) * 1_000 };
}

/** The signature keeps what is sent from being changed, and not from being read. */
export function warningsOfNotify({ notify }: Loose<ConfigFile>): string[] {
  const url = notify?.webhook === undefined ? undefined : parseWebhook(notify.webhook);
  if (url?.protocol !== 'http:' || isLoopback(url)) return [];
  return ['[notify] webhook: what is published is told there unencrypted over http; use https.'];
}
