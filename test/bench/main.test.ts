import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('npm run bench', () => {
  test('prints its help', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('npm run bench -- [NAME…] [--short] [--json]');
  });

  test.each([
    [
      ['writes'],
      'There is no bench writes; there are reads, downloads, crawl, build, start, client, workers, search, sizing. See --help.',
    ],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j with exit code 2', async (args, complaint) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(complaint);
  });
});
