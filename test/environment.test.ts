import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './builders.ts';
import { startFakeGitea } from './fakes/gitea.ts';
import { startForwardProxy } from './fakes/forward-proxy.ts';
import { createAuthority } from './http/certificates.ts';

/** Runs an entry in an environment of its own. */
async function run(entry: string, argv: readonly string[], env: Record<string, string>) {
  const program = fileURLToPath(new URL(entry, import.meta.url));
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    timeout: 15_000,
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number, stdout, stderr };
}

async function writeConfig(more: string): Promise<string> {
  const file = join(await temporaryFolder(), 'registry.toml');
  await writeFile(file, `[gitea]\nurl = "https://git.example.test"\norganization = "acme"\n${more}`);
  return file;
}

describe('the environment of a program', () => {
  test('names the forward proxy that leads to a backend, whose certificate is of our CA', async () => {
    const authority = createAuthority('our CA', Date.now());
    const gitea = await startFakeGitea({ tls: authority.issue(['git.example.test']), organizations: ['acme'] });
    const proxy = await startForwardProxy({ routes: { 'git.example.test:443': gitea.host } });
    onTestFinished(async () => void (await Promise.all([gitea.close(), proxy.close()])));
    const ca = join(await temporaryFolder(), 'ca.pem');
    await writeFile(ca, authority.cert);
    const file = await writeConfig(`ca_path = ${JSON.stringify(ca)}\n`);
    const env = { HTTPS_PROXY: `http://me:hunter2@${proxy.host}` };
    const argv = ['check', '--config', file];
    const [checked, refused] = await Promise.all([
      run('../indexer/main.ts', argv, env),
      run('../indexer/main.ts', argv, { ...env, NO_PROXY: 'example.test' }),
    ]);
    expect(checked).toEqual({ code: 0, stdout: 'gitea (gitea): answers and lets us in\n', stderr: '' });
    expect(new Set(proxy.requests.map((each) => each.line))).toEqual(new Set(['CONNECT git.example.test:443']));

    expect(refused).toMatchObject({ code: 1, stderr: '' });
    expect(refused.stdout).toContain('gitea (git.example.test) cannot be reached');
  });

  test.each(['../indexer/main.ts', '../proxy/main.ts'])('is refused by %s where it names no proxy', async (entry) => {
    const argv = ['--config', await writeConfig('verify_ssl = false\n[server]\nport = 0\n')];
    const { code, stderr } = await run(entry, argv, { https_proxy: 'socks5://me:hunter2@proxy.example.test' });
    expect(code).toBe(2);
    expect(stderr).toContain('HTTPS_PROXY is not the http or https URL of a proxy');
    expect(stderr).toContain('warning: [gitea] verify_ssl: whoever is between us and git.example.test can change');
    expect(stderr).not.toContain('hunter2');
  });
});
