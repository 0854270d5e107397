import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startBackends } from '../proxy/world.ts';
import { DEPLOY } from './web-servers.ts';
import { readYaml } from './yaml.ts';

const run = promisify(execFile);
const ROOT = join(DEPLOY, '..');
const FOLDER = join(ROOT, '.github', 'workflows');

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  'runs-on': string;
  steps: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency: { 'cancel-in-progress': boolean };
  jobs: Record<string, Job>;
}

const NAMES = ['ci.yml', 'index.yml'];
const workflows = new Map<string, Workflow>();
beforeAll(async () => {
  for (const name of NAMES) workflows.set(name, await readYaml<Workflow>(join(FOLDER, name)));
});

const jobsOf = (name: string): Job[] => Object.values(workflows.get(name)!.jobs);
const stepsOf = (name: string): Step[] => jobsOf(name).flatMap(({ steps }) => steps);

test('the workflows are those that are looked at here', async () => {
  expect((await readdir(FOLDER)).sort()).toEqual(NAMES);
});

describe.each(NAMES)('%s', (name) => {
  test('pins each action to a commit, and says which version that is', async () => {
    const text = await readFile(join(FOLDER, name), 'utf8');
    const used = [...text.matchAll(/\buses: (.*)$/gm)].map(([, each]) => each);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((each) => !/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(each!))).toEqual([]);
    expect(stepsOf(name).filter(({ uses }) => uses !== undefined)).toHaveLength(used.length);
  });

  test('may read the repository and, to publish pages, what that needs, and nothing else', () => {
    const { permissions, on } = workflows.get(name)!;
    expect([{}, { contents: 'read' }]).toContainEqual(permissions);
    for (const [job, { permissions: own = {} }] of Object.entries(workflows.get(name)!.jobs)) {
      const allowed = job === 'pages' ? { pages: 'write', 'id-token': 'write' } : { contents: 'read' };
      expect(allowed).toMatchObject(own);
    }
    // It would run a stranger's code with our permissions.
    expect(Object.keys(on)).not.toContain('pull_request_target');
  });

  test('leaves no credentials in a checkout, and puts nothing of others into a script', () => {
    for (const { uses = '', with: options = {} } of stepsOf(name)) {
      if (uses.startsWith('actions/checkout@')) expect(options['persist-credentials']).toBe(false);
    }
    // A value that is written into a script is a part of it: they come by the environment.
    expect(stepsOf(name).filter((each) => each.run?.includes('${{'))).toEqual([]);
  });

  test('has an end for each job, on a machine that is named', () => {
    for (const job of jobsOf(name)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job['runs-on']).toBe('ubuntu-24.04');
    }
  });
});

describe('ci.yml', () => {
  test('runs what everybody runs, and a newer push ends it', () => {
    expect(stepsOf('ci.yml').flatMap((each) => each.run ?? [])).toEqual(['.ci/run']);
    expect(workflows.get('ci.yml')!.concurrency['cancel-in-progress']).toBe(true);
  });
});

describe('index.yml', () => {
  test('runs on a schedule, by hand, and for others; what publishes is not cancelled', () => {
    const { on, concurrency } = workflows.get('index.yml')!;
    expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch', 'workflow_call']);
    expect(concurrency['cancel-in-progress']).toBe(false);
  });

  test('shows tokens to the one step that writes them to files', () => {
    const shown = stepsOf('index.yml').filter((each) => JSON.stringify(each).includes('secrets.'));
    expect(shown.map((each) => each.name)).toEqual(['Tokens']);
  });

  /** What the expressions of its steps are worth in a run. */
  interface Values {
    firstRun: boolean;
    giteaToken?: string;
    publish?: string;
  }

  /** Does the steps of the crawl that are scripts, but for the installing, in a workspace with this configuration. */
  async function runSteps(config: string, { firstRun, giteaToken = '', publish = '' }: Values) {
    const workspace = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
    onTestFinished(() => rm(workspace, { recursive: true, force: true }));
    await writeFile(join(workspace, 'registry.toml'), config);
    await symlink(ROOT, join(workspace, 'program'));
    const values: Record<string, string> = {
      "inputs.config || vars.REGISTRY_CONFIG || 'registry.toml'": 'registry.toml',
      'secrets.REGISTRY_GITEA_TOKEN': giteaToken,
      'secrets.REGISTRY_OCI_TOKEN': '',
      'inputs.first_run': String(firstRun),
      'inputs.publish': publish,
    };
    const valueOf = (text: string): string =>
      text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
        expect(Object.keys(values)).toContain(expression);
        return values[expression]!;
      });
    let output = '';
    for (const { name, run: script, if: condition, env: own = {} } of workflows.get('index.yml')!.jobs['crawl']!
      .steps) {
      if (script === undefined || name === 'Install' || (condition !== undefined && publish === '')) continue;
      const variables = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, valueOf(value)]));
      // As the runner starts it: https://docs.github.com/actions, "shell: bash" unspecified.
      const { stdout } = await run('bash', ['-e', '-c', script], { cwd: workspace, env: { ...env, ...variables } });
      output += stdout;
    }
    return { workspace, site: join(workspace, 'site'), output };
  }

  const isThere = (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );

  test('makes a whole site of nothing, and the next one of the published one', async () => {
    const { gitea } = await startBackends();
    gitea.addToken({ token: 'a-token' });
    const config = (previous: string): string =>
      `[gitea]\nurl = "${gitea.url}"\norganization = "acme"\ntoken_path = "gitea.token"\n` +
      `[site]\npath = "site"\n[indexer]\nprevious = ${JSON.stringify(previous)}\n`;
    const first = await runSteps(config('nothing-there'), { firstRun: true, giteaToken: 'a-token' });
    for (const file of ['index.html', '404.html', 'api/v1/index.json', 'api/v1/extensions/provider/aws/index.json']) {
      expect({ file, isThere: await isThere(join(first.site, file)) }).toEqual({ file, isThere: true });
    }
    const all = await readdir(first.site, { recursive: true });
    expect(all.filter((each) => /(?:^|\/)\./.test(each))).toEqual([]);
    expect((await stat(join(first.workspace, 'gitea.token'))).mode & 0o777).toBe(0o600);

    gitea.forget();
    const second = await runSteps(config(join(first.site, 'api/v1')), { firstRun: false, giteaToken: 'a-token' });
    expect(second.output).toContain('generation 1');
    // What was read once is not read again, also not from another machine.
    expect(gitea.requests.filter((each) => each.path.includes('/attachments/'))).toEqual([]);
    const pointer = 'api/v1/manifest/index.json';
    expect(await readFile(join(second.site, pointer), 'utf8')).toBe(await readFile(join(first.site, pointer), 'utf8'));
  });

  test('publishes by a command of its own, also when a source is carried forward', async () => {
    const { gitea, oci } = await startBackends();
    const config = `[gitea]\nurl = "${gitea.url}"\norganization = "acme"\n[oci]\nregistry = "${oci.url}"\nnamespace = "acme"\n[site]\npath = "site"\n`;
    oci.misbehave({ match: /./, fault: { kind: 'status', status: 500 } });
    const { workspace, output } = await runSteps(config, { firstRun: true, publish: 'cp -R site published' });
    expect(output).toContain('::warning::a source failed and is carried forward');
    expect(await isThere(join(workspace, 'published/api/v1/index.json'))).toBe(true);
  });
});
