import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { renderExplanation } from '../indexer/explain-text.ts';
import { digestOf } from '../indexer/model/digest.ts';
import { startWorld, type World } from './crawl/world.ts';
import { ask } from './explain-ask.ts';

const MAIN = fileURLToPath(new URL('../indexer/main.ts', import.meta.url));

async function sidecarWorld(): Promise<World> {
  const world = await startWorld({ order: ['gitea'] });
  const wrong = digestOf('other').slice('sha256:'.length);
  world.release('redis_taskserv', { '7.2.0': { 'redis.tar.gz': 'x', 'redis.tar.gz.sha256': wrong } });
  await world.run();
  return world;
}

describe('renderExplanation', () => {
  test('tells the reason and the remedy first, then every rule', async () => {
    const world = await sidecarWorld();
    const lines = renderExplanation(await ask(world, 'redis_taskserv@7.2.0', false));
    expect(`\n${lines.join('\n')}\n`).toBe(`
redis_taskserv@7.2.0 (taskserv/redis) is not listed.
Because: 7.2.0: The asset redis.tar.gz is sha256:2d711642b726…, its sidecar says
         sha256:d9298a10d1b0….
Remedy:  Upload the .sha256 file again, made from the very file that is
         attached.
As of the crawl of 2026-06-01T13:00:00Z, generation 1 of the site; --live asks
the backends now.

gitea (gitea): acme/redis_taskserv
  ok     source     gitea was read at 2026-06-01T13:00:00Z.
  ok     place      The organization acme is read.
  ok     name       The name redis_taskserv means taskserv/redis.
  FAILS  digests    7.2.0: The asset redis.tar.gz is sha256:2d711642b726…, its
                    sidecar says sha256:d9298a10d1b0….
                    Remedy: Upload the .sha256 file again, made from the very
                    file that is attached.

all sources together
  ok     ownership  No source owns this name.
  ok     policy     No rule is about it.
  note   published  The site of 2026-06-01T13:00:00Z does not have it.
`);
  });

  test('tells what was asked now as such', async () => {
    const world = await sidecarWorld();
    world.release('redis_taskserv', { '7.2.1': { 'redis.tar.gz': 'y' } });
    const lines = renderExplanation(await ask(world, 'taskserv/redis@7.2.1', true));
    expect(lines.slice(0, 2)).toEqual([
      'taskserv/redis@7.2.1 is listed by a crawl of now.',
      'Asked now, 2026-06-01T21:00:00Z; generation 1 of the site.',
    ]);
    expect(lines).toContain('  note   published  The site of 2026-06-01T13:00:00Z does not have it yet.');
    expect(lines).toContain('                    Remedy: The next crawl lists it.');
  });

  test('asks whether another one was meant', async () => {
    const world = await startWorld({ order: ['gitea'] });
    world.release('redis_taskserv', { '7.2.0': { 'redis.tar.gz': 'x' } });
    await world.run();
    expect(renderExplanation(await ask(world, 'taskserv/reddis', false))).toContain('Did you mean taskserv/redis?');
  });

  test('takes the cursor nowhere, whatever is told', async () => {
    const explanation = await ask(await sidecarWorld(), 'taskserv/redis', false);
    const together = [{ rule: 'policy', verdict: 'note', detail: 'one\u001B[2Jtwo\nthree' } as const];
    expect(renderExplanation({ ...explanation, together }).at(-1)).toBe('  note   policy     one [2Jtwo three');
  });

  test('stays within 80 columns, whatever backends are called', async () => {
    const world = await startWorld();
    const name = `${'long-name-'.repeat(6)}x_taskserv`;
    const tags = ['nightly\u001B[2J', 'word '.repeat(40), '1.0.0'];
    world.release(name, Object.fromEntries(tags.map((tag) => [tag, { 'a.zip': 'x', '..': 'y' }])));
    await world.run();
    for (const live of [true, false]) {
      const lines = renderExplanation(await ask(world, name, live));
      // The name itself is longer than what is left of a line.
      expect(lines.filter((each) => each.length > 80 && !each.includes('long-name-'))).toEqual([]);
      expect(lines.join(' ')).toContain('nightly');
    }
  });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function run(...argv: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 15_000 });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

describe('extension-indexer explain', () => {
  test('exits with 0 for what is listed and 1 for what is not, in words and as JSON', async () => {
    const world = await startWorld({ order: ['gitea'] });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'x' } });
    await world.run();
    const config = join(world.config.site.path, 'registry.toml');
    const site = JSON.stringify(world.config.site.path);
    await writeFile(config, `[gitea]\nurl = "${world.gitea.url}"\norganization = "acme"\n[site]\npath = ${site}\n`);
    const [listed, missing] = await Promise.all([
      run('explain', 'provider/aws', '--config', config),
      run('explain', 'provider/gcp', '--live', '--json', '--config', config),
    ]);
    expect(listed).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^provider\/aws is listed\.\n/),
    });
    expect(missing).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(missing.stdout)).toMatchObject({
      subject: 'provider/gcp',
      listed: false,
      live: true,
      because: { rule: 'repository', verdict: 'failed' },
      sources: [{ name: 'gitea', repository: 'acme/gcp_prov' }],
    });
  });

  test.each([[[]], [['provider/aws', 'provider/gcp']]])('with %j asks for one subject', async (subjects) => {
    const { code, stdout, stderr } = await run('explain', ...subjects, '--config', 'x');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Name one subject: explain type\/name/);
  });
});
