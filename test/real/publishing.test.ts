import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildReport } from '../../indexer/build-site.ts';
import type { Config } from '../../indexer/config/config.ts';
import { loadConfig } from '../../indexer/config/load.ts';
import { parsePolicy } from '../../indexer/config/policy.ts';
import { explainSubject } from '../../indexer/explain-command.ts';
import type { ExtensionDocument } from '../../indexer/model/documents.ts';
import { runIndexer, v1Of } from '../builders.ts';
import { validateSite } from '../schema/validate-site.ts';
import { startDistribution, type RealDistribution } from './distribution.ts';
import { startGitea, type RealGitea } from './gitea.ts';
import { readVersions } from './product-world.ts';
import { runProgram } from './run-program.ts';
import { provideTools } from './tools.ts';

// Every command of deploy/publishing.md, as it stands there, against a real Gitea and a real registry.

const PAGE = await readFile(new URL('../../deploy/publishing.md', import.meta.url), 'utf8');
const INDEXER = join(import.meta.dirname, '..', '..', 'indexer', 'main.ts');
/** Programs that the page uses, beside oras, which is built by the tests. */
const NEEDED = ['curl', 'git', 'bash', 'tar', 'sha256sum', 'base64', 'grep'];

/** The fenced blocks of a language, in their order. */
function blocksOf(language: string): string[] {
  return [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, code = '']) => (of === language ? [code] : []));
}

let gitea: RealGitea;
let distribution: RealDistribution;
let folder: string;
let config: Config;
let output: string;
let report: BuildReport;

beforeAll(async () => {
  await requirePrograms(NEEDED, process.env);
  [gitea, distribution] = await Promise.all([startGitea(), startDistribution({ auth: 'htpasswd' })]);
  await gitea.seed.createOrganization('extensions');
  folder = await mkdtemp(join(tmpdir(), 'publishing-'));
  config = await writeConfig();
  output = await runPage();
  report = await runIndexer(config);
});

afterAll(async () => {
  await Promise.all([gitea?.remove(), distribution?.remove()]);
  await rm(folder, { recursive: true, force: true });
});

async function requirePrograms(programs: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (const program of programs) {
    await runProgram(program, ['--version'], { env }).catch((cause: Error) => {
      const message = `The commands of deploy/publishing.md need ${program} on the PATH: install it, and run this again.`;
      throw new Error(message, { cause });
    });
  }
}

async function writeConfig(): Promise<Config> {
  await writeFile(join(folder, 'gitea.token'), gitea.bot.token, { mode: 0o600 });
  await writeFile(join(folder, 'registry.password'), distribution.reader.password, { mode: 0o600 });
  const file = join(folder, 'registry.toml');
  await writeFile(
    file,
    `[gitea]\nurl = "${gitea.url}"\norganization = "extensions"\ntoken_path = "gitea.token"\n` +
      `[oci]\nregistry = "${distribution.registry}"\nnamespace = "extensions"\n` +
      `username = "${distribution.reader.username}"\nauth_token_path = "registry.password"\n` +
      '[site]\npath = "site"\n',
  );
  return (await loadConfig(file)).config;
}

