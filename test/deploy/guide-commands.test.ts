import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { spawnProgram, startProgram, writeConfig } from '../proxy/program.ts';
import { AWS_1, startBackends } from '../proxy/world.ts';
import { findFreePort } from '../real/server-process.ts';
import { waitUntil } from '../real/wait-until.ts';
import { startReads } from './steady-reads.ts';
import { DEPLOY, startNginx } from './web-servers.ts';

/*
 * Blocks of the guide, run as they stand there, but for folders and ports. What there is none of here, systemd, is played
 * by a script of its name.
 */

const run = promisify(execFile);
const INDEXER = join(DEPLOY, '..', 'indexer', 'main.ts');
const CONFIGURED = '/etc/extension-registry';

/** The block of a page that has this in it. @throws Error where there is none, or more than one */
async function blockOf(page: string, words: string): Promise<string> {
  const text = await readFile(join(DEPLOY, page), 'utf8');
  const [block, ...others] = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].flatMap(([, each = '']) =>
    each.includes(words) ? [each] : [],
  );
  if (block === undefined || others.length > 0) throw new Error(`${page} has not one block with ${words}.`);
  return block;
}

/** A folder for PATH with these scripts, and with the indexer and its Node as an installation has them. */
async function programsIn(scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(), 'bin');
  await mkdir(folder);
  await symlink(process.execPath, join(folder, 'node'));
  const all = { 'extension-indexer': `exec node ${INDEXER} "$@"`, ...scripts };
  for (const [name, script] of Object.entries(all)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

async function configured(): Promise<{ folder: string; site: string }> {
  const { gitea } = await startBackends();
  gitea.addToken({ token: 'a-token' });
  const folder = await temporaryFolder();
  const site = join(await temporaryFolder(), 'site');
  await writeFile(join(folder, 'gitea.token'), 'a-token\n', { mode: 0o600 });
  const source = `[gitea]\nurl = "${gitea.url}"\norganization = "acme"\ntoken_path = "gitea.token"\n`;
  await writeFile(join(folder, 'config.toml'), `${source}[site]\npath = ${JSON.stringify(site)}\n`);
  return { folder, site };
}

const generationOf = async (site: string): Promise<number> =>
  (JSON.parse(await readFile(join(site, 'api/v1/index.json'), 'utf8')) as { generation: number }).generation;

describe('install.md', () => {
  test('has a line for cron that crawls in the environment that cron gives, without a word', async () => {
    const { folder, site } = await configured();
    const bin = await programsIn({});
    const [path = '', line = ''] = (await blockOf('install.md', 'extension-registry extension-indexer')).split('\n');
    expect(path).toBe('PATH=/usr/local/bin:/usr/bin:/bin');
    // crontab(5), of the system: five fields of time, a user, and the rest is the command.
    const [, times, user, command = ''] = /^((?:\S+ ){5})(\S+) (.*)$/.exec(line)!;
    expect([times, user]).toEqual(['*/15 * * * * ', 'extension-registry']);
    const PATH = path.slice('PATH='.length).replace('/usr/local/bin', bin);
    const cron = { env: { PATH, HOME: '/', SHELL: '/bin/sh', LOGNAME: user }, cwd: '/' };
    expect(await run('/bin/sh', ['-c', command.replace(CONFIGURED, folder)], cron)).toEqual({ stdout: '', stderr: '' });
    expect(await generationOf(site)).toBe(1);
  });

  test('has a function that runs the indexer with the credentials of the service', async () => {
    const { folder, site } = await configured();
    // What systemd-run(1) does with these options: credentials into a folder, and the command with its name.
    const bin = await programsIn({
      'systemd-run': `
        CREDENTIALS_DIRECTORY=$(mktemp -d -p ${folder}/..); export CREDENTIALS_DIRECTORY
        while :; do
          case $1 in
            --property=LoadCredential=*) file=\${1#*=*=}; cp "\${file#*:}" "$CREDENTIALS_DIRECTORY/\${file%%:*}" ;;
            --quiet | --pipe | --wait | --collect | --uid=extension-registry | --gid=extension-registry) ;;
            -*) exit 64 ;;
            *) exec "$@" ;;
          esac
          shift
        done`,
    });
    const [functionText = ''] = /^registry_indexer\(\) \{.*?^\}$/ms.exec(await blockOf('install.md', 'systemd-run'))!;
    const call = (...words: string[]) =>
      run('sh', ['-c', `${functionText.replace(CONFIGURED, folder)}\nregistry_indexer "$@"`, 'sh', ...words], {
        env: { PATH: `${bin}:${env['PATH']}` },
      });
    expect((await call('--quiet')).stderr).toBe('');
    expect((await call('explain', 'provider/aws', '--json')).stdout).toContain('"listed":true');
    expect((await call('fsck', '--json')).stdout).toContain('"damaged":[]');
    expect(await generationOf(site)).toBe(1);
  });
});

describe('README.md', () => {
  test('has an upgrade that fails no read behind nginx, though systemd does not wait until a proxy serves', async () => {
    const { gitea } = await startBackends();
    const { file, folder } = await writeConfig(gitea.url);
    await run(process.execPath, [INDEXER, '--config', file]);
    const ports = [await findFreePort(), await findFreePort()] as const;
    const argsOf = (port: number): string[] => ['--config', file, '--port', String(port)];
    const running = new Map<number, ChildProcess>();
    for (const port of ports) {
      running.set(port, (await startProgram(file, { args: ['--port', String(port)] })).child);
    }
    // Type=exec: the old one has ended, the new one has begun.
    const systemd = createServer((request, response) => {
      const port = Number(request.url!.split('%40').at(-1));
      const old = running.get(port)!;
      old.once('exit', () => {
        running.set(port, spawnProgram(argsOf(port)));
        response.end();
      });
      old.kill('SIGTERM');
    }).listen(0, '127.0.0.1');
    await once(systemd, 'listening');
    onTestFinished(() => void systemd.close());
    const at = `http://127.0.0.1:${(systemd.address() as AddressInfo).port}`;
    const bin = await programsIn({
      systemctl: `[ "$1" = restart ] && exec curl -fsS "${at}/$(echo "$2" | sed 's/@/%40/')"`,
      npm: '[ "$1" = install ]',
    });
    const own = await temporaryFolder();
    const proxies = [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[1]}`] as const;
    const server = await startNginx({ folder: own, site: join(folder, 'public'), proxies });
    onTestFinished(() => server.stop());
    const paths = ['/api/v1/extensions?limit=1', '/api/v1/extensions/search?q=amazon'];
    const download = { path: '/api/v1/extensions/provider/aws/1.0.0', body: AWS_1 };
    const reads = startReads(server.url, [...paths.map((path) => ({ path })), download]);
    await reads.more(50);
    const before = [...running.values()].map(({ pid }) => pid);

    const block = await blockOf('README.md', 'systemctl restart');
    const commands = block.replaceAll('8082', String(ports[0])).replaceAll('8083', String(ports[1]));
    await run('sh', ['-euc', commands], { env: { PATH: `${bin}:${env['PATH']}` } });

    const { failures } = await reads.stop();
    expect(failures).toEqual([]);
    expect([...running.values()].map(({ pid }) => pid).filter((each) => before.includes(each))).toEqual([]);
    await waitUntil('the new ones', async () => (await ask(`${server.url}/api/v1/health/ready`)).status === 200);
  });
});
