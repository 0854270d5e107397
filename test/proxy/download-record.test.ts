import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { DOWNLOAD_LIMITS } from '../../proxy/server-limits.ts';
import { ask } from './http.ts';
import { AWS_1, BIG, sharedSite, startProxy, type Proxy } from './world.ts';

const site = sharedSite();

const AWS = '/extensions/provider/aws/1.0.0';
const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const ATTACHMENT = /^GET \/attachments\//;

async function countsOf({ get }: Pick<Proxy, 'get'>) {
  const { text } = await get('/metrics');
  const counts = [...text.matchAll(/^extreg_downloads_total\{outcome="([a-z_]+)"\} (\d+)$/gm)];
  return Object.fromEntries(counts.map(([, outcome, count]) => [outcome, Number(count)]));
}

const NONE = { complete: 0, client_left: 0, backend_failed: 0, mismatch: 0, too_slow: 0, refused: 0 };

describe('the line of a download', () => {
  test('has what was downloaded, how many bytes, and the id that the client got', async () => {
    const proxy = await site();
    const headers = { authorization: 'Bearer t0ken', cookie: 'session=c00kie', 'x-api-key': 'k3y' };
    const answer = await ask(`${proxy.url}/api/v1${AWS}?token=qu3ry`, { headers });
    expect(answer.body.equals(AWS_1)).toBe(true);
    const { time: _time, pid: _pid, hostname: _hostname, ...line } = await proxy.logged('download');
    expect(line).toEqual({
      level: 30,
      reqId: answer.headers['x-request-id'],
      event: 'download',
      extension: 'provider/aws',
      version: '1.0.0',
      asset: 'aws_prov.tar.gz',
      outcome: 'complete',
      status: 200,
      bytes: AWS_1.length,
      first_byte_ms: 0,
      duration_ms: 0,
      msg: 'download',
    });
    expect(await countsOf(proxy)).toEqual({ ...NONE, complete: 1 });
    expect(JSON.stringify(proxy.log)).not.toMatch(/t0ken|c00kie|k3y|qu3ry/);
  });

  test('of a part has its bytes', async () => {
    const proxy = await site();
    await proxy.get(AWS, { headers: { range: 'bytes=100-199' } });
    expect(await proxy.logged('download')).toMatchObject({ outcome: 'complete', status: 206, bytes: 100 });
  });

  test('tells of a client that left', async () => {
    const proxy = await site();
    proxy.gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 2_000_000 } });
    const outgoing = httpRequest(`${proxy.url}/api/v1${BIG_ONE}`, { agent: false });
    outgoing.on('error', () => undefined).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.on('error', () => undefined);
    await once(incoming, 'data');
    outgoing.destroy();
    const line = await proxy.logged('download');
    expect(line).toMatchObject({ outcome: 'client_left', status: 200 });
    expect(line['bytes']).toBeGreaterThan(0);
    expect(line['bytes']).toBeLessThan(BIG.length);
    expect(await countsOf(proxy)).toEqual({ ...NONE, client_left: 1 });
  });

  test.each([
    { when: 'before the first byte', path: AWS, fault: { kind: 'status', status: 500 }, status: 502 },
    { when: 'in the middle', path: BIG_ONE, fault: { kind: 'truncate', afterBytes: 2_000_000 }, status: 200 },
  ] as const)('tells of a backend that failed $when', async ({ path, fault, status }) => {
    const proxy = await site();
    proxy.gitea.misbehave({ match: ATTACHMENT, fault });
    await ask(`${proxy.url}/api/v1${path}`);
    expect(await proxy.logged('download')).toMatchObject({ outcome: 'backend_failed', status });
    expect(await countsOf(proxy)).toEqual({ ...NONE, backend_failed: 1 });
  });

  test.each([
    ['held whole', AWS, 409],
    ['on its way', BIG_ONE, 200],
  ] as const)('tells of wrong bytes in a body that was %s', async (_how, path, status) => {
    const proxy = await site();
    proxy.gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'wrongBytes' } });
    await ask(`${proxy.url}/api/v1${path}`);
    const line = await proxy.logged('download');
    expect(line).toMatchObject({ outcome: 'mismatch', status });
    expect(await countsOf(proxy)).toEqual({ ...NONE, mismatch: 1 });
  });

  test('tells of one that was refused for want of a place, and the limit is told too', async () => {
    const { config } = await site();
    const proxy = await startProxy(config, { downloadLimits: { ...DOWNLOAD_LIMITS, maxDownloads: 0 } });
    expect((await proxy.get(AWS)).status).toBe(503);
    const line = await proxy.logged('download');
    expect(line).toMatchObject({ outcome: 'refused', status: 503, bytes: 0 });
    expect(line).not.toHaveProperty('first_byte_ms');
    expect(await countsOf(proxy)).toEqual({ ...NONE, refused: 1 });
    expect((await proxy.get('/metrics')).text).toContain('\nextreg_downloads_limit 0\n');
  });

  test('tells of a client that is too slow', async () => {
    const { config, gitea } = await site();
    const downloadLimits = { ...DOWNLOAD_LIMITS, minWindowBytes: BIG.length, windowMs: 20 };
    const proxy = await startProxy(config, { downloadLimits });
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 2_000_000 } });
    await ask(`${proxy.url}/api/v1${BIG_ONE}`);
    expect(await proxy.logged('download')).toMatchObject({ outcome: 'too_slow', status: 200 });
    expect(await countsOf(proxy)).toEqual({ ...NONE, too_slow: 1 });
  });
});
