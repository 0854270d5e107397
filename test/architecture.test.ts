import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/*
 * The house of .github/ARCHITECTURE.md: who may import whom. Types count. A room is a folder of the indexer, a single
 * file at its top, or another top-level folder.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ['model'],
  http: ['model'],
  site: ['model'],
  sources: ['model', 'http'],
  storage: ['model', 'http'],
  crawl: ['model', 'http', 'sources'],
  publish: ['model', 'site', 'storage'],
  notify: ['model', 'http'],
  'read-site': ['model', 'site', 'storage'],
  indexer: ['model', 'config', 'http', 'site', 'sources', 'storage', 'crawl', 'publish', 'notify', 'read-site'],
  proxy: ['model', 'config', 'http', 'site', 'sources', 'storage', 'read-site'],
  cli: ['model', 'http', 'site', 'storage', 'read-site'],
  public: ['model', 'site'],
};

/** Packages that only some rooms may know. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  undici: ['http'],
  fastify: ['proxy'],
  '@fastify/static': ['proxy'],
  'lru-cache': ['proxy'],
  'smol-toml': ['config', 'cli'],
  tar: ['cli'],
  yauzl: ['cli'],
  ajv: ['config', 'http'],
  semver: ['model'],
  aws4fetch: ['storage'],
  saxes: ['storage'],
  marked: ['public'],
};

/** What pure rooms do without: files, sockets, processes, the clock and randomness of the machine. */
const PURE = ['model', 'site'];
const IMPURE_IMPORT = /^node:(?!crypto$)/;
const IMPURE_WORD = /\b(?:Date\.now|Math\.random|new Date\(\)|setTimeout|setInterval|fetch\()/;

const ENTRIES = ['indexer/main.ts', 'proxy/main.ts', 'cli/main.ts'];
const ENTRY_WORD = /\bprocess\.(?:env|exit|exitCode|argv|stdout|stderr)\b|\bconsole\./;

const root = join(import.meta.dirname, '..');
const files = globSync('{indexer,proxy,cli,public}/**/*.ts', { cwd: root }).sort();

function roomOf(file: string): string {
  const [top = '', second = '', ...deeper] = file.split('/');
  if (top !== 'indexer') return top;
  return deeper.length > 0 ? second : second === 'read-site.ts' ? 'read-site' : 'indexer';
}

function sourceOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Without comments, whose words are free. */
function codeOf(file: string): string {
  return sourceOf(file).replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/.*$/gm, '');
}

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g)].map((each) => each[1] ?? '');
}

function localImportsOf(file: string): string[] {
  return importsOf(file)
    .filter((each) => each.startsWith('.'))
    .map((each) => relative(root, join(root, dirname(file), each)));
}

describe('the house', () => {
  test('has the files that this test reads', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(ROOMS)));
  });

  test.each(files)('%s imports only from where its room may', (file) => {
    const room = roomOf(file);
    const strangers = localImportsOf(file)
      .filter((each) => each !== 'package.json')
      .filter((each) => roomOf(each) !== room && !ROOMS[room]?.includes(roomOf(each)));
    expect(strangers).toEqual([]);
  });

  test.each(files)('%s imports no package that is kept to another room', (file) => {
    const room = roomOf(file);
    const packages = importsOf(file).map((each) =>
      each
        .split('/')
        .slice(0, each.startsWith('@') ? 2 : 1)
        .join('/'),
    );
    expect(packages.filter((each) => PACKAGES[each] !== undefined && !PACKAGES[each].includes(room))).toEqual([]);
  });

  test('has no import cycle', () => {
    const graph = new Map(files.map((file) => [file, localImportsOf(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('keeps gitea and oci apart', () => {
    const crossing = files.filter((file) => {
      const [own, other] = file.startsWith('indexer/sources/gitea/') ? ['gitea', 'oci'] : ['oci', 'gitea'];
      return (
        file.startsWith(`indexer/sources/${own}/`) &&
        localImportsOf(file).some((each) => each.startsWith(`indexer/sources/${other}/`))
      );
    });
    expect(crossing).toEqual([]);
  });

  test('imports nothing from test', () => {
    expect(files.filter((file) => localImportsOf(file).some((each) => each.startsWith('test/')))).toEqual([]);
  });

  test.each(files.filter((file) => PURE.includes(roomOf(file))))('%s is pure', (file) => {
    expect(importsOf(file).filter((each) => IMPURE_IMPORT.test(each))).toEqual([]);
    expect(IMPURE_WORD.exec(codeOf(file))?.[0]).toBeUndefined();
  });

  test('lets the search engine run in a browser', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      // Types are gone before a browser sees the file.
      const values = codeOf(file).replaceAll(/^import type .*$/gm, '');
      for (const [, from = ''] of values.matchAll(/(?:\bfrom |\bimport\()'([^']+)'/g)) visit(join(dirname(file), from));
    };
    visit('indexer/site/search/open-search.ts');
    expect([...seen].filter((file) => !file.startsWith('indexer/site/search'))).toEqual([]);
    expect([...seen].filter((file) => /\b(?:process|Buffer|globalThis)\b|require\(/.test(codeOf(file)))).toEqual([]);
    expect(seen).toContain('indexer/site/search/words.ts');
  });

  test('lets the page borrow the search engine and types, and nothing of Node', () => {
    const borrowed = files
      .filter((file) => roomOf(file) === 'public')
      .flatMap((file) => [...codeOf(file).matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)'/gm)])
      .map((each) => each[1] ?? '')
      .filter((each) => !each.startsWith('./') && each !== 'marked');
    expect(borrowed).toContain('../../indexer/site/search.ts');
    expect(borrowed.filter((each) => !each.startsWith('../../indexer/site/search'))).toEqual([]);
  });

  test('makes no HTML of a text anywhere on the page', () => {
    const sinks =
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseFromString|createContextualFragment|document\.write|eval)\b/;
    const guilty = files.filter((file) => roomOf(file) === 'public' && sinks.test(codeOf(file)));
    expect(guilty).toEqual([]);
  });

  test.each(files.filter((file) => !ENTRIES.includes(file)))('%s leaves the process to the entries', (file) => {
    expect(ENTRY_WORD.exec(codeOf(file))?.[0]).toBeUndefined();
  });

  test('has no file of a forbidden name', () => {
    const forbidden = /(?:^|\/)(?:index|utils?|helpers?|common|manager|misc)\.ts$/;
    expect(files.filter((file) => forbidden.test(file))).toEqual([]);
  });
});
