import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../fakes/forward-proxy.ts';
import { AWS_1_1, digestOf, REDIS, sharedWorld } from '../../proxy/world.ts';
import { openWorkplace } from './install-world.ts';

const shared = sharedWorld();
const MAIN = join(import.meta.dirname, '../../../cli/main.ts');

async function openPlace(more: NodeJS.ProcessEnv = {}) {
  return openWorkplace({ url: `${shared().url}/api/v1` }, more);
}

describe('extension cache', () => {
  test('lists what was downloaded and cleans what was not used for long, then all', async () => {
    const place = await openPlace();
    expect((await place.run('cache', 'list')).stdout).toBe(`${place.cache} holds no assets.\n`);
    await place.run('download', 'aws');
    await place.run('download', 'redis');
    const listed = await place.json<{ digest: string }[]>('cache', 'list');
    expect(listed).toHaveLength(2);
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ digest: digestOf(AWS_1_1), size: AWS_1_1.length }),
        expect.objectContaining({ digest: digestOf(REDIS), used_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) }),
      ]),
    );
    expect((await place.run('cache')).stdout).toMatch(
      /^ASSET +SIZE {2}USED +DIGEST\n(?:\S+ +\d\S+ \S+ {2}.* sha256:[0-9a-f]{64}\n){2}$/,
    );
    expect(await place.json('cache', 'clean', '--older-than', '1d')).toMatchObject({ files: 0 });
    expect((await place.run('cache', 'clean')).stdout).toBe('Removed 2 assets, 9.8 KiB.\n');
    expect(await place.json('cache', 'list')).toEqual([]);
  });
});

describe('extension info', () => {
  test('tells the site, the proxy, the cache and the folders, for people and as JSON', async () => {
    const world = shared();
    const place = await openPlace();
    const { stdout } = await place.run('info', '--root', 'elsewhere');
    for (const line of [
      `site          ${world.url}/api/v1/`,
      `proxy         ${world.url}/`,
      'credential    none',
      'extensions    5 (1 cluster, 2 provider, 2 taskserv), 8 versions',
      `cache         ${place.cache}: 0 assets, 0 B`,
      `install root  ${join(place.folder, 'elsewhere')}`,
      `project       ${place.folder}`,
    ]) {
      expect(stdout.split('\n')).toContain(line);
    }
    expect(await place.json('info')).toMatchObject({
      site: `${world.url}/api/v1/`,
      proxy: `${world.url}/`,
      offline: false,
      generation: 1,
      created: '2026-06-01T12:00:00Z',
      counts: { extensions: 5, versions: 8, by_type: { provider: 2 } },
      failures: [],
      cache: { folder: place.cache, files: 0, bytes: 0 },
      root: place.root,
      project: place.folder,
    });
  });
});

describe('extension doctor', () => {
  test('finds nothing wrong where nothing is, but how old the site is', async () => {
    const place = await openPlace();
    const { code, stdout } = await place.run('doctor');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ +|:/).slice(0, 2).join(' '))).toEqual(
      expect.arrayContaining(['ok site', 'warning age', 'ok proxy', 'ok cache', 'ok lock', 'ok installed']),
    );
  });

  test('names what is wrong, what else it saw, and what to do', async () => {
    const place = await openPlace({ EXTENSION_REGISTRY_PROXY: 'http://127.0.0.1:1' });
    const file = join(place.folder, 'file');
    await writeFile(file, '');
    await writeFile(join(place.folder, 'extensions.lock'), 'not = [ TOML');
    const { code, stdout } = await place.run('doctor', '--json', '--root', join(file, 'root'));
    expect(code).toBe(1);
    const findings = JSON.parse(stdout) as { what: string; verdict: string; detail: string }[];
    expect(findings.filter(({ verdict }) => verdict === 'fault').map(({ what }) => what)).toEqual(
      expect.arrayContaining(['proxy', 'install root', 'lock file']),
    );
    expect(findings.find(({ what }) => what === 'site')?.verdict).toBe('ok');
  });
});

describe('extension behind a forward proxy', () => {
  type Findings = { what: string; verdict: string; detail: string }[];

  async function openBehind(password = '') {
    const world = shared();
    const forward = await startForwardProxy({ routes: { 'registry.example.test:80': new URL(world.url).host } });
    onTestFinished(() => forward.close());
    const site = 'http://registry.example.test';
    const place = await openPlace({
      EXTENSION_REGISTRY_URL: `${site}/api/v1`,
      EXTENSION_REGISTRY_PROXY: site,
      HTTP_PROXY: `http://${password}${forward.host}`,
    });
    return { forward, place, site };
  }

  test('asks the site and the proxy through it, which doctor names', async () => {
    const { forward, place, site } = await openBehind('me:secret@');
    const findings = await place.json<Findings>('doctor');
    expect(findings.find(({ what }) => what === 'forward proxy')).toEqual({
      what: 'forward proxy',
      verdict: 'ok',
      detail: `${site} is asked through http://${forward.host}`,
    });
    expect(findings.find(({ what }) => what === 'proxy')).toMatchObject({ verdict: 'ok', detail: `${site}/ answers` });
    expect(forward.requests.map(({ line }) => line)).toContain(`GET ${site}/api/v1/health/live`);
    expect(JSON.stringify(findings)).not.toContain('secret');
    expect((await place.run('download', 'aws')).code).toBe(0);
  });

  test('is told by doctor what is asked directly all the same, and nothing where none is named', async () => {
    const { forward, place } = await openBehind();
    const near = ['doctor', '--site', `${shared().url}/api/v1`, '--proxy', shared().url];
    const forwardOf = async () => (await place.json<Findings>(...near)).filter(({ what }) => what === 'forward proxy');
    expect(await forwardOf()).toMatchObject([
      { verdict: 'ok', detail: expect.stringContaining(`${shared().url} is asked directly`) as string },
    ]);
    expect(forward.requests).toEqual([]);
    place.env = { ...place.env, HTTP_PROXY: '' };
    expect(await forwardOf()).toEqual([]);
  });
});

describe('the completions of bash', () => {
  test('know commands, flags, values and the extensions that were seen', async () => {
    const place = await openPlace();
    await place.run('list');
    await place.run('info');
    const bin = join(place.folder, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'extension'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await chmod(join(bin, 'extension'), 0o755);
    const cases = ['sho', 'show provider/', 'list --ty', 'list --type ', 'list --source g', 'cache ', 'show nothing'];
    const script = `source <(extension completion bash)
      for line in "$@"; do
        read -r -a words <<< "$line"; [[ $line == *' ' ]] && words+=('')
        COMP_WORDS=(extension "\${words[@]}"); COMP_CWORD=\${#words[@]}; _extension; echo "\${COMPREPLY[*]}"
      done`;
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', ...cases], {
      cwd: place.folder,
      env: { ...place.env, PATH: `${bin}:${place.env['PATH']}` },
    });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'show',
      'provider/aws provider/both',
      '--type',
      'cluster provider taskserv',
      'gitea',
      'list clean',
    ]);
  });

  test.each(['zsh', 'fish'])('are there for %s too', async (shell) => {
    const { code, stdout } = await (await openPlace()).run('completion', shell);
    expect(code).toBe(0);
    expect(stdout).toContain('extension complete --');
    expect(await (await openPlace()).json('completion', shell)).toEqual({ shell, script: stdout });
  });
});
