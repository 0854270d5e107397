import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { ask } from './http.ts';
import { AWS_1, startBackends } from './world.ts';

const LISTENING = 'Server listening at ';
const PROGRAM = fileURLToPath(new URL('../../proxy/main.ts', import.meta.url));

interface Line extends Record<string, unknown> {
  msg: string;
}

function run(args: string[]): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Waits for a line of the log that fits, among those that came and will come. */
function followLog(child: ChildProcess): (fits: (line: Line) => boolean) => Promise<Line> {
  const lines: Line[] = [];
  const waiting: (() => void)[] = [];
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const wake of waiting.splice(0)) wake();
  });
  return async (fits) => {
    for (;;) {
      const found = lines.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };
}

/** The URL that it listens on, and its log. */
async function start(file: string) {
  const child = run(['--config', file]);
  const logged = followLog(child);
  const { msg } = await logged((line) => line.msg.startsWith(LISTENING));
  return { child, logged, url: msg.slice(LISTENING.length) };
}

async function outcomeOf(args: string[]) {
  const child = run(args);
  const texts = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...texts };
}

async function writeConfig(gitea: string, port: number, more = ''): Promise<{ file: string; folder: string }> {
  const folder = await temporaryFolder();
  const file = join(folder, 'registry.toml');
  await writeFile(
    file,
    `[server]\nport = ${port}\n[gitea]\nurl = "${gitea}"\norganization = "acme"\n[site]\npath = "public"\n${more}`,
  );
  return { file, folder };
}

describe('extension-registry', () => {
  test('serves, and ends by SIGTERM with exit code 0', async () => {
    const { gitea } = await startBackends();
    const { file, folder } = await writeConfig(gitea.url, 0);
    await runIndexer(configOf(join(folder, 'public'), [giteaConfig(gitea.url)]), { now: Date.now });
    const { child, url } = await start(file);
    const answer = await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`);
    expect({ status: answer.status, same: answer.body.equals(AWS_1) }).toEqual({ status: 200, same: true });
    expect((await ask(`${url}/api/v1/health`)).json).toMatchObject({ status: 'healthy', version: '0.1.0' });
    expect((await ask(`${url}/`)).text).toContain('Extension registry');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('runs the indexer on its schedule', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url, 0, '[indexer]\ninterval_seconds = 3600\n');
    const { child, url, logged } = await start(file);
    expect(await logged((line) => line['event'] === 'indexer_done')).toMatchObject({ code: 0 });
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('says which port is taken', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url, Number(new URL(gitea.url).port));
    const { code, stderr } = await outcomeOf(['--config', file, '--log-level', 'silent']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `extension-registry: Port ${new URL(gitea.url).port} on 127.0.0.1 is taken; stop what uses it, or choose another [server] port.\n`,
    });
  });

  test('refuses a wrong command line with exit code 2', async () => {
    const { code, stdout, stderr } = await outcomeOf(['--bogus']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^extension-registry: .*--bogus.* See --help\.\n$/s);
  });

  test('refuses a configuration that is not there with exit code 2', async () => {
    expect(await outcomeOf(['--config', '/nonexistent.toml'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('there is no such configuration file') as string,
    });
  });

  test('prints its version and serves nothing', async () => {
    expect(await outcomeOf(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });
});
