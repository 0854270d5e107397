import { describe, expect, test } from 'vitest';
import { parseAdmission, requireAdmitted } from '../../../cli/registry/admission.ts';
import { idOf } from './registries.ts';

const lists = (allowed: string, blocked: string) =>
  parseAdmission({ PROVISIONING_ALLOWED_EXTENSIONS: allowed, PROVISIONING_BLOCKED_EXTENSIONS: blocked });

describe('requireAdmitted', () => {
  test.each<[allowed: string, blocked: string]>([
    ['', ''],
    ['aws', ''],
    ['redis, provider/aws', ''],
    ['', 'redis,taskserv/aws'],
  ])('admits provider/aws with %j allowed and %j blocked', (allowed, blocked) => {
    expect(() => requireAdmitted(idOf('provider/aws'), lists(allowed, blocked))).not.toThrow();
  });

  test.each<[allowed: string, blocked: string, says: string]>([
    ['', 'aws', 'provider/aws is blocked by PROVISIONING_BLOCKED_EXTENSIONS'],
    ['aws', 'provider/aws', 'provider/aws is blocked by PROVISIONING_BLOCKED_EXTENSIONS'],
    ['redis', '', 'provider/aws is not in PROVISIONING_ALLOWED_EXTENSIONS'],
    ['taskserv/aws', '', 'provider/aws is not in PROVISIONING_ALLOWED_EXTENSIONS'],
  ])('refuses provider/aws with %j allowed and %j blocked', (allowed, blocked, says) => {
    expect(() => requireAdmitted(idOf('provider/aws'), lists(allowed, blocked))).toThrow(
      expect.objectContaining({ code: 'refused', message: expect.stringContaining(says) }),
    );
  });
});

describe('parseAdmission', () => {
  test.each(['AWS', 'provider/aws/x', 'provider/', 'a b', '*'])(
    'refuses %j rather than let through what it means',
    (entry) => {
      expect(() => lists('', `redis,${entry}`)).toThrow(
        expect.objectContaining({
          code: 'config',
          message: `PROVISIONING_BLOCKED_EXTENSIONS names ${JSON.stringify(entry)}, which no extension is called; write name or type/name.`,
        }),
      );
    },
  );
});
