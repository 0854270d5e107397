import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { DOWNLOAD_LIMITS } from '../../proxy/server-limits.ts';
import { v1Of } from '../builders.ts';
import { ask } from './http.ts';
import { BIG, sharedSite, startProxy, untilOver } from './world.ts';

const site = sharedSite();

const AWS = '/extensions/provider/aws/1.0.0';
const BIG_ONE = '/extensions/taskserv/big/1.0.0';
const ATTACHMENT = /^GET \/attachments\//;

/** A client that can stop reading, and leave. */
async function download(url: string) {
  const outgoing = httpRequest(url, { agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  return outgoing;
}

describe('a client that leaves', () => {
  test('in the middle gives the backend its connection back', async () => {
    const { url, gitea, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 2_000_000 } });
    const outgoing = await download(`${url}/api/v1${BIG_ONE}`);
    const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    await once(incoming, 'data');
    incoming.on('error', () => undefined);
    outgoing.destroy();
    await untilOver(gitea);
    expect(gitea.requests.at(-1)?.outcome).toBe('broken');
    expect(await logged('request')).toMatchObject({ status: 200, broken: true });
  });

  test('before the first byte does so too', async () => {
    const { url, gitea, log, logged } = await site();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'hang' } });
    const outgoing = await download(`${url}/api/v1${AWS}`);
    while (gitea.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    outgoing.destroy();
    await untilOver(gitea);
    expect(gitea.requests).toMatchObject([{ outcome: 'broken' }]);
    expect(await logged('request')).toMatchObject({ status: 499, broken: true });
    expect(log.some((line) => line['event'] === 'location_failed' || line['event'] === 'error')).toBe(false);
  });
});

describe('the wait for the first byte', () => {
  test('is over when the client leaves, or it would keep the program from ending', async () => {
    const { url, gitea, logged } = await site();
    // Looked at and called all the same: whether a timer is left is not to be seen from outside.
    const started = vi.spyOn(globalThis, 'setTimeout');
    const ended = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => {
      started.mockRestore();
      ended.mockRestore();
    });
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'hang' } });
    const outgoing = await download(`${url}/api/v1${AWS}`);
    while (gitea.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const at = started.mock.calls.findIndex(([, waitMs]) => waitMs === DOWNLOAD_LIMITS.firstByteMs);
    const timer = started.mock.results[at]?.value as NodeJS.Timeout;
    outgoing.destroy();
    await untilOver(gitea);
    await logged('request');
    expect(ended.mock.calls.some(([each]) => each === timer)).toBe(true);
  });
});

describe('a client that has left before its asset is looked up', () => {
  test('asks no backend and holds none of its connections', async () => {
    const { config, gitea } = await site();
    const folder = createFolderReader({ root: v1Of(config) });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>();
    const reader = {
      ...folder,
      read: async (file: string, maxBytes?: number) => {
        wasAsked();
        await released;
        return folder.read(file, maxBytes);
      },
    };
    const { url, logged, get } = await startProxy(config, { reader });
    const outgoing = await download(`${url}/api/v1${BIG_ONE}`);
    await asked;
    outgoing.destroy();
    await logged('request');
    release();
    expect((await get('/metrics')).text).toContain('extreg_downloads_in_flight 0\n');
    expect((await get(AWS)).complete).toBe(true);
    expect(gitea.requests.map((each) => each.method)).toEqual(['GET']);
  });
});

describe('downloads in flight', () => {
  test('are counted while they run', async () => {
    const { url, gitea, get, logged } = await site();
    const { promise, resolve } = Promise.withResolvers<void>();
    gitea.misbehave({ match: ATTACHMENT, fault: { kind: 'pause', afterBytes: 2_000_000, until: promise } });
    const running = ask(`${url}/api/v1${BIG_ONE}`);
    while (gitea.requests.length === 0) await new Promise((next) => setImmediate(next));
    expect((await get('/metrics')).text).toContain('extreg_downloads_in_flight 1\n');
    resolve();
    expect((await running).complete).toBe(true);
    await logged('request');
    const text = (await get('/metrics')).text;
    expect(text).toContain('extreg_downloads_in_flight 0\n');
    expect(text).toContain(`extreg_download_bytes_total ${BIG.length}\n`);
    expect(text).toContain('extreg_download_first_byte_seconds_count 1\n');
  });
});
