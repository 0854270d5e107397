import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { bytesOf } from './crawl/site-folder.ts';
import { expectValidSite, smallWorld, startWorld } from './crawl/world.ts';
import { configFile, run, start } from './indexer-process.ts';

describe.concurrent('the command line of extension-indexer', () => {
  test('explains itself', async () => {
    const [help, short, version] = await Promise.all([run('--help'), run('-h'), run('--version')]);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const each of ['--config FILE', '--json', '--quiet', '--first-run', '--fail-on', 'check', 'Exit codes']) {
      expect(help.stdout).toContain(each);
    }
    expect(short).toEqual(help);
    expect(version).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test.each([
    ['no configuration', [], /--config FILE/],
    ['an unknown option', ['--config', 'x', '--frobnicate'], /frobnicate.*See --help/],
    ['an unknown command', ['--config', 'x', 'publish'], /no command publish/],
    ['an unknown format', ['--config', 'x', '--log', 'xml'], /--log: "xml" is no format/],
    ['an unknown problem', ['--config', 'x', '--fail-on', 'mutated,mutant'], /"mutant" is no problem.*use mutated, /],
    ['an empty problem', ['--config', 'x', '--fail-on='], /"" is no problem/],
    ['too many words', ['--config', 'x', 'check', 'this'], /no command check this/],
    ['a configuration that is not there', ['--config', '/nowhere/registry.toml'], /no such configuration file/],
  ])('refuses %s with one message and exit code 2', async (_what, argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('extension-indexer', () => {
  test('tells every fault of a configuration at once, with exit code 2', async () => {
    const world = await startWorld();
    const file = await configFile(world, 'digests = "some"\nconcurrancy = 3');
    const { code, stderr } = await run('--config', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/digests/);
    expect(stderr).toMatch(/concurrancy.*concurrency/);
  });

  test('publishes all the same when nobody reads its report any more', async () => {
    const world = await smallWorld();
    const { child, ended } = start('--config', await configFile(world));
    ended.catch(() => undefined);
    const exited = once(child, 'exit');
    child.stdout?.destroy();
    expect(await exited).toEqual([0, null]);
    await expectValidSite(world.config);
  });

  test('crawls and publishes, tells so in words, and tells an unchanged world as such', async () => {
    const world = await smallWorld();
    const file = await configFile(world);
    const first = await run('--config', file);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^Published generation 1: 3 extensions, 4 versions \(\d+ documents written, 0 removed, /,
    );
    expect(first.stdout).toMatch(/^ {2}gitea: 3 releases \(\d+ requests, 4 assets read, \d+ B, /m);
    expect(first.stdout).toMatch(/^1 problem .*\n {2}no_asset {2}gitea: provider\/aws@1\.2\.0\n {4}.*Attach/m);
    expect(first.stderr).toMatch(/^gitea: \d\/2 repositories, \d releases/m);
    expect(first.stderr).not.toContain('\u001B');
    await expectValidSite(world.config);
    const second = await run('--config', file);
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^Unchanged: generation 1 with 3 extensions, 4 versions stays/);
  });

  test('ends its log with one line that sums up the run, with --log json', async () => {
    const world = await smallWorld();
    const file = await configFile(world);
    const summary = ({ stderr }: { stderr: string }): Record<string, unknown> => {
      const lines = stderr.trimEnd().split('\n');
      return lines.map((each) => JSON.parse(each) as Record<string, unknown>).at(-1)!;
    };
    const { time: _time, duration_ms: _duration, ...first } = summary(await run('--config', file, '--log', 'json'));
    expect(first).toEqual({
      level: 30,
      event: 'run',
      exit_code: 0,
      outcome: 'published',
      generation: 1,
      changed: true,
      counts: { extensions: 3, versions: 4, by_type: { cluster: 1, provider: 1, taskserv: 1 } },
      documents_written: expect.any(Number) as number,
      documents_removed: 0,
      sources: { total: 2, failed: [] },
      problems: { total: 1, by_code: { no_asset: 1 } },
      msg: 'run published',
    });
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 401 } });
    const second = await run('--config', file, '--log', 'json', '--quiet', '--json');
    expect(second.code).toBe(3);
    expect(summary(second)).toMatchObject({
      level: 40,
      exit_code: 3,
      outcome: 'unchanged',
      changed: false,
      sources: { total: 2, failed: ['gitea'] },
    });
    expect(JSON.parse(second.stdout)).toMatchObject({ outcome: 'unchanged' });
    const refused = await run('--config', join(file, 'nowhere'), '--log', 'json');
    expect(refused.code).toBe(2);
    expect(summary(refused)).toMatchObject({ level: 50, exit_code: 2, outcome: 'failed', error: { code: 'config' } });
  });

  test('prints its report as one JSON object with --json', async () => {
    const world = await smallWorld();
    const { code, stdout } = await run('--config', await configFile(world), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'published',
      generation: 1,
      counts: { extensions: 3, versions: 4 },
      documents_removed: 0,
      sources: [
        { name: 'gitea', kind: 'gitea', ok: true, releases: 3, assets_read: 4, retries: 0 },
        { name: 'oci', kind: 'oci', ok: true, releases: 2, assets_read: 0 },
      ],
      problems: { total: 1, by_code: { no_asset: 1 }, all: [{ subject: 'provider/aws@1.2.0' }] },
    });
    expect(stdout.trimEnd()).not.toContain('\n');
  });

  test('says nothing with --quiet', async () => {
    const world = await smallWorld();
    expect(await run('--config', await configFile(world), '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    await expectValidSite(world.config);
  });

  test('exits with 3 where a source is carried forward, and says which and why', async () => {
    const world = await smallWorld();
    const file = await configFile(world);
    await world.run();
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 401 } });
    const { code, stdout } = await run('--config', file);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ {2}gitea: FAILED, 3 releases carried forward .*\n {4}.*token is valid/m);
    await expectValidSite(world.config);
  });

  test('exits with 5 after publishing where there is a problem that --fail-on names', async () => {
    const world = await smallWorld();
    const { code, stdout } = await run(
      '--config',
      await configFile(world),
      '--fail-on',
      'mutated',
      '--fail-on=no_asset',
    );
    expect(code).toBe(5);
    expect(stdout).toMatch(/^Published generation 1: /);
    await expectValidSite(world.config);
  });

  test('exits with 1 where every source fails, and leaves no site', async () => {
    const world = await smallWorld();
    for (const source of [world.gitea, world.oci])
      source.misbehave({ match: /./, fault: { kind: 'status', status: 404 } });
    const { code, stdout } = await run('--config', await configFile(world));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Nothing published: no source could be read/);
    await expect(world.pointer()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('exits with 1 where previous has no site, unless it is the first run', async () => {
    const world = await smallWorld();
    const file = await configFile(world, 'previous = "not-there"');
    const refused = await run('--config', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/previous: .*not-there has no published site; .*--first-run/);
    await expect(world.pointer()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await run('--config', file, '--first-run', '--quiet')).toMatchObject({ code: 0 });
    await expectValidSite(world.config);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('stops at %s with exit code 1 and publishes nothing', async (signal) => {
    const world = await smallWorld();
    const file = await configFile(world);
    await world.run();
    const before = await bytesOf(join(world.config.site.path, 'api'));
    world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'never read' } });
    const asked = Promise.withResolvers<void>();
    const isAttachment = (each: { path: string }) => each.path.startsWith('/attachments/') && (asked.resolve(), true);
    world.gitea.misbehave({ match: isAttachment, fault: { kind: 'hang' } });
    const { child, ended } = start('--config', file);
    await asked.promise;
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`Stopped by ${signal}; nothing was published.`);
    expect(await bytesOf(join(world.config.site.path, 'api'))).toEqual(before);
  });
});

