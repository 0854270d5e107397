import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as limits from '../../proxy/server-limits.ts';
import { sharedWorld } from '../proxy/world.ts';

const root = join(import.meta.dirname, '..', '..');
const document = readFileSync(join(root, '.github', 'SECURITY.md'), 'utf8');
const world = sharedWorld();

/** Cells of the table below a heading, without its head. */
function rowsOf(heading: string): string[][] {
  const [, section = ''] = document.split(`\n## ${heading}\n`);
  return section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1_000,
  min: 60_000,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  characters: 1,
  bytes: 1,
};

/** `30 s` to milliseconds, `16 KiB` to bytes. */
function valueOf(cell: string): number {
  const [number = '', unit = ''] = cell.split(' ');
  return Number(number.replaceAll(',', '')) * UNITS[unit]!;
}

/** A file, or all files of a folder. */
function sourceOf(path: string): string {
  const files = statSync(join(root, path)).isDirectory() ? globSync(`${path}/**/*.ts`, { cwd: root }) : [path];
  return files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
}

/** The products that a name is set to, such as `10 * 60 * 1_000`; seconds as milliseconds. */
function settingsOf(source: string, name: string): number[] {
  const setting = new RegExp(`\\b${name}(?: =|:| \\?\\?) ([0-9_]+(?: \\* (?:[0-9_]+|SECOND_MS))*)[;,) ]`, 'g');
  return [...source.matchAll(setting)].map(([, product = '']) =>
    product
      .replaceAll('SECOND_MS', '1000')
      .replaceAll('_', '')
      .split(' * ')
      .reduce((value, factor) => value * Number(factor), name.endsWith('_seconds') ? 1_000 : 1),
  );
}

const rows = rowsOf('Limits').map(([limit = '', value = '', , where = '']) => {
  const [, path = '', name = ''] = /^`([^`]+)` `([^`]+)`$/.exec(where) ?? [];
  return { limit, value, path, name };
});

describe('the limits of SECURITY.md', () => {
  test.each(rows)('$limit is $value in $path', ({ value, path, name }) => {
    expect(settingsOf(sourceOf(path), name)).toContain(valueOf(value));
  });

  test('name all that the proxy is started with', () => {
    const { SERVER_LIMITS, HTTP_LIMITS, DOWNLOAD_LIMITS, ...single } = limits;
    const named = { ...SERVER_LIMITS, ...HTTP_LIMITS, ...DOWNLOAD_LIMITS, ...single };
    const numbers = Object.entries(named).filter(([, value]) => typeof value === 'number');
    expect(numbers.length).toBeGreaterThan(10);
    for (const [name, value] of numbers) {
      const row = rows.find((each) => each.name === name);
      expect({ name, value: row && valueOf(row.value) }).toEqual({ name, value });
    }
  });

  test('are those of the server that listens', () => {
    const { server, initialConfig } = world().app;
    expect({
      requestTimeout: server.requestTimeout,
      headersTimeout: server.headersTimeout,
      keepAliveTimeout: server.keepAliveTimeout,
      connectionTimeout: server.timeout,
      maxRequestsPerSocket: server.maxRequestsPerSocket,
      maxConnections: server.maxConnections,
      bodyLimit: initialConfig.bodyLimit,
      maxParamLength: initialConfig.routerOptions?.maxParamLength,
    }).toEqual({
      requestTimeout: 30_000,
      headersTimeout: 15_000,
      keepAliveTimeout: 65_000,
      connectionTimeout: 60_000,
      maxRequestsPerSocket: 1_000,
      maxConnections: 2_000,
      bodyLimit: 1_024,
      maxParamLength: 256,
    });
  });
});

describe('the advisories of SECURITY.md', () => {
  test.each(rowsOf('Advisories that touch us'))(
    '%s is named where its test is',
    (ids = '', ...[, , where = '', tests = '']) => {
      expect(existsSync(join(root, where.slice(1, -1))), where).toBe(true);
      const paths = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      expect(paths.length).toBeGreaterThan(0);
      const sources = paths.map(sourceOf).join('\n');
      expect(ids.split(', ').filter((id) => !sources.includes(id))).toEqual([]);
    },
  );

  test('name every one that a test names', () => {
    const sources = globSync('test/**/*.test.ts', { cwd: root }).map(sourceOf).join('\n');
    const ids = new Set(sources.match(/CVE-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3}/g));
    expect(ids.size).toBeGreaterThan(20);
    expect([...ids].filter((id) => !document.includes(id))).toEqual([]);
  });
});
