import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../indexer/exit-codes.ts';
import { parseFailOn } from '../indexer/fail-on.ts';
import { problemsOf, smallWorld } from './crawl/world.ts';

describe('parseFailOn', () => {
  test.each([
    [[], []],
    [['mutated'], ['mutated']],
    [['mutated, no_asset'], ['mutated', 'no_asset']],
    [
      ['mutated', 'no_asset,mutated'],
      ['mutated', 'no_asset'],
    ],
  ])('takes %j', (values, codes) => {
    expect([...parseFailOn(values)]).toEqual(codes);
  });

  test.each([[''], ['mutant'], ['mutated,'], ['constructor'], ['Mutated'], ['mutated no_asset']])(
    'refuses %j with the list of codes',
    (value) => {
      expect(() => parseFailOn([value])).toThrow(
        /^--fail-on: ".*" is no problem's code; use mutated, digest_conflict, .*, truncated_text\.$/,
      );
    },
  );
});

describe('exitCodeOf', () => {
  test('is 5 where a published site has a problem that was named', async () => {
    const world = await smallWorld();
    const report = await world.run();
    expect(problemsOf(report)).toEqual(['no_asset provider/aws@1.2.0']);
    expect(exitCodeOf(report)).toBe(0);
    expect(exitCodeOf(report, new Set(['mutated']))).toBe(0);
    expect(exitCodeOf(report, new Set(['mutated', 'no_asset']))).toBe(5);
  });

  test('is 5 rather than 3, and 1 rather than 5', async () => {
    const world = await smallWorld();
    await world.run();
    const failOn = new Set(['no_asset'] as const);
    world.oci.misbehave({ match: /./, fault: { kind: 'status', status: 404 } });
    const carried = await world.run();
    expect([exitCodeOf(carried), exitCodeOf(carried, failOn)]).toEqual([3, 5]);
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 404 } });
    expect(exitCodeOf(await world.run(), failOn)).toBe(1);
  });
});