/** One shell runs the whole page, and stops at the first command that fails. */
async function runPage(): Promise<string> {
  const { oras } = await provideTools();
  const programs = join(folder, 'bin');
  await runProgram('mkdir', ['-p', programs]);
  for (const [name, line] of [
    ['oras', `exec '${oras}' "$@"`],
    ['extension-indexer', `exec '${process.execPath}' '${INDEXER}' "$@"`],
  ] as const) {
    await writeFile(join(programs, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(programs, name), 0o755);
  }
  const env = {
    PATH: programs + delimiter + (process.env['PATH'] ?? ''),
    // Nothing of the user's own configurations and credentials.
    HOME: folder,
    DOCKER_CONFIG: join(folder, 'docker'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GITEA: gitea.url,
    TOKEN: gitea.admin.token,
    REGISTRY: distribution.registry,
    REGISTRY_USER: distribution.pusher.username,
    REGISTRY_PASSWORD: distribution.pusher.password,
  };
  const script = ['set -euo pipefail', 'set -v', ...blocksOf('sh')].join('\n');
  const shell = spawn('bash', ['-s'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  shell.stdin.end(script);
  const ended = once(shell, 'exit') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(shell.stdout), text(shell.stderr), ended]);
  if (code === 0) return out;
  throw new Error(
    `A command of deploy/publishing.md failed (exit ${code}). The end of it:\n${err.slice(-2_000)}\n${out.slice(-1_000)}`,
  );
}

describe('deploy/publishing.md', () => {
  test('says so where a program that its commands need is missing', async () => {
    await expect(requirePrograms(['curl'], { PATH: folder })).rejects.toThrow('need curl on the PATH: install it');
  });

  test('has a command in every section', () => {
    expect(blocksOf('sh').length).toBeGreaterThan(7);
    expect(PAGE.match(/^```/gm)).toHaveLength(2 * (blocksOf('sh').length + blocksOf('toml').length));
  });

  test('leads to a site with every extension of the page, and without a problem', async () => {
    expect(report.outcomes.map(({ name, failure }) => [name, failure?.message])).toEqual([
      ['gitea', undefined],
      ['oci', undefined],
    ]);
    expect(report.problems).toEqual([]);
    expect((await validateSite(v1Of(config))).faults).toEqual([]);
    const versionsOf = async (id: string) =>
      (await readVersions(config, id)).map(({ version, sources, assets }) => [
        version,
        sources.join(),
        assets.map((each) => each.name + (each.primary ? '*' : '')).join(),
      ]);
    const files = 'hello_taskserv.tar.gz*,hello_taskserv.tar.gz.sha256';
    expect(await versionsOf('taskserv/hello')).toEqual([
      ['2.0.0-rc.1', 'gitea', files],
      ['1.1.0+build.5', 'gitea', files],
      ['1.0.0', 'gitea,oci', files],
    ]);
    expect(await versionsOf('cluster/greeter')).toEqual([
      ['1.1.0', 'oci', 'greeter-1.1.0.tar.gz*,greeter-linux-amd64.tar.gz,greeter-linux-arm64.tar.gz'],
      ['1.0.0+build.5', 'oci', 'greeter.tar.gz*'],
      ['1.0.0', 'oci', 'greeter.tar.gz*'],
    ]);
  });

  test('makes the descriptions, authors and keywords that it says it does', async () => {
    const read = async (id: string) =>
      JSON.parse(await readFile(join(v1Of(config), `extensions/${id}/index.json`), 'utf8')) as ExtensionDocument;
    expect(await read('taskserv/hello')).toMatchObject({
      version: '1.1.0+build.5',
      description: 'Says hello',
      author: gitea.admin.username,
      tags: ['example', 'greeting'],
      latest_prerelease: '2.0.0-rc.1',
    });
    expect(await read('cluster/greeter')).toMatchObject({
      version: '1.1.0',
      title: 'Greeter',
      description: 'A cluster that says hello',
      author: 'Platform team',
      license: 'Apache-2.0',
      repository: 'https://git.example.org/platform/greeter',
      assets: [
        { name: 'greeter-1.1.0.tar.gz', primary: true },
        { platform: 'linux/amd64' },
        { platform: 'linux/arm64' },
      ],
    });
  });

  test('explains as listed what it asks about, and every extension of the page', async () => {
    expect(output).toContain('taskserv/hello is listed by a crawl of now.');
    expect(output).toContain('greeter-cluster@1.1.0 (cluster/greeter) is listed by a crawl of now.');
    for (const subject of ['taskserv/hello', 'cluster/greeter', 'hello_taskserv@1.0.0', 'greeter-cluster']) {
      for (const live of [true, false]) {
        const dependencies = { now: Date.now, random: Math.random };
        const { listed, sources, together } = await explainSubject(subject, { config, live }, dependencies);
        const failed = [...sources.flatMap((each) => each.steps), ...together].filter(
          (each) => each.verdict === 'failed',
        );
        expect({ subject, live, listed, failed }).toEqual({ subject, live, listed: true, failed: [] });
      }
    }
  });

  test('has a policy that is about its versions', async () => {
    const { rules, faults } = parsePolicy(blocksOf('toml').join('\n'));
    expect(faults).toEqual([]);
    const withPolicy = await runIndexer({ ...config, policy: rules });
    expect(withPolicy.problems).toEqual([]);
    const marked = async (id: string) =>
      (await readVersions(config, id)).map((each) => [
        each.version,
        each.yanked !== undefined,
        each.deprecated?.message,
      ]);
    expect(await marked('taskserv/hello')).toContainEqual(['1.0.0', true, undefined]);
    expect(await marked('cluster/greeter')).toContainEqual(['1.0.0', false, expect.stringContaining('arm64')]);
  });
});
