import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { startProgram, writeConfig } from '../proxy/program.ts';
import { AWS_1, startBackends } from '../proxy/world.ts';
import { provideDebian } from '../tools/debian.ts';
import { valuesOf } from './units.ts';
import { DEPLOY } from './web-servers.ts';

/*
 * Without systemd as the first process its filters are not in force. So the programs are watched by strace, and what they
 * ask of the kernel is held against what the units let through.
 */

const run = promisify(execFile);
const INDEXER = join(DEPLOY, '..', 'indexer', 'main.ts');

let strace: string;
let analyze: string;
beforeAll(async () => {
  const { paths } = await provideDebian({ packages: ['strace', 'systemd'], programs: ['strace', 'systemd-analyze'] });
  strace = paths['strace']!;
  analyze = paths['systemd-analyze']!;
});

/** The calls of a group such as `@system-service`, those of the groups in it too. */
async function callsOf(group: string): Promise<string[]> {
  const { stdout } = await run(analyze, ['syscall-filter', '--no-pager', group]);
  const lines = stdout.split('\n').map((line) => line.trim());
  const members = lines.slice(1).filter((line) => line !== '' && !line.startsWith('#'));
  const all = await Promise.all(members.map(async (each) => (each.startsWith('@') ? callsOf(each) : [each])));
  return all.flat();
}

/** What SystemCallFilter lets through: the first list, without those that begin with a tilde (systemd.exec(5)). */
async function letThrough(unit: string): Promise<Set<string>> {
  const [allowed = '', ...others] = await valuesOf(unit, 'SystemCallFilter');
  const calls = new Set([...(await callsOf(allowed)), ...(await callsOf('@default'))]);
  for (const each of others) {
    expect(each).toMatch(/^~@[a-z-]+$/);
    for (const call of await callsOf(each.slice(1))) calls.delete(call);
  }
  return calls;
}

interface Asked {
  calls: string[];
  families: string[];
}

async function readTrace(file: string): Promise<Asked> {
  const text = await readFile(file, 'utf8');
  const unique = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, found = '']) => found))];
  return { calls: unique(/^\d+ +([a-z]\w*)\(/gm), families: unique(/\bsocket(?:pair)?\((AF_\w+)/g) };
}

async function expectLetThrough({ calls, families }: Asked, unit: string): Promise<void> {
  const allowed = await letThrough(unit);
  expect(calls.length).toBeGreaterThan(40);
  expect(calls.filter((each) => !allowed.has(each))).toEqual([]);
  const [known = ''] = await valuesOf(unit, 'RestrictAddressFamilies');
  expect(families).toContain('AF_INET');
  expect(families.filter((each) => !known.split(' ').includes(each))).toEqual([]);
}

describe('what the units let through', () => {
  test('is all that a crawl and its publishing ask for', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url);
    const trace = join(await temporaryFolder(), 'trace');
    await run(strace, ['-f', '-qq', '-o', trace, process.execPath, INDEXER, '--config', file]);
    await expectLetThrough(await readTrace(trace), 'extension-registry-indexer.service');
  });

  test('is all that the proxy asks for, with workers, reachable from other machines, until it is ended', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url, { workers: 2 });
    await run(process.execPath, [INDEXER, '--config', file]);
    await writeFile(file, (await readFile(file, 'utf8')).replace('[server]', '[server]\nhost = "0.0.0.0"'));
    const trace = join(await temporaryFolder(), 'trace');
    const { child, url } = await startProgram(file, { under: [strace, '-f', '-qq', '-o', trace] });
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).body.equals(AWS_1)).toBe(true);
    for (const path of ['/', '/api/v1/extensions?limit=1', '/api/v1/health', '/api/v1/metrics']) {
      expect((await ask(`${url}${path}`)).status).toBe(200);
    }
    const ended = once(child, 'exit');
    // strace itself does not hear it.
    process.kill(-child.pid!, 'SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expectLetThrough(await readTrace(trace), 'extension-registry@.service');
  });
});
