import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../proxy/http.ts';
import { startRegistry, type Registry } from './registry.ts';
import { DEPLOY } from './web-servers.ts';

/*
 * The poorest host there is: a file by its exact name, and nothing else. What works here works on object stores and
 * Pages, whatever they do beyond it.
 */

const CLIENT = join(DEPLOY, '..', 'cli', 'main.ts');
const run = promisify(execFile);
const closers: (() => Promise<unknown>)[] = [];
let registry: Registry;
let url: string;

beforeAll(async () => {
  registry = await startRegistry((close) => void closers.push(close));
  const host = createServer((request, response) => {
    const path = join(registry.config.site.path, new URL(request.url ?? '', 'http://host').pathname);
    readFile(path).then(
      (bytes) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
    );
  });
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/api/v1`;
  closers.push(async () => host.close());
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

describe('a host of plain files', () => {
  test('has no pretty paths and answers no questions', async () => {
    expect((await ask(`${url}/extensions`)).status).toBe(404);
    const whole = await ask(`${url}/extensions/index.json`);
    expect((await ask(`${url}/extensions/index.json?type=provider`)).body.equals(whole.body)).toBe(true);
  });

  test.each(['over HTTP', 'as a folder', 'as a file URL'])('is read by the client %s', async (how) => {
    const sites: Record<string, string> = {
      'over HTTP': url,
      'as a folder': registry.v1,
      'as a file URL': pathToFileURL(registry.v1).href,
    };
    const args = [CLIENT, 'list', '--json', '--site', sites[how]!];
    const home = { ...env, EXTENSION_REGISTRY_CACHE: join(registry.config.site.path, '.cache') };
    const { stdout } = await run(process.execPath, args, { env: home });
    expect(JSON.parse(stdout)).toMatchObject(JSON.parse((await ask(`${url}/extensions/index.json`)).text) as object);
  });
});