describe('extension-indexer check', () => {
  test('asks every backend and changes nothing', async () => {
    const world = await smallWorld();
    const file = await configFile(world);
    expect(await run('check', '--config', file)).toEqual({
      code: 0,
      stdout: 'gitea (gitea): answers and lets us in\noci (oci): answers and lets us in\n',
      stderr: '',
    });
    expect(await bytesOf(world.config.site.path)).toEqual({
      'registry.toml': expect.anything(),
    });
  });

  test('says what is wrong with one, and exits with 1', async () => {
    const world = await smallWorld();
    world.gitea.misbehave({ match: /\/orgs\/acme$/, fault: { kind: 'status', status: 404 } });
    const file = await configFile(world);
    const [words, json] = await Promise.all([run('check', '--config', file), run('check', '--config', file, '--json')]);
    expect(words.code).toBe(1);
    expect(words.stdout).toMatch(/^gitea \(gitea\): gitea: the organization acme .*\noci \(oci\): answers/);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({
      sources: [
        { name: 'gitea', kind: 'gitea', fault: expect.stringContaining('acme') },
        { name: 'oci', kind: 'oci' },
      ],
    });
  });

  test('never prints a token', async () => {
    const world = await smallWorld();
    const file = await configFile(world);
    const token = join(world.config.site.path, 'gitea.token');
    await writeFile(token, 'hunter2-hunter2\n', { mode: 0o600 });
    const withToken = (await readFile(file, 'utf8')).replace('[oci]', `token_path = ${JSON.stringify(token)}\n[oci]`);
    await writeFile(file, withToken);
    for (const argv of [['check'], ['index']]) {
      const { code, stdout, stderr } = await run(...argv, '--config', file);
      expect(code).toBe(argv[0] === 'check' ? 1 : 3);
      expect(stdout).toMatch(/gitea.*refuses the credential/s);
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});
