import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { byGravity, problemKey, PROBLEMS } from '../../indexer/model/problem.ts';

const GUIDE = await readFile(new URL('../../deploy/README.md', import.meta.url), 'utf8');
const [, section = ''] = GUIDE.split('\n## Problems\n');
const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)];

describe('the table of problems in deploy/README.md', () => {
  test('has every code, in the order of the program, and no other', () => {
    expect(rows.map(([, code]) => code)).toEqual(Object.keys(PROBLEMS));
  });

  test('says of each what it means, and whose turn it is to do what', () => {
    for (const [, code, meaning, remedy] of rows) {
      expect(meaning, code).toMatch(/^.{30,}$/);
      expect(remedy, code).toMatch(/^(?:publisher|operator): .{5,}$/);
    }
  });
});

describe('a remedy', () => {
  test.each(Object.entries(PROBLEMS))('of %s is a sentence that tells what to do', (_code, remedy) => {
    expect(remedy).toMatch(/^[A-Z].+\.$/);
  });
});

describe('byGravity', () => {
  test('puts what may have been tampered with first, and keeps the order of those of one code', () => {
    const given = (['truncated_text', 'no_asset', 'mutated', 'no_asset'] as const).map((code, at) => ({ code, at }));
    expect(byGravity(given).map(({ code, at }) => `${code} ${at}`)).toEqual([
      'mutated 2',
      'no_asset 1',
      'no_asset 3',
      'truncated_text 0',
    ]);
  });
});

describe('problemKey', () => {
  test('tells problems apart by code, source and subject, and not by what is said of them', () => {
    const finding = { code: 'no_asset', source: 'gitea', subject: 'a/b@1.0.0', detail: 'x' } as const;
    expect(problemKey({ ...finding, detail: 'y' })).toBe(problemKey(finding));
    for (const other of [{ code: 'mutated' as const }, { source: 'oci' }, { subject: 'a/b@1.0.1' }]) {
      expect(problemKey({ ...finding, ...other })).not.toBe(problemKey(finding));
    }
  });
});
