import { describe, expect, test } from 'vitest';
import { createOwnership } from '../../indexer/crawl/owners.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';

const aws = parseExtensionId('provider/aws');

describe('mayAdd', () => {
  test.each([
    ['no pattern matches', ['taskserv/*'], true],
    ['another owns exactly this', ['provider/aws'], false],
    ['another owns the type', ['provider/*'], false],
    ['another owns every type', ['*/aws'], false],
    ['another owns everything', ['*/*'], false],
    ['a star stops at the slash', ['*'], true],
    ['a dot is a dot', ['provider/a.s'], true],
    ['a pattern is of the whole name', ['provider/aw', 'rovider/aws'], true],
    ['a pattern has no classes', ['provider/[a-z]*'], true],
  ])('where %s', (_case, owns, expected) => {
    const ownership = createOwnership([
      { name: 'gitea', owns },
      { name: 'oci', owns: [] },
    ]);
    expect(ownership.mayAdd('oci', aws)).toBe(expected);
    expect(ownership.mayAdd('gitea', aws)).toBe(true);
  });

  test('is told with the patterns that it goes by, of those that have any', () => {
    const sources = [
      { name: 'gitea', owns: [] },
      { name: 'oci', owns: ['provider/*'] },
    ];
    expect(createOwnership(sources).owns).toEqual({ oci: ['provider/*'] });
  });

  test('lets each of several owners in', () => {
    const ownership = createOwnership([
      { name: 'a', owns: ['provider/*'] },
      { name: 'b', owns: ['provider/aws'] },
      { name: 'c', owns: [] },
    ]);
    expect(['a', 'b', 'c'].map((each) => ownership.mayAdd(each, aws))).toEqual([true, true, false]);
  });
});
