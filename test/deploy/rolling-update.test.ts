import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, runIndexer } from '../builders.ts';
import { ask, type Answer } from '../proxy/http.ts';
import { startProgram, writeConfig } from '../proxy/program.ts';
import { AWS_1, BIG, startBackends } from '../proxy/world.ts';
import { findFreePort } from '../real/server-process.ts';
import { waitUntil } from '../real/wait-until.ts';
import { startReads } from './steady-reads.ts';
import { startCaddy, startNginx } from './web-servers.ts';

const READS = [
  { path: '/api/v1/extensions' },
  { path: '/api/v1/extensions/provider/aws' },
  { path: '/api/v1/extensions?type=provider&limit=1' },
  { path: '/api/v1/extensions/search?q=amazon' },
  { path: '/api/v1/extensions/provider/aws/1.0.0', body: AWS_1 },
  // Readiness is what one instance says of itself: one that is stopping says no, and must.
  { path: '/api/v1/health/live' },
];

/** A web server before two instances of the proxy, as the guide has them: one configuration, two ports. */
async function startPair(startWebServer: typeof startNginx) {
  const { gitea } = await startBackends();
  const { file, folder } = await writeConfig(gitea.url);
  const site = join(folder, 'public');
  const config = configOf(site, [giteaConfig(gitea.url)]);
  await runIndexer(config, { now: Date.now });
  const ports = [await findFreePort(), await findFreePort()] as const;
  const startInstance = async (port: number): Promise<ChildProcess> => {
    const { child } = await startProgram(file, { args: ['--port', String(port), '--grace-seconds', '60'] });
    return child;
  };
  const instances = await Promise.all(ports.map(startInstance));
  const own = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  const server = await startWebServer({
    folder: own,
    site,
    proxies: [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[1]}`],
  });
  onTestFinished(async () => {
    await server.stop();
    await rm(own, { recursive: true, force: true });
  });
  return { gitea, config, server, instances, ports, startInstance };
}

/** Downloads that the backend holds in their middle, as many as it takes until each instance has one. */
async function holdDownloads({ server: { url }, gitea, ports }: Awaited<ReturnType<typeof startPair>>) {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  gitea.misbehave({ match: /attachments/, fault: { kind: 'pause', afterBytes: 1_000_000, until: promise } });
  const isUnderWay = async (port: number): Promise<boolean> =>
    /^extreg_downloads_in_flight [1-9]/m.test((await ask(`http://127.0.0.1:${port}/api/v1/metrics`)).text);
  const running: Promise<Answer>[] = [];
  await waitUntil('a download at each instance', async () => {
    if ((await Promise.all(ports.map(isUnderWay))).every(Boolean)) return true;
    running.push(ask(`${url}/api/v1/extensions/taskserv/big/1.0.0`));
    const count = running.length;
    await waitUntil(
      'its begin',
      async () => gitea.requests.filter(({ outcome }) => outcome === 'open').length === count,
    );
    return false;
  });
  gitea.heal();
  return { release, running };
}

const isWhole = ({ status, complete, body }: Answer): boolean => status === 200 && complete && body.equals(BIG);

describe.each([
  ['nginx', startNginx],
  ['Caddy', startCaddy],
] as const)('an update behind %s', (_name, startWebServer) => {
  test('of both instances and of the site fails no read, and lets running downloads end', async () => {
    const pair = await startPair(startWebServer);
    const { gitea, config, server, instances, ports, startInstance } = pair;
    const { release, running } = await holdDownloads(pair);
    const reads = startReads(server.url, READS);
    await reads.more(100);

    const ended: Promise<unknown>[] = [];
    for (const [at, old] of instances.entries()) {
      ended.push(once(old, 'exit'));
      old.kill('SIGTERM');
      // It listens no more, and still has its download.
      await waitUntil('a closed port', () =>
        fetch(`http://127.0.0.1:${ports[at]}/api/v1/health/live`).then(
          () => false,
          () => true,
        ),
      );
      await reads.more(60);
      await startInstance(ports[at]!);
      await reads.more(60);
    }

    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await runIndexer(config, { now: Date.now });
    await waitUntil('the new site', async () => {
      const { json } = await ask(`${server.url}/api/v1/extensions/search?q=aws`);
      return (json as { version: string }[])[0]?.version === '5.0.0';
    });
    await reads.more(100);

    // Both instances that have them are told to end, and have not.
    expect(instances.map(({ exitCode }) => exitCode)).toEqual([null, null]);
    release();
    expect((await Promise.all(running)).map(isWhole)).toEqual(running.map(() => true));
    expect(await Promise.all(ended)).toEqual([
      [0, null],
      [0, null],
    ]);
    const { answered, failures } = await reads.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(400);
  });
});
