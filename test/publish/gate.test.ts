import { describe, expect, test } from 'vitest';
import { assertBelievable, inventoryOf, lossesOf, type Inventory, type Loss } from '../../indexer/publish/gate.ts';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => `provider/e${at}`);

function inventory(kinds: Record<string, readonly string[]>): Inventory {
  return new Map(Object.entries(kinds).map(([kind, names]) => [kind, new Set(names)]));
}

function lossOf(before: number, left: number, maxLossPercent = 10): Loss[] {
  const options = { maxLossPercent, accepted: new Set<string>() };
  return lossesOf(inventory({ extensions: numbers(before) }), inventory({ extensions: numbers(left) }), options);
}

describe('lossesOf', () => {
  test.each([
    { before: 0, left: 0, refused: false },
    { before: 100, left: 100, refused: false },
    { before: 100, left: 90, refused: false },
    { before: 100, left: 89, refused: true },
    { before: 101, left: 90, refused: true },
    { before: 109, left: 99, refused: false },
    { before: 2, left: 0, refused: false },
    { before: 3, left: 1, refused: false },
    { before: 3, left: 0, refused: true },
    { before: 29, left: 26, refused: true },
    { before: 30, left: 27, refused: false },
    { before: 10, left: 50, refused: false },
  ])('of $before to $left is refused: $refused', ({ before, left, refused }) => {
    expect(lossOf(before, left)).toHaveLength(refused ? 1 : 0);
  });

  test.each([
    { percent: 0, before: 100, left: 97, refused: true },
    { percent: 0, before: 100, left: 98, refused: false },
    { percent: 50, before: 100, left: 50, refused: false },
    { percent: 50, before: 100, left: 49, refused: true },
    { percent: 100, before: 100, left: 0, refused: false },
  ])('at $percent percent, of $before to $left, is refused: $refused', ({ percent, before, left, refused }) => {
    expect(lossOf(before, left, percent)).toHaveLength(refused ? 1 : 0);
  });

  test('names what is lost, in order, of each kind by itself', () => {
    const before = inventory({
      extensions: ['b/2', 'b/1', 'a/1'],
      versions: ['b/1@1.0.0'],
      'releases of x': ['c/1@1.0.0'],
    });
    const options = { maxLossPercent: 10, accepted: new Set<string>() };
    expect(lossesOf(before, inventory({}), options)).toEqual([
      { kind: 'extensions', lost: ['a/1', 'b/1', 'b/2'], before: 3 },
    ]);
  });

  test('counts no more of a kind where others came in their place', () => {
    const options = { maxLossPercent: 10, accepted: new Set<string>() };
    const after = inventory({ extensions: ['a/4', 'a/5', 'a/6'] });
    expect(lossesOf(inventory({ extensions: ['a/1', 'a/2', 'a/3'] }), after, options)).toHaveLength(1);
  });

  test('passes over what is accepted, with its versions', () => {
    const before = inventory({
      extensions: ['a/1', 'a/2', 'a/3'],
      versions: ['a/1@1.0.0', 'a/1@2.0.0', 'a/2@1.0.0', 'a/3@1.0.0'],
    });
    const lost = (...accepted: string[]) =>
      lossesOf(before, inventory({}), { maxLossPercent: 10, accepted: new Set(accepted) }).map(
        (each) => each.lost.length,
      );
    expect(lost()).toEqual([3, 4]);
    expect(lost('a/2')).toEqual([3]);
    expect(lost('a/1')).toEqual([]);
    expect(lost('a')).toEqual([3, 4]);
  });
});

describe('inventoryOf', () => {
  test('has the merged extensions and versions, and what each source gives', () => {
    const release = { id: 'provider/aws', version: '1.0.0' };
    const sources = { gitea: { releases: [release, { ...release, version: '2.0.0' }] }, oci: { releases: [] } };
    const merged = [{ id: 'provider/aws', versions: [{ version: '2.0.0' }, { version: '1.0.0' }] }];
    expect(inventoryOf(merged, { sources } as unknown as Parameters<typeof inventoryOf>[1])).toEqual(
      inventory({
        extensions: ['provider/aws'],
        versions: ['provider/aws@2.0.0', 'provider/aws@1.0.0'],
        'releases of the source gitea': ['provider/aws@1.0.0', 'provider/aws@2.0.0'],
        'releases of the source oci': [],
      }),
    );
  });
});

describe('a refusal', () => {
  const loss = (count: number): Loss => ({ kind: 'extensions', lost: numbers(count), before: 80 });

  test('names fifty and counts the rest', () => {
    const refuse = () => assertBelievable([loss(60)], { maxLossPercent: 10, removed: [] });
    expect(refuse).toThrow(/max_loss_percent = 10 allows\.\n {2}60 of 80 extensions:\n {4}provider\/e0\n/);
    expect(refuse).toThrow(/ {4}provider\/e49\n {4}… and 10 more\n/);
    expect(refuse).toThrow(/--accept-loss type\/name .*--force/s);
  });

  test('names a source that the configuration no longer has', () => {
    const refuse = () => assertBelievable([loss(3)], { maxLossPercent: 10, removed: ['mirror'] });
    expect(refuse).toThrow(/the source mirror is no longer in the configuration: put it back/);
  });

  test('is none without a loss', () => {
    expect(() => assertBelievable([], { maxLossPercent: 10, removed: ['mirror'] })).not.toThrow();
  });
});
