import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, chown, constants, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../proxy/http.ts';
import { AWS_1, startBackends } from '../proxy/world.ts';
import { findFreePort } from '../real/server-process.ts';
import { waitUntil } from '../real/wait-until.ts';
import { lintDockerfile } from '../tools/checkers.ts';
import { environmentOf, execFormOf, executeDockerfile, parseDockerfile, type Stage } from './dockerfile.ts';
import { DEPLOY } from './web-servers.ts';

const FILE = join(DEPLOY, 'docker', 'Dockerfile');
const ROOT = join(DEPLOY, '..');
const run = promisify(execFile);

/** Root plays the user of the image; whoever else runs the tests stays themselves. */
const ORDINARY = process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : {};

let stages: Stage[];
let final: Stage;
beforeAll(async () => {
  ({ stages } = parseDockerfile(await readFile(FILE, 'utf8')));
  final = stages.at(-1)!;
});

const textsOf = (stage: Stage, keyword: string): string[] =>
  stage.instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);

describe('the Dockerfile', () => {
  test('has nothing that hadolint objects to, in any of its degrees', async () => {
    expect(await lintDockerfile(FILE)).toBe('');
  });

  test('builds in one stage and runs in another, both of one base that a digest can be given to', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', undefined]);
    expect(new Set(stages.map(({ base }) => base))).toEqual(new Set(['node:26.10.0-trixie-slim']));
  });

  test('runs nothing in the last stage, and takes only what was installed', () => {
    expect(textsOf(final, 'RUN')).toEqual([]);
    expect(final.instructions.filter((each) => each.keyword === 'COPY').map(({ flags }) => flags['from'])).toEqual([
      'build',
      'build',
    ]);
  });

  test('runs as nobody, by exec form, with nothing in between that swallows signals', () => {
    expect(textsOf(final, 'USER')).toEqual(['65532:65532']);
    expect(textsOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(execFormOf(final, 'ENTRYPOINT')).toEqual([]);
    expect(execFormOf(final, 'CMD')[0]).toBe('extension-registry');
  });

  test('has the version of Node that everything is tested with', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(final.base).toContain(`node:${devDependencies['node']}-`);
  });
});

describe('its steps, done in a plain folder', () => {
  let folder: string;
  let root: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
    // Another user must reach what is in it.
    await chmod(folder, 0o755);
    root = await executeDockerfile(stages, ROOT, join(folder, 'image'));
    // What the base image brings.
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await copyFile(process.execPath, join(root, 'usr/local/bin/node'));
    await run('chmod', ['-R', 'a-w,a+rX', root]);
  });
  afterAll(async () => {
    await run('chmod', ['-R', 'u+w', root]);
    await rm(folder, { recursive: true, force: true });
  });

  /** What a container's process has: the variables of the image and nothing of ours. */
  const environment = (): Record<string, string> => {
    const { PATH = '', ...others } = environmentOf(final, root);
    return { ...others, PATH: `${join(root, 'usr/local/bin')}:${PATH}` };
  };

  async function startImage() {
    const { gitea } = await startBackends();
    const port = await findFreePort();
    const state = await mkdtemp(join(folder, 'state-'));
    const file = join(state, 'config.toml');
    await writeFile(
      file,
      `[server]\nport = ${port}\n[gitea]\nurl = "${gitea.url}"\norganization = "acme"\n` +
        `[site]\npath = "${join(state, 'site')}"\n[indexer]\ninterval_seconds = 60\n`,
    );
    if (ORDINARY.uid !== undefined) await chown(state, ORDINARY.uid, ORDINARY.gid);
    const [program = '', ...args] = execFormOf(final, 'CMD').map((each) =>
      each.replace('/etc/extension-registry/config.toml', file),
    );
    const options = { env: environment(), cwd: '/', ...ORDINARY };
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}`;
    const [health = '', ...words] = execFormOf(final, 'HEALTHCHECK').map((each) => each.replace('8082', String(port)));
    const isHealthy = (): Promise<boolean> =>
      run(health, words, options).then(
        () => true,
        () => false,
      );
    return { child, url, isHealthy };
  }

  test('are read-only for who runs them', async () => {
    const main = join(root, 'opt/extension-registry/lib/node_modules/extension-registry/dist/proxy/main.js');
    await access(main, constants.R_OK);
    const isWritable = run('test', ['-w', main], ORDINARY).then(
      () => true,
      () => false,
    );
    expect(await isWritable).toBe(false);
  });

  test('start as an ordinary user from a read-only tree: healthy, crawled, downloading, and ended by SIGTERM', async () => {
    const { child, url, isHealthy } = await startImage();
    await waitUntil('health', isHealthy);
    await waitUntil('a first crawl', async () => (await ask(`${url}/api/v1/health/ready`)).status === 200);
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).body.equals(AWS_1)).toBe(true);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await isHealthy()).toBe(false);
  });

  test('hold the other programs too, of the same version', async () => {
    for (const program of ['extension', 'extension-indexer']) {
      const { stdout } = await run(program, ['--version'], { env: environment(), ...ORDINARY });
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
    expect(env['PATH']).not.toContain(root);
  });
});
