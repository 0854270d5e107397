import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { PROGRAM, startProgram } from '../proxy/program.ts';
import { AWS_1, startBackends } from '../proxy/world.ts';
import { provideDebian } from '../tools/debian.ts';
import { UNITS as FOLDER, valuesOf } from './units.ts';
import { DEPLOY } from './web-servers.ts';

const run = promisify(execFile);
const INDEXER = join(DEPLOY, '..', 'indexer', 'main.ts');
/** An instance of the template, as systemd makes it. */
const SERVICES = ['extension-registry@8082.service', 'extension-registry-indexer.service'];

let analyze: string;
beforeAll(async () => {
  const { paths } = await provideDebian({ packages: ['systemd'], programs: ['systemd-analyze'] });
  analyze = paths['systemd-analyze']!;
});

/** The units in a folder, with a program that is there on every machine. */
async function installUnits(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of await readdir(FOLDER)) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    await writeFile(join(folder, name), text.replaceAll(/\/usr\/local\/bin\/extension-\w+/g, '/bin/true'));
  }
  await copyFile(join(folder, 'extension-registry@.service'), join(folder, SERVICES[0]!));
  return folder;
}

describe('the units of systemd', () => {
  test('are verified without a word', async () => {
    const folder = await installUnits();
    const units = [...SERVICES, 'extension-registry-indexer.timer'].map((each) => join(folder, each));
    expect(await run(analyze, ['verify', '--man=no', ...units])).toEqual({ stdout: '', stderr: '' });
  });

  test.each(SERVICES)('%s is exposed by 2.0 of 10 at most', async (name) => {
    const folder = await installUnits();
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', join(folder, name)];
    const { stdout } = await run(analyze, args);
    const [, exposure] = /Overall exposure level for \S+: (\d+\.\d+)/.exec(stdout)!;
    expect(Number(exposure)).toBeLessThanOrEqual(2);
    expect(Number(exposure)).toBeGreaterThan(0);
  });

  test.each(['extension-registry@.service', 'extension-registry-indexer.service'])(
    '%s hands over the configuration and every token as credentials, and no environment',
    async (name) => {
      const credentials = (await valuesOf(name, 'LoadCredential')).map((each) => each.split(':')[0]);
      expect(credentials).toEqual(['config.toml', 'gitea.token', 'registry.token']);
      const example = await readFile(join(DEPLOY, 'registry.example.toml'), 'utf8');
      const named = [...example.matchAll(/^(?:auth_)?token_path = "(.*)"$/gm)].map(([, path]) => path);
      expect(credentials).toEqual(expect.arrayContaining(named));
      expect(await valuesOf(name, 'Environment')).toEqual([]);
      expect(await valuesOf(name, 'ExecStart')).toEqual([expect.stringContaining('--config %d/config.toml')]);
    },
  );

  test('start programs that find their tokens beside the configuration, with the words of ExecStart', async () => {
    const { gitea, oci } = await startBackends();
    gitea.addToken({ token: 'a-token', scopes: ['read:organization', 'read:repository'] });
    const [credentials, state] = [await temporaryFolder(), await temporaryFolder()];
    for (const token of ['gitea.token', 'registry.token']) {
      await writeFile(join(credentials, token), 'a-token\n', { mode: 0o400 });
    }
    await mkdir(join(state, 'site'));
    await writeFile(
      join(credentials, 'config.toml'),
      `[gitea]\nurl = "${gitea.url}"\norganization = "acme"\ntoken_path = "gitea.token"\n` +
        `[oci]\nregistry = "${oci.url}"\nnamespace = "acme"\nauth_token_path = "registry.token"\n` +
        `[site]\npath = "${join(state, 'site')}"\n`,
    );
    const wordsOf = async (unit: string): Promise<string[]> => {
      const [line = ''] = await valuesOf(unit, 'ExecStart');
      return line.replaceAll('%d', credentials).replaceAll('%i', '0').split(' ').slice(1);
    };
    const crawl = await run(process.execPath, [INDEXER, ...(await wordsOf('extension-registry-indexer.service'))]);
    expect(crawl.stdout).toContain('generation 1');
    expect(crawl.stderr).not.toContain('warning');
    const [, file = '', ...args] = await wordsOf('extension-registry@.service');
    const { url } = await startProgram(file, { program: PROGRAM, args });
    expect((await ask(`${url}/api/v1/extensions/provider/aws/1.0.0`)).body.equals(AWS_1)).toBe(true);
  });

  test('let a run take what the product itself gives it, and downloads end before the kill', async () => {
    const [start] = await valuesOf('extension-registry-indexer.service', 'TimeoutStartSec');
    expect(Number(start)).toBe(2 * 1_800);
    const [stop] = await valuesOf('extension-registry@.service', 'TimeoutStopSec');
    const [line = ''] = await valuesOf('extension-registry@.service', 'ExecStart');
    const [, grace] = /--grace-seconds (\d+)/.exec(line)!;
    // Workers are given 2 s beyond the grace period.
    expect(Number(stop)).toBeGreaterThan(Number(grace) + 2);
  });
});
