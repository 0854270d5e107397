import { describe, expect, test } from 'vitest';
import { AWS_1, BIG, digestOf, SHARED, SHARED_BIG, sharedSite, untilOver } from './world.ts';

const site = sharedSite();

const AWS = '/extensions/provider/aws/1.0.0';
const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const BOTH = '/extensions/provider/both/3.0.0';
const BOTH_BIG = '/extensions/provider/both/3.1.0';
const ATTACHMENT = /^GET \/attachments\//;
const BLOB = /^GET \/v2\/.*\/blobs\//;
const TEN_MINUTES_MS = 600_000;

describe('wrong bytes in a small asset', () => {
  test('CVE-2026-20912: are a clean 409, and the log has both digests', async () => {
    const { get, gitea, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes', at: 7 } });
    const answer = await get(AWS);
    expect(answer.status).toBe(409);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json).toEqual({
      error: 'conflict',
      message:
        'The bytes of provider/aws 1.0.0 aws_prov.tar.gz are not those that its digest names; tell its publisher.',
    });
    expect(await logged('digest_mismatch')).toMatchObject({
      level: 50,
      extension: 'provider/aws',
      version: '1.0.0',
      asset: 'aws_prov.tar.gz',
      source: 'gitea',
      expected: digestOf(AWS_1),
      actual: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    });
    expect((await get('/metrics')).text).toContain('extreg_digest_mismatch_total 1\n');
  });

  test.each(['bytes=0-', 'bytes=0-4999', 'bytes=-5000'])(
    'are a clean 409 also for the range %s, which is all of it',
    async (range) => {
      const { get, gitea } = await site();
      expect(await get(AWS, { headers: { range } })).toMatchObject({ status: 206, body: AWS_1 });
      gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes', at: 7 } });
      expect(await get(AWS, { headers: { range } })).toMatchObject({ status: 409 });
    },
  );

  test('keep their location from being asked for ten minutes', async () => {
    const { get, gitea, clock } = await site();
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'wrongBytes' } });
    expect((await get(AWS)).status).toBe(409);
    expect(gitea.requests).toHaveLength(1);
    clock.nowMs += TEN_MINUTES_MS;
    expect((await get(AWS)).status).toBe(409);
    expect(gitea.requests).toHaveLength(1);
    clock.nowMs += 1;
    expect((await get(AWS)).status).toBe(200);
    expect(gitea.requests).toHaveLength(2);
  });

  test('are taken from the next location instead', async () => {
    const { get, gitea, oci, clock } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes' } });
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await get(BOTH);
      expect({ status, same: body.equals(SHARED) }).toEqual({ status: 200, same: true });
    }
    expect([gitea.requests.length, oci.requests.length]).toEqual([1, 2]);
    clock.nowMs += TEN_MINUTES_MS + 1;
    expect((await get(BOTH)).status).toBe(200);
    expect(gitea.requests).toHaveLength(2);
  });

  test('at every location are 409', async () => {
    const { get, gitea, oci } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes' } });
    oci.misbehave({ match: BLOB, fault: { kind: 'wrongBytes' } });
    expect((await get(BOTH)).status).toBe(409);
  });

  test('at one and a failure at the other are 409', async () => {
    const { get, gitea, oci } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'status', status: 500 } });
    oci.misbehave({ match: BLOB, fault: { kind: 'wrongBytes' } });
    expect((await get(BOTH)).status).toBe(409);
  });

  test.each([
    ['another length', { kind: 'garbage' }],
    ['no end', { kind: 'endless' }],
  ] as const)('of %s are 409 too', async (_name, fault) => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault });
    expect((await get(AWS)).status).toBe(409);
    await untilOver(gitea);
  });
});

describe('wrong bytes in a large asset', () => {
  test.each([0, BIG.length - 1])('break the connection (byte %i)', async (at) => {
    const { get, gitea, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'wrongBytes', at } });
    const answer = await get(BIG_ONE);
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status: 200, complete: false });
    expect(answer.headers['content-length']).toBe(String(BIG.length));
    expect(answer.body.length).toBeLessThan(BIG.length);
    expect(await logged('digest_mismatch')).toMatchObject({ expected: digestOf(BIG) });
    expect((await get(BIG_ONE)).status).toBe(409);
  });

  test('are taken from the next location the next time', async () => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes' } });
    expect((await get(BOTH_BIG)).complete).toBe(false);
    const again = await get(BOTH_BIG);
    expect({ status: again.status, same: again.body.equals(SHARED_BIG) }).toEqual({ status: 200, same: true });
  });

  test('that never end are broken off', async () => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'endless' } });
    const answer = await get(BIG_ONE);
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status: 200, complete: false });
    await untilOver(gitea);
    expect(gitea.requests.at(-1)?.outcome).toBe('broken');
  });
});
