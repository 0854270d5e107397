import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import * as library from '../../../cli/registry/library.ts';
import { temporaryFolder } from '../../builders.ts';
import { AWS_1, REDIS, sharedWorld } from '../../proxy/world.ts';
import { sha256 } from './registries.ts';

const world = sharedWorld();
const LOADER = join(import.meta.dirname, 'loader.ts');
const GUIDE = join(import.meta.dirname, '..', '..', '..', '.github', 'CLIENT.md');

describe('the library', () => {
  test('exports what the guide names', () => {
    expect(Object.keys(library).sort()).toEqual([
      'RegistryError',
      'codeOf',
      'openRegistry',
      'parseAdmission',
      'parseExtensionId',
      'requireAdmitted',
    ]);
  });
});

describe('the loader of the guide', () => {
  test('has at most 20 lines, and is the one that is run here', async () => {
    const [, block = ''] = /```ts\n(.*?)```/s.exec(await readFile(GUIDE, 'utf8')) ?? [];
    const loader = await readFile(LOADER, 'utf8');
    expect(block).toBe(loader.replace('../../../cli/registry/library.ts', 'extension-registry'));
    expect(block.trim().split('\n').length).toBeLessThanOrEqual(20);
  });

  test('finds, downloads and verifies', async () => {
    const folder = await temporaryFolder();
    const args = [LOADER, `${world().url}/api/v1`, folder, 'aws@1.0.0', 'taskserv/redis@^7'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(printed).toBe(`provider/aws 1.0.0 ${sha256(AWS_1)}\ntaskserv/redis 7.2.0 ${sha256(REDIS)}\n`);
    expect(await readFile(join(folder, 'provider/aws', 'aws_prov.tar.gz'))).toEqual(AWS_1);
    expect(await readFile(join(folder, 'taskserv/redis', 'redis-7.2.0.tar.gz'))).toEqual(REDIS);
  });
});
