import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from './run-program.ts';
import { findFreePort, startServer } from './server-process.ts';
import { provideTools } from './tools.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('provideTools', () => {
  test('builds nothing that is built already', async () => {
    const reports: string[] = [];
    const { oras } = await provideTools((line) => reports.push(line));
    expect(reports).toEqual([]);
    expect(await runProgram(oras, ['version'])).toContain('Go version:');
  });

  test('names what is missing where there is no Go', async () => {
    const env = { PATH: folder, HOME: folder };
    const run = runProgram(process.execPath, [join(import.meta.dirname, 'tools.ts')], { env });
    await expect(run).rejects.toThrow('there is no program "go" on the PATH: install Go 1.26.7 or later');
  });
});

describe('startServer', () => {
  test('tells the end of the log when a server does not start', async () => {
    const start = startServer({
      program: process.execPath,
      args: ['--eval', 'console.error("no such database"); process.exit(7)'],
      cwd: folder,
      env: {},
      logFile: join(folder, 'server.log'),
      readyUrl: `http://127.0.0.1:${await findFreePort()}/`,
    });
    await expect(start).rejects.toThrow(/did not start: it ended \(7\)\. The end of its log:\nno such database$/);
  });

  test('says so when there is no such program', async () => {
    const start = startServer({
      program: join(folder, 'missing'),
      args: [],
      cwd: folder,
      env: {},
      logFile: join(folder, 'missing.log'),
      readyUrl: `http://127.0.0.1:${await findFreePort()}/`,
    });
    await expect(start).rejects.toThrow('ENOENT');
  });
});
