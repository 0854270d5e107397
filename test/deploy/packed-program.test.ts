import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../proxy/http.ts';
import { startProgram, writeConfig, type Log } from '../proxy/program.ts';
import { AWS_1, startBackends } from '../proxy/world.ts';
import { waitUntil } from '../real/wait-until.ts';
import { packProgram } from './pack-program.ts';
import { startReads } from './steady-reads.ts';

/*
 * The tarball of `npm pack`, installed as `npm install --global` does it: site, proxy and scheduled indexer in one
 * program. Whatever becomes of the indexer, reads go on.
 */

const run = promisify(execFile);
const READS = [
  { path: '/' },
  { path: '/api/v1/extensions' },
  { path: '/api/v1/extensions/provider/aws' },
  { path: '/api/v1/extensions/search?q=amazon' },
  { path: '/api/v1/extensions/provider/aws/1.0.0', body: AWS_1 },
  { path: '/api/v1/health/ready' },
];

let prefix: string;
beforeAll(async () => {
  prefix = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  const tarball = await packProgram(prefix);
  await run('npm', ['install', '--global', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', tarball]);
});
afterAll(() => rm(prefix, { recursive: true, force: true }));

/** The installed program once its first crawl is published, with an interval of one second. */
async function startPacked(indexer = '') {
  const { gitea } = await startBackends();
  const { file, folder } = await writeConfig(gitea.url, { more: `[indexer]\ninterval_seconds = 1\n${indexer}` });
  const { url, log, child } = await startProgram(file, { program: join(prefix, 'bin', 'extension-registry') });
  await log.until(({ event }) => event === 'indexer_done');
  return { gitea, folder, url, log, child };
}

/** The process id of the run that starts next. */
async function nextRun(log: Log): Promise<number> {
  const before = log.lines.filter(({ event }) => event === 'indexer_started').length;
  const runs = await log.until(({ event }) => event === 'indexer_started', before + 1);
  return Number(runs[before]?.['indexer_pid']);
}

/** Waits for a run that publishes what is at the backend now. */
async function untilPublished(url: string, version: string): Promise<void> {
  await waitUntil(`version ${version}`, async () => {
    const { json } = await ask(`${url}/api/v1/extensions/provider/aws`);
    return (json as { version: string }).version === version;
  });
}

describe('the packed program, installed globally', () => {
  test('is found as a command, with its two companions', async () => {
    for (const name of ['extension', 'extension-indexer', 'extension-registry']) {
      const { stdout } = await run(join(prefix, 'bin', name), ['--version'], { env: { PATH: env['PATH'] } });
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  test('brings along what an operator copies', async () => {
    const deploy = join(prefix, 'lib/node_modules/extension-registry/deploy');
    const files = await readdir(deploy, { recursive: true });
    for (const file of ['install.md', 'nginx/extension-registry.conf', 'caddy/Caddyfile', 'kubernetes/proxy.yaml']) {
      expect(files).toContain(file);
    }
    expect(files).toContain('systemd/extension-registry@.service');
  });

  test('is site, proxy and scheduled indexer in one', async () => {
    const { gitea, url, log } = await startPacked();
    expect((await ask(`${url}/`)).text).toContain('<!doctype html>');
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).body.equals(AWS_1)).toBe(true);
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await untilPublished(url, '5.0.0');
    expect(log.lines.some(({ event }) => event === 'indexer_failed')).toBe(false);
    expect((await ask(`${url}/api/v1/health`)).json).toMatchObject({ status: 'healthy' });
  });

  test('serves on while its indexer is killed in the middle of a crawl, and crawls again', async () => {
    const { gitea, url, log } = await startPacked();
    const reads = startReads(url, READS);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gitea.misbehave({ match: /\/orgs\//, fault: { kind: 'delay', until: promise } });
    const pid = await nextRun(log);
    process.kill(pid, 'SIGKILL');
    expect(await log.until(({ event }) => event === 'indexer_failed')).toMatchObject([
      { code: null, signal: 'SIGKILL' },
    ]);
    release();
    gitea.heal();
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await untilPublished(url, '5.0.0');
    await reads.more(200);
    const { answered, failures } = await reads.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(200);
  });

  test('serves on while its indexer runs out of memory, again and again', async () => {
    const { gitea, url, log } = await startPacked('max_heap_mb = 32\n');
    const reads = startReads(url, READS);
    // 60 MB of descriptions, which one crawl holds together.
    for (let at = 0; at < 300; at += 1) {
      gitea.addRepository('acme', { name: `n${at}_prov`, description: 'd' });
      for (let release = 0; release < 30; release += 1) {
        const body = `${at} ${release} `.padEnd(16_000, 'notes ');
        const assets = [{ name: `n${at}_prov.tar.gz`, content: `${at} ${release}` }];
        gitea.addRelease('acme', `n${at}_prov`, { tag: `1.${release}.0`, body, assets });
      }
    }
    const ends = await log.until(({ event }) => event === 'indexer_failed', 2);
    expect(ends[0]).toMatchObject({ signal: 'SIGABRT' });
    expect(log.lines.some(({ line }) => String(line).includes('heap out of memory'))).toBe(true);
    await reads.more(100);
    const { answered, failures } = await reads.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });

  test('serves on while its indexer is stopped and never ends, ends it, and crawls again', async () => {
    const { gitea, url, log } = await startPacked('deadline_seconds = 2\n');
    const reads = startReads(url, READS);
    process.kill(await nextRun(log), 'SIGSTOP');
    await log.until(({ event }) => event === 'indexer_overdue');
    expect(await log.until(({ event }) => event === 'indexer_failed')).toMatchObject([
      { code: null, signal: 'SIGKILL' },
    ]);
    gitea.addRelease('acme', 'aws_prov', { tag: '5.0.0', assets: [{ name: 'aws_prov.tar.gz', content: 'five' }] });
    await untilPublished(url, '5.0.0');
    const { answered, failures } = await reads.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(200);
  });

  test('runs its indexer after the reads: for the processor, and where memory is short', async () => {
    const { log } = await startPacked();
    const pid = await nextRun(log);
    const { stdout } = await run('sh', ['-c', `cat /proc/${pid}/oom_score_adj; cut -d' ' -f19 /proc/${pid}/stat`]);
    expect(stdout).toBe('1000\n10\n');
  });
});
