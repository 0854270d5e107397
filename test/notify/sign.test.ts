import { describe, expect, test } from 'vitest';
import { parseWebhookKey } from '../../indexer/model/webhook-key.ts';
import { signatureFields } from '../../indexer/notify/sign.ts';

describe('signatureFields', () => {
  // The example of the specification's libraries.
  test('signs as Standard Webhooks does', () => {
    const key = parseWebhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signatureFields(signed, key)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});

describe('parseWebhookKey', () => {
  test('takes a secret without its prefix as it is written', () => {
    expect(parseWebhookKey('0123456789abcdef01234567').toString()).toBe('0123456789abcdef01234567');
  });

  test.each([
    ['whsec_not base64!', /not base64/],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS', /not base64/],
    ['whsec_', /0 bytes/],
    ['whsec_c2hvcnQ=', /5 bytes/],
    ['hunter2', /7 bytes/],
  ])('refuses %j and does not say it', (secret, message) => {
    expect(() => parseWebhookKey(secret)).toThrow(message);
    expect(() => parseWebhookKey(secret)).not.toThrow(new RegExp(secret.replace('whsec_', '') || 'whsec_'));
  });
});
