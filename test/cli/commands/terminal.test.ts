import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { widthOf } from '../../../cli/table.ts';
import { temporaryFolder, v1Of } from '../../builders.ts';
import { publishBenchSite, publishExtensions } from '../../bench/published-site.ts';
import { catalogueExtension, catalogueVersion } from '../../crawl/releases.ts';
import { startFakeServer } from '../../fakes/fake-server.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { openWorkplace, type Workplace } from './install-world.ts';

const shared = sharedWorld();
const MAIN = join(import.meta.dirname, '../../../cli/main.ts');
const run = promisify(execFile);

/** Runs a program on a terminal of so many columns, and prints what it wrote there. */
const PTY = `
import fcntl, os, pty, struct, sys, termios
size = struct.pack('HHHH', 24, int(sys.argv[1]), 0, 0)
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
os.waitpid(child, 0)
`;
/** It runs in CI, which needs Python for schemathesis too. */
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;

async function onTerminal(place: Workplace, columns: number, ...args: string[]): Promise<string> {
  const env = { ...place.env, TERM: 'xterm-256color' };
  const argv = ['-c', PTY, String(columns), process.execPath, MAIN, ...args];
  return (await run('python3', argv, { cwd: place.folder, env })).stdout.replaceAll('\r\n', '\n');
}

async function openPlace(more: NodeJS.ProcessEnv = {}): Promise<Workplace> {
  return openWorkplace({ url: v1Of(shared().config) }, { EXTENSION_REGISTRY_PROXY: shared().url, ...more });
}

