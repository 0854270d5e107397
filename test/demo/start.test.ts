import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../builders.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { validateSite } from '../schema/validate-site.ts';

const program = join(import.meta.dirname, 'start.ts');

/** Three free ports in a row: the demo's own and those of its two backends. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const others = [port + 1, port + 2].map((each) => createServer().listen(each, '127.0.0.1'));
    const free = await Promise.all(
      others.map((each) =>
        once(each, 'listening').then(
          () => true,
          () => false,
        ),
      ),
    );
    await Promise.all([first, ...others].map((each) => new Promise((resolve) => void each.close(resolve))));
    if (free.every(Boolean)) return port;
  }
}

function startDemo(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { text: '' };
  const more = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed.text += chunk;
      more.dispatchEvent(new Event('text'));
    });
  }
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  const until = async (text: string): Promise<string> => {
    const ended = exited.then(() => {
      throw new Error(`It ended before it printed ${JSON.stringify(text)}: ${printed.text}`);
    });
    while (!printed.text.includes(text)) await Promise.race([once(more, 'text'), ended]);
    ended.catch(() => undefined);
    return printed.text;
  };
  return { child, exited, until, printed };
}

describe('npm start', () => {
  test('crawls a small world, prints five commands that work, and stops cleanly', async () => {
    const site = await temporaryFolder();
    const port = await freePorts();
    const demo = startDemo(['--port', String(port), '--site', site]);
    const printed = await demo.until('Ctrl-C stops everything.');
    expect(printed).toContain('Published generation 1: 17 extensions, 50 versions');
    const commands = printed.match(/^ {2}curl .*$/gm) ?? [];
    expect(commands).toHaveLength(5);
    const answers = await Promise.all(
      commands.map((each) => fetch(/http:[^\s']+/.exec(each)?.[0] ?? '').then((answer) => answer.bytes())),
    );
    const [list, found, versions, download, health] = answers as [Uint8Array, ...Uint8Array[]];
    const parse = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
    expect(parse(list)).toHaveLength(17);
    expect(parse(found)[0]).toMatchObject({ type: 'taskserv', name: 'kubernetes' });
    expect(parse(versions).map((each: { checksum: string }) => each.checksum)).toContain(digestOf(download ?? ''));
    expect(parse(health)).toMatchObject({ status: 'healthy', index: { generation: 1 } });
    expect((await validateSite(join(site, 'api', 'v1'))).faults).toEqual([]);
    demo.child.kill('SIGTERM');
    expect(await demo.exited).toEqual([0, null]);
    expect(demo.printed.text).toContain('Everything is stopped');
    expect(await readdir(join(site, 'api'))).toEqual([]);
  });

  test('publishes over no site that it did not make', async () => {
    const site = await temporaryFolder();
    await mkdir(join(site, 'api', 'v1'), { recursive: true });
    await writeFile(join(site, 'api', 'v1', 'index.json'), '{}');
    const demo = startDemo(['--port', String(await freePorts()), '--site', site]);
    expect(await demo.exited).toEqual([1, null]);
    expect(demo.printed.text).toBe(
      `npm start: ${join(site, 'api')} holds a site that npm start did not make; choose another: npm start -- --site FOLDER\n`,
    );
    expect(await readFile(join(site, 'api', 'v1', 'index.json'), 'utf8')).toBe('{}');
  });

  test('says which port is taken and how to choose another', async () => {
    const port = await freePorts();
    const taken = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const demo = startDemo(['--port', String(port)]);
    expect(await demo.exited).toEqual([1, null]);
    expect(demo.printed.text).toBe(
      `npm start: Port ${port} on 127.0.0.1 is taken; stop what uses it, or choose others: npm start -- --port ${port + 100}\n`,
    );
  });
});
