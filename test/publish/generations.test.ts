import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { KeptGeneration, Pointer } from '../../indexer/model/documents.ts';
import { nextGenerations, readGenerations } from '../../indexer/publish/generations.ts';
import { blobOf } from '../../indexer/site/layout.ts';
import { EXAMPLES } from '../schema/examples.ts';

function kept(generation: number, content = ''): KeptGeneration {
  const digest = digestOf(`${generation} ${content}`);
  return { generation, created: '2026-06-01T12:00:00Z', manifest: { path: blobOf(digest), digest, size: 9 } };
}

function pointer(generation: number, content = ''): Pointer {
  return { ...EXAMPLES.pointer.minimal, ...kept(generation, content) };
}

interface Case {
  listed: number[];
  current?: number;
  becomes: number;
  keep?: number;
}

function next({ listed, current, becomes, keep = 5 }: Case): number[] {
  const options = { current: current === undefined ? undefined : pointer(current), next: pointer(becomes), keep };
  return nextGenerations(
    listed.map((each) => kept(each)),
    options,
  ).map((each) => each.generation);
}

const CASES: readonly (readonly [how: string, given: Case, expected: number[]])[] = [
  ['begins', { listed: [], becomes: 1 }, [1]],
  ['grows at its top', { listed: [1], current: 1, becomes: 2 }, [2, 1]],
  ['keeps so many', { listed: [6, 5, 4, 3, 2], current: 6, becomes: 7 }, [7, 6, 5, 4, 3]],
  ['stays where nothing has changed', { listed: [3, 2], current: 3, becomes: 3 }, [3, 2]],
  ['takes up a current one that it lacks', { listed: [1], current: 2, becomes: 3 }, [3, 2, 1]],
  ['drops one that a killed run listed and never published', { listed: [4, 3], current: 3, becomes: 4 }, [4, 3]],
  ['drops such a one also when the number leaps', { listed: [4, 3, 2], current: 3, becomes: 9 }, [9, 3, 2]],
  ['drops such a one when nothing has changed since', { listed: [4, 3, 2], current: 3, becomes: 3 }, [3, 2]],
  ['forgets what was before a place was emptied', { listed: [7, 6], becomes: 1 }, [1]],
  ['keeps fewer once it is told so', { listed: [5, 4, 3, 2], current: 5, becomes: 5, keep: 2 }, [5, 4]],
  ['keeps the current one at least', { listed: [5, 4], current: 5, becomes: 6, keep: 1 }, [6]],
];

describe('nextGenerations', () => {
  test.each(CASES)('%s', (_how, given, expected) => {
    expect(next(given)).toEqual(expected);
  });

  test('drops a held one, which only repeats another', () => {
    const current = { ...pointer(7), held: { since: '2026-06-01T12:00:00Z', generation: 5 } };
    const listed = [7, 6, 5, 4, 3].map((each) => kept(each));
    const found = nextGenerations(listed, { current, next: pointer(8), keep: 5 });
    expect(found.map((each) => each.generation)).toEqual([8, 6, 5, 4, 3]);
    const same = nextGenerations(listed, { current, next: current, keep: 5 });
    expect(same.map((each) => each.generation)).toEqual([7, 6, 5, 4, 3]);
  });

  test('keeps one that is held as it is, which repeats no other', () => {
    const current = { ...pointer(7), held: { since: '2026-06-01T12:00:00Z', generation: 7 } };
    const found = nextGenerations([kept(7), kept(6)], { current, next: pointer(8), keep: 5 });
    expect(found.map((each) => each.generation)).toEqual([8, 7, 6]);
  });

  test('names the manifest that was published, not the one of a killed run', () => {
    const listed = [kept(4, 'killed'), kept(3)];
    const [first] = nextGenerations(listed, { current: pointer(3), next: pointer(4, 'published'), keep: 5 });
    expect(first).toEqual(kept(4, 'published'));
  });
});

describe('readGenerations', () => {
  test.each(['', '{', '[]', '{"generations":{}}', '{"generations":[null]}', '{"generations":[{"generation":"1"}]}'])(
    'takes the damaged document %j for none',
    async (text) => {
      const reader = { name: 'site', read: async () => Buffer.from(text), close: async () => undefined };
      expect(await readGenerations(reader)).toEqual([]);
    },
  );
});
