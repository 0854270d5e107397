import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FetchedAsset } from '../../../cli/registry/registry.ts';
import { temporaryFolder, v1Of } from '../../builders.ts';
import { serveContent } from '../../fakes/byte-ranges.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import { BIG, sharedWorld } from '../../proxy/world.ts';
import { idOf, open, sha256 } from './registries.ts';

const world = sharedWorld();
const PROGRAM = join(import.meta.dirname, 'fetch-process.ts');
const BIG_ID = 'taskserv/big';

/** A client that fetches `taskserv/big`; its lines come one by one. */
function startClient(proxy: string, cacheFolder: string) {
  const child = spawn(process.execPath, [PROGRAM, v1Of(world().config), proxy, cacheFolder, BIG_ID], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, exited, lines: createInterface({ input: child.stdout }) };
}

/** What stands in for the proxy where a test slows it down. */
async function startBigProxy() {
  const etag = `"${sha256(BIG)}"`;
  const server = await startFakeServer((request) => serveContent(request, { content: BIG, headers: {}, etag }));
  onTestFinished(() => server.close());
  return server;
}

async function filesIn(cacheFolder: string): Promise<string[]> {
  const names = await readdir(join(cacheFolder, 'downloads'), { recursive: true, withFileTypes: true });
  return names.filter((each) => each.isFile()).map(({ name }) => name.replace(/\.\d.*$/, ''));
}

describe('several processes', () => {
  test('fetch one asset at once and do each other no harm', async () => {
    const cacheFolder = await temporaryFolder();
    const clients = [1, 2, 3].map(() => startClient(world().url, cacheFolder));
    const fetched = await Promise.all(
      clients.map(async ({ lines, exited }) => {
        const all: string[] = [];
        lines.on('line', (line) => all.push(line));
        expect(await exited).toEqual([0, null]);
        return JSON.parse(all.at(-1)!) as FetchedAsset;
      }),
    );
    expect(new Set(fetched.map(({ file }) => file)).size).toBe(1);
    expect(await readFile(fetched[0]!.file)).toEqual(BIG);
    const hex = sha256(BIG).slice(7);
    expect((await filesIn(cacheFolder)).sort()).toEqual([hex, `${hex}.json`]);
  });

  test('go on where a killed one ended, and clean up after it', async () => {
    const server = await startBigProxy();
    server.misbehave({ match: /./, times: 1, fault: { kind: 'pause', afterBytes: 2_000_000 } });
    const cacheFolder = await temporaryFolder();
    const { child, exited, lines } = startClient(server.url, cacheFolder);
    for await (const line of lines) if (line === '2000000') break;
    child.kill('SIGKILL');
    await exited;
    expect(await filesIn(cacheFolder)).toEqual([sha256(BIG).slice(7)]);
    const registry = await open(v1Of(world().config), { proxy: server.url, cacheFolder });
    const choice = await registry.resolve({ id: idOf(BIG_ID), range: 'latest' });
    expect(await readFile((await registry.fetch(choice)).file)).toEqual(BIG);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=2000000-']);
    expect(await readdir(join(cacheFolder, 'downloads', 'partial'))).toEqual([]);
  });

  test('leave alone what a living one is at', async () => {
    const server = await startBigProxy();
    const goOn = Promise.withResolvers<void>();
    server.misbehave({ match: /./, times: 1, fault: { kind: 'pause', afterBytes: 2_000_000, until: goOn.promise } });
    const cacheFolder = await temporaryFolder();
    const { exited, lines } = startClient(server.url, cacheFolder);
    for await (const line of lines) if (line === '2000000') break;
    const registry = await open(v1Of(world().config), { proxy: server.url, cacheFolder });
    const choice = await registry.resolve({ id: idOf(BIG_ID), range: 'latest' });
    const { file } = await registry.fetch(choice);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    expect(await readdir(join(cacheFolder, 'downloads', 'partial'))).toHaveLength(1);
    goOn.resolve();
    expect(await exited).toEqual([0, null]);
    expect(await readFile(file)).toEqual(BIG);
    expect(await readdir(join(cacheFolder, 'downloads', 'partial'))).toEqual([]);
  });

  test('leave nothing behind where the disk takes no more, and say so', async () => {
    const cacheFolder = await temporaryFolder();
    const command = `ulimit -f 2048; exec "$0" "$@"`;
    const args = [process.execPath, PROGRAM, v1Of(world().config), world().url, cacheFolder, BIG_ID];
    const child = spawn('sh', ['-c', command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>]);
    expect(code).toBe(1);
    expect(complaint).toContain('raise the limit on file sizes (ulimit -f), then run again.');
    expect(await filesIn(cacheFolder)).toEqual([]);
  });
});
