import { RegistryError } from './errors.ts';

/** Standard Webhooks, "Signature scheme": a secret has from 24 bytes on. */
const MIN_BYTES = 24;
const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The key that a webhook's secret stands for: the bytes of the base64 behind `whsec_`, or else the text itself.
 * @throws RegistryError `config`, whose message does not hold the secret
 */
export function parseWebhookKey(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : undefined;
  if (encoded !== undefined && !BASE64.test(encoded)) {
    throw new RegistryError('config', 'What follows whsec_ is not base64.');
  }
  const key = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
  if (key.length >= MIN_BYTES) return key;
  throw new RegistryError(
    'config',
    `The secret has ${key.length} bytes; at least ${MIN_BYTES} keep it from being guessed.`,
  );
}
