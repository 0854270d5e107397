import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, giteaConfig, runIndexer } from '../builders.ts';
import { ask } from './http.ts';
import { outcomeOf, startProgram, writeConfig } from './program.ts';
import { AWS_1, startBackends } from './world.ts';

describe('extension-registry', () => {
  test('serves, and ends by SIGTERM with exit code 0', async () => {
    const { gitea } = await startBackends();
    const { file, folder } = await writeConfig(gitea.url);
    await runIndexer(configOf(join(folder, 'public'), [giteaConfig(gitea.url)]), { now: Date.now });
    const { child, url } = await startProgram(file);
    const answer = await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`);
    expect({ status: answer.status, same: answer.body.equals(AWS_1) }).toEqual({ status: 200, same: true });
    expect((await ask(`${url}/api/v1/health`)).json).toMatchObject({ status: 'healthy', version: '0.1.0' });
    expect((await ask(`${url}/`)).text).toContain('Extension registry');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('runs the indexer on its schedule', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url, { more: '[indexer]\ninterval_seconds = 3600\n' });
    const { child, url, log } = await startProgram(file);
    expect(await log.until((line) => line['event'] === 'indexer_done')).toMatchObject([{ code: 0 }]);
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.each([1, 2])('says once which port is taken, with %i workers', async (workers) => {
    const { gitea } = await startBackends();
    const port = Number(new URL(gitea.url).port);
    const { file } = await writeConfig(gitea.url, { port, workers });
    expect(await outcomeOf(['--config', file, '--log-level', 'silent'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `extension-registry: Port ${port} on 127.0.0.1 is taken; stop what uses it, or choose another [server] port.\n`,
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

  test('tells the faults of a configuration once, however many workers it has', async () => {
    const { file } = await writeConfig('ftp://nowhere', { workers: 3 });
    const { code, stdout, stderr } = await outcomeOf(['--config', file]);
    expect({ code, stdout, told: stderr.match(/\[gitea\] url/g)?.length }).toEqual({ code: 2, stdout: '', told: 1 });
  });

  test('prints its version and serves nothing', async () => {
    expect(await outcomeOf(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });
});
