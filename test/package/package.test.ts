import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram, writeConfig } from '../proxy/program.ts';
import { AWS_1_1, startBackends } from '../proxy/world.ts';

/*
 * What `npm pack` makes, installed into an empty folder: nothing of this checkout is there but the tests.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const DIGEST = `sha256:${createHash('sha256').update(AWS_1_1).digest('hex')}`;

let folder: string;
let packed: { filename: string; size: number; files: { path: string }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  // What `prepack` says comes before it.
  const told = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as (typeof packed)[] | Record<string, typeof packed>;
  packed = Object.values(told)[0]!;
  await writeFile(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const install = ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)];
  await run('npm', install, { cwd: folder });
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** One of the installed programs, as a shell finds it. */
function programOf(name: string): string {
  return join(folder, 'node_modules', '.bin', name);
}

async function extension(...args: string[]): Promise<string> {
  const home = { PATH: env['PATH'], HOME: folder, EXTENSION_REGISTRY_CACHE: join(folder, 'cache') };
  return (await run(process.execPath, [programOf('extension'), ...args], { cwd: folder, env: home })).stdout;
}

describe('the package', () => {
  test('has no script that npm would ask about or run where it is installed', async () => {
    const file = join(folder, 'node_modules/extension-registry/package.json');
    const { scripts } = JSON.parse(await readFile(file, 'utf8')) as { scripts: Record<string, string> };
    const asked = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(scripts).filter((each) => asked.includes(each))).toEqual([]);
  });

  test('holds programs that need no types stripped, and no package of others beside it', async () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', 'dist/cli/main.js', 'dist/public/assets/list-page.js']),
    );
    expect(paths.filter((each) => /(?<!\.d)\.ts$|^(?:cli|indexer|proxy|test)\//.test(each))).toEqual([]);
    expect(packed.size).toBeLessThan(1_500_000);
    const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/extension-registry']);
    const licences = await readFile(join(folder, 'node_modules/extension-registry/dist/THIRD-PARTY-LICENSES.txt'));
    for (const name of ['fastify', 'undici', 'semver', 'tar', 'yauzl', 'lru-cache', 'smol-toml', 'marked']) {
      expect(licences.toString()).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
  });

  test.each(['extension', 'extension-indexer', 'extension-registry'])(
    '%s tells its version and its help',
    async (name) => {
      const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      const told = await Promise.all(
        ['--version', '--help'].map((each) => run(process.execPath, [programOf(name), each])),
      );
      expect(told.map(({ stdout }) => stdout)).toEqual([`${version}\n`, expect.stringContaining(name)]);
    },
  );

  test.each(['extension', 'extension-indexer', 'extension-registry'])(
    '%s says which Node it needs on one that is too old',
    async (name) => {
      const older = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })";
      const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, programOf(name), '--help'];
      await expect(run(process.execPath, args)).rejects.toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /^extension-registry needs Node 22\.22\.2 or newer, and this is Node 20\.20\.2: /,
        ) as string,
      });
    },
  );

  test('publishes with extension-indexer what extension lists from the folder', async () => {
    const { gitea } = await startBackends();
    const { file, folder: site } = await writeConfig(gitea.url);
    const { stdout } = await run(process.execPath, [programOf('extension-indexer'), '--config', file]);
    expect(stdout).toContain('generation 1');
    const list = await extension('list', '--site', join(site, 'public', 'api', 'v1'));
    expect(list).toMatch(/^provider\/aws +1\.1\.0\+build\.5 +Amazon Web Services$/m);
  });

  test.each([1, 2])(
    'serves with %i workers of extension-registry, which runs the indexer, and downloads verified',
    async (workers) => {
      const { gitea } = await startBackends();
      const { file } = await writeConfig(gitea.url, { workers, more: '[indexer]\ninterval_seconds = 3600\n' });
      const { child, log, url } = await startProgram(file, {
        program: programOf('extension-registry'),
        listening: workers,
      });
      await log.until(({ event }) => event === 'indexer_done');
      expect(await (await fetch(url)).text()).toContain('<!doctype html>');
      const target = join(folder, `aws-${workers}.tar.gz`);
      const downloaded = await extension('download', 'provider/aws', '--site', `${url}/api/v1`, '-o', target, '--json');
      expect(JSON.parse(downloaded)).toMatchObject({ extension: 'provider/aws', digest: DIGEST });
      expect((await readFile(target)).equals(AWS_1_1)).toBe(true);
      await rm(join(folder, 'cache'), { recursive: true });
      const ended = new Promise((resolve) => void child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
  );
});

describe('the library', () => {
  test('is a loader of 20 lines, whose types a strict consumer accepts', async () => {
    const page = await readFile(join(ROOT, '.github', 'CLIENT.md'), 'utf8');
    const [, loader = ''] = /```ts\n(import .*?)```/s.exec(page) ?? [];
    expect(loader.trim().split('\n').length).toBeLessThanOrEqual(20);
    await writeFile(join(folder, 'loader.ts'), loader);
    const options = { module: 'nodenext', target: 'es2024', strict: true, types: ['node'], skipLibCheck: false };
    const config = {
      compilerOptions: { ...options, typeRoots: [join(ROOT, 'node_modules/@types')], outDir: 'out' },
      files: ['loader.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: folder });

    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url);
    await run(process.execPath, [programOf('extension-indexer'), '--config', file]);
    const { url } = await startProgram(file, { program: programOf('extension-registry') });
    await mkdir(join(folder, 'loaded'));
    const args = [join(folder, 'out', 'loader.js'), `${url}/api/v1`, join(folder, 'loaded'), 'aws@^1.0'];
    const { stdout } = await run(process.execPath, args, { cwd: folder });
    expect(stdout).toBe(`provider/aws 1.1.0+build.5 ${DIGEST}\n`);
    const loaded = await readFile(join(folder, 'loaded/provider/aws/aws_prov.tar.gz'));
    expect(loaded.equals(AWS_1_1)).toBe(true);
  });
});
