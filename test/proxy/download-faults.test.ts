import { describe, expect, test } from 'vitest';
import { DOWNLOAD_LIMITS } from '../../proxy/server-limits.ts';
import { SHARED, SHARED_BIG, sharedSite, startProxy, startWorld, untilOver } from './world.ts';

const site = sharedSite();

const AWS = '/extensions/provider/aws/1.0.0';
const BOTH = '/extensions/provider/both/3.0.0';
const BOTH_BIG = '/extensions/provider/both/3.1.0';
const ATTACHMENT = /^GET \/attachments\//;
const BLOB = /^GET \/v2\/.*\/blobs\//;

describe('a backend that fails', () => {
  test.each([
    ['a server error', { kind: 'status', status: 500 }, [502, 'bad_answer']],
    ['a refused token', { kind: 'status', status: 401 }, [502, 'auth']],
    ['a missing attachment', { kind: 'status', status: 404 }, [502, 'not_found']],
    ['an unsatisfiable range', { kind: 'status', status: 416 }, [502, 'bad_answer']],
    ['an overload', { kind: 'status', status: 503 }, [503, 'rate_limit']],
    ['a rate limit', { kind: 'status', status: 429 }, [503, 'rate_limit']],
    ['a slow gateway', { kind: 'status', status: 504 }, [504, 'timeout']],
    ['a broken connection', { kind: 'reset' }, [502, 'unreachable']],
    ['a body that ends early', { kind: 'truncate', afterBytes: 100 }, [502, 'unreachable']],
    ['a compressed body', { kind: 'gzip' }, [502, 'bad_answer']],
    ['a redirect to a login page', { kind: 'redirect', status: 303, location: '/user/login' }, [502, 'auth']],
    ['a redirect to nowhere', { kind: 'redirect', status: 302, location: 'ftp://elsewhere/' }, [502, 'redirect']],
  ] as const)('with %s is an error of its kind', async (_name, fault, [status, code]) => {
    const { get, gitea, config, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault });
    const answer = await get(AWS);
    expect({ status: answer.status, body: answer.json }).toEqual({
      status,
      body: {
        error: 'gitea',
        message: `provider/aws 1.0.0 aws_prov.tar.gz cannot be had from the source gitea (${code}); try again, or see /api/v1/health.`,
        details: code,
      },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['retry-after']).toBe(code === 'rate_limit' ? '10' : undefined);
    expect(answer.text).not.toContain(config.sources[0]!.base.host);
    expect(await logged('location_failed')).toMatchObject({
      level: 40,
      extension: 'provider/aws',
      source: 'gitea',
      code,
    });
  });

  test('tells the client how long the backend asks to wait', async () => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'status', status: 429, headers: { 'Retry-After': '77' } } });
    expect((await get(AWS)).headers['retry-after']).toBe('77');
    expect(gitea.requests).toHaveLength(1);
  });

  test('of kind oci says so', async () => {
    const { get, oci } = await site();
    oci.misbehave({ match: BLOB, fault: { kind: 'status', status: 500 } });
    expect((await get('/extensions/taskserv/redis/7.2.0')).json).toMatchObject({ error: 'oci', details: 'bad_answer' });
  });

  test('is tried once more when its idle connection was gone', async () => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, times: 1, fault: { kind: 'reset' } });
    expect((await get(AWS)).status).toBe(200);
    expect(gitea.requests).toHaveLength(2);
  });

  test('in time is a 504', async () => {
    const { config, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'hang' } });
    const sources = config.sources.map((each) => ({ ...each, timeoutMs: 100 }));
    const { get } = await startProxy({ ...config, sources });
    const answer = await get(AWS);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 504, body: { details: 'timeout' } });
  });

  test('in the time that a client waits is a 504 too, however patient the source is', async () => {
    const { config, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'hang' } });
    const { get, logged } = await startProxy(config, { downloadLimits: { ...DOWNLOAD_LIMITS, firstByteMs: 100 } });
    const answer = await get(AWS);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 504, body: { details: 'timeout' } });
    expect(await logged('location_failed')).toMatchObject({ code: 'timeout', source: 'gitea' });
    await untilOver(gitea);
    expect(gitea.requests.at(-1)?.outcome).toBe('broken');
  });

  test('gives way to the next location', async () => {
    const { get, gitea, oci } = await site();
    for (const fault of [
      { kind: 'status', status: 500 },
      { kind: 'reset' },
      { kind: 'truncate', afterBytes: 10 },
    ] as const) {
      gitea.heal();
      gitea.misbehave({ match: ATTACHMENT, fault });
      const { status, body } = await get(BOTH);
      expect({ status, same: body.equals(SHARED) }).toEqual({ status: 200, same: true });
    }
    expect(oci.requests).toHaveLength(3);
  });

  test('gives way before the first byte of a large asset and of a range', async () => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'truncate', afterBytes: 0 } });
    const whole = await get(BOTH_BIG);
    expect({ status: whole.status, same: whole.body.equals(SHARED_BIG) }).toEqual({ status: 200, same: true });
    const part = await get(BOTH_BIG, { headers: { range: 'bytes=-10' } });
    expect({ status: part.status, same: part.body.equals(SHARED_BIG.subarray(-10)) }).toEqual({
      status: 206,
      same: true,
    });
  });

  test('at every location is the error of the preferred one', async () => {
    const { get, gitea, oci } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'status', status: 503 } });
    oci.misbehave({ match: BLOB, fault: { kind: 'status', status: 500 } });
    const answer = await get(BOTH);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 503, body: { error: 'gitea' } });
  });

  test('that is not configured is named', async () => {
    const { config, oci } = await site();
    const ociOnly = config.sources.filter((each) => each.name === 'oci');
    const { get } = await startProxy({ ...config, sources: ociOnly });
    expect((await get(AWS)).json).toMatchObject({ error: 'http', details: 'config' });
    expect((await get(BOTH)).status).toBe(200);
    expect(oci.requests).toHaveLength(1);
  });

  test('leaves all reads as they were', async () => {
    const { get, gitea, oci } = await startWorld();
    await Promise.all([gitea.close(), oci.close()]);
    for (const path of ['', '/extensions', '/extensions/provider/aws', '/extensions/search?q=aws']) {
      expect((await get(path)).status).toBe(200);
    }
    expect((await get(AWS, { method: 'HEAD' })).status).toBe(200);
    expect((await get(AWS)).json).toMatchObject({ error: 'gitea', details: 'unreachable' });
  });
});
