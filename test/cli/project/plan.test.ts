import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../indexer/model/digest.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import type { LockedExtension } from '../../../cli/project/lock-file.ts';
import { differencesOf, lockedFor, notWanted, planAll } from '../../../cli/project/plan.ts';
import type { Wanted } from '../../../cli/project/wanted.ts';

const AWS = parseExtensionId('provider/aws');
const REDIS = parseExtensionId('taskserv/redis');

function locked(id: typeof AWS, version: string, asset = 'a.zip'): readonly [typeof AWS, LockedExtension] {
  const digest = parseDigest(`sha256:${'0'.repeat(64)}`);
  return [id, { id, version: parseVersion(version), asset, size: 1, digest, site: 'x', generation: 1 }];
}

const wantedOf = (entries: readonly (readonly [typeof AWS, Wanted])[]) => new Map(entries);

describe('differencesOf', () => {
  test('finds none between what is wanted and a lock file of it', () => {
    const wanted = wantedOf([
      [AWS, { range: '^1' }],
      [REDIS, { range: 'latest', asset: 'b.zip' }],
    ]);
    expect(differencesOf(wanted, new Map([locked(REDIS, '7.0.0', 'b.zip'), locked(AWS, '1.2.0')]))).toEqual([]);
  });

  test('names each', () => {
    const wanted = wantedOf([
      [AWS, { range: '^2' }],
      [parseExtensionId('cluster/k8s'), { range: 'latest' }],
      [parseExtensionId('cluster/web'), { range: '^1', asset: 'b.zip' }],
    ]);
    const lock = new Map([
      locked(AWS, '1.2.0'),
      locked(REDIS, '7.0.0'),
      locked(parseExtensionId('cluster/web'), '1.0.0'),
    ]);
    expect(differencesOf(wanted, lock)).toEqual([
      'provider/aws 1.2.0 (a.zip) is locked, and ^2 is wanted.',
      'cluster/k8s is wanted, and is not locked.',
      'cluster/web 1.0.0 (a.zip) is locked, and ^1 (b.zip) is wanted.',
      'taskserv/redis is locked, and is not wanted.',
    ]);
  });
});

test('planAll keeps what was locked where that is still wanted, and nothing else', () => {
  const wanted = wantedOf([
    [AWS, { range: '^1' }],
    [REDIS, { range: '^8' }],
  ]);
  const lock = new Map([locked(AWS, '1.2.0'), locked(REDIS, '7.0.0')]);
  expect(planAll(wanted, lock).map(({ id, locked: each }) => [id, each?.version])).toEqual([
    [AWS, '1.2.0'],
    [REDIS, undefined],
  ]);
  expect(planAll(wanted, undefined).map((each) => each.locked)).toEqual([undefined, undefined]);
});

test('lockedFor gives up a lock when another asset is wanted', () => {
  const [, entry] = locked(AWS, '1.2.0', 'linux.zip');
  expect(lockedFor({ range: '^1' }, entry)).toBe(entry);
  expect(lockedFor({ range: '^1', asset: 'darwin.zip' }, entry)).toBeUndefined();
});

test('notWanted names what is locked only', () => {
  expect(notWanted(wantedOf([[AWS, { range: '1' }]]), new Map([locked(AWS, '1.2.0'), locked(REDIS, '1.0.0')]))).toEqual(
    [REDIS],
  );
});