describe.skipIf(!hasPython)('extension on a terminal', () => {
  test.each([80, 40])('of %i columns fits its tables into the lines, and its titles are bold', async (columns) => {
    const place = await openPlace();
    for (const args of [['list'], ['search', 'services'], ['versions', 'aws'], ['list', '--all-versions']]) {
      const text = await onTerminal(place, columns, ...args);
      expect(text).toContain('\u001B[');
      for (const line of stripVTControlCharacters(text).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('of 40 columns breaks texts between words, and none of them', async () => {
    const place = await openPlace();
    const text = stripVTControlCharacters(await onTerminal(place, 40, 'show', 'aws'));
    expect(text).toMatch(/^published +\S+ .*\n {12}\(\d{4}-[^\n]+\)$/m);
    expect(text).toMatch(/^digest {6}sha256:[0-9a-f]{64}$/m);
    const help = await onTerminal(place, 40, '--help');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('of 40 columns breaks sentences, warnings and errors between words, too', async () => {
    const place = await openPlace();
    const sentences = [
      ['list', '--type', 'moon'],
      ['lst', '--all'],
      ['info', '--site', '/nowhere', '--site', v1Of(shared().config)],
    ];
    const texts = await Promise.all(sentences.map((args) => onTerminal(place, 40, ...args)));
    expect(texts.slice(0, 2)).toEqual([
      'No extension is so; extension list shows\nall.\n',
      'extension: There is no command "lst";\ndid you mean list?\n',
    ]);
    expect(texts[2]).toContain('warning: /nowhere: /nowhere has no\nindex.json: it is not');
  });

  test('shows the progress of a download and clears it, and no colour where NO_COLOR is set', async () => {
    const place = await openPlace({ NO_COLOR: '1' });
    const text = await onTerminal(place, 80, 'download', 'big');
    expect(text).toContain('taskserv/big 1.0.0  waiting');
    // Up one line, and everything below it away.
    expect(text.split('\u001B[1A\u001B[J').at(-1)).toMatch(
      /^\/\S+:\staskserv\/big\s1\.0\.0,\s3\.0\sMiB,\ssha256:\w+\n$/,
    );
    expect(await onTerminal(place, 80, 'list')).not.toContain('\u001B');
  });
});

describe('extension in a pipe', () => {
  test('is coloured only by FORCE_COLOR, and cuts nothing', async () => {
    const plain = await (await openPlace()).run('list');
    const coloured = await (await openPlace({ FORCE_COLOR: '1' })).run('list');
    expect(plain.stdout).not.toContain('\u001B');
    expect(coloured.stdout).toContain('\u001B[1mEXTENSION\u001B[22m');
    expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout);
  });

  test('ends well where its reader has read enough', async () => {
    const folder = await temporaryFolder();
    await publishBenchSite(folder, 800);
    const place = await openWorkplace({ url: join(folder, 'api', 'v1') });
    const shell = '"$0" "$1" list | head -n 1; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await run('bash', ['-c', shell, process.execPath, MAIN], { env: place.env });
    expect({ lines: stdout.split('\n').slice(1), stderr }).toEqual({ lines: ['0', ''], stderr: '' });
  });
});

// A device of Linux, which CI is.
describe.skipIf(!existsSync('/dev/full'))('extension whose standard output cannot be written to', () => {
  test.each(['--version', '--help', 'list', 'list --json', 'download big -o -'])(
    'says so in one line and exits with 1: %s',
    async (line) => {
      const place = await openPlace();
      const shell = '"$0" "$@" >/dev/full; echo "exit $?" >&2';
      const argv = ['-c', shell, process.execPath, MAIN, ...line.split(' ')];
      const { stderr } = await run('bash', argv, { cwd: place.folder, env: place.env });
      expect(stderr).toBe(
        'extension: Standard output cannot be written to: ENOSPC: no space left on device, write; make room there, and run again.\nexit 1\n',
      );
    },
  );

  test('nor standard error, keeps its exit code', async () => {
    const argv = ['-c', '"$0" "$@" 2>/dev/full; echo "exit $?"', process.execPath, MAIN, 'lst'];
    expect((await run('bash', argv)).stdout).toBe('exit 2\n');
  });
});

describe('what strangers wrote', () => {
  const HOSTILE = 'a\u001B]0;title\u0007b\u001B[2Jc\u009B31md\u202Ee\rf\ng\u0008';
  /** All but the line break and what letters are. */
  const STEERING = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

  test('steers no terminal, whichever document it is in', async () => {
    const folder = await temporaryFolder();
    const about = { description: HOSTILE, author: HOSTILE, repository: HOSTILE, license: HOSTILE, tags: [HOSTILE] };
    const version = catalogueVersion('1.0.0', {
      about: { ...about, homepage: HOSTILE },
      sources: [HOSTILE],
      publishedAt: HOSTILE,
      deprecated: { message: HOSTILE },
    });
    const yanked = catalogueVersion('0.9.0', { yanked: HOSTILE });
    await publishExtensions(folder, [catalogueExtension('provider/evil', [version, yanked])]);
    const place = await openWorkplace({ url: join(folder, 'api', 'v1') });
    const lines = [
      'list',
      'list --all-versions',
      'search evil',
      'show evil',
      'show evil@0.9.0',
      'versions evil',
      'info',
    ];
    for (const line of [...lines, 'download evil', 'complete -- list --source ab']) {
      const { stdout, stderr } = await place.run(...line.split(' '));
      expect({ line, found: STEERING.exec(stdout + stderr)?.[0] }).toEqual({ line, found: undefined });
      if (lines.slice(0, 5).includes(line)) expect(stdout).toContain('evil');
    }
    // Programs get what the site has.
    expect(await place.json('list')).toMatchObject([{ description: HOSTILE }]);
  });

  test('in the names of files, which warnings and errors repeat, steers none either', async () => {
    const place = await openPlace();
    const warned = await place.run('info', '--site', `/nowhere/${HOSTILE}`, '--site', v1Of(shared().config));
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: \/nowhere\/ab/) as string });
    const failed = await place.run('list', '--token-file', HOSTILE);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/^extension: .*ab/) as string });
    for (const { stderr } of [warned, failed]) expect(STEERING.exec(stderr)).toBeNull();
  });

  test('in the answers of a server steers none either', async () => {
    const body = JSON.stringify({ error: HOSTILE, code: HOSTILE, detail: HOSTILE, title: HOSTILE, message: HOSTILE });
    const headers = { 'content-type': 'application/problem+json' };
    const server = await startFakeServer(() => ({ status: 403, headers, body: Buffer.from(body) }));
    const place = await openPlace({ EXTENSION_REGISTRY_PROXY: server.url });
    const { code, stderr } = await place.run('download', 'aws');
    await server.close();
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^extension: /);
    expect(STEERING.exec(stderr)).toBeNull();
  });
});
