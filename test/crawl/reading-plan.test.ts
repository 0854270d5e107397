import { describe, expect, test } from 'vitest';
import { planReading, type PlanOptions } from '../../indexer/crawl/reading-plan.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import type { Finding } from '../../indexer/model/problem.ts';
import { releaseSubject, type Release } from '../../indexer/model/release.ts';
import { attachmentOf, layerOf, releaseOf } from './releases.ts';

/** A release with one unread file, whose uuid is its subject. */
function unread(subject: string, name = 'plugin.tar.gz'): Release {
  return releaseOf(subject, [attachmentOf(undefined, { uuid: subject, name })]);
}

function plan(releases: Release[], options: Partial<PlanOptions> = {}): string[] {
  const all: PlanOptions = { mode: 'all', attachments: {}, listed: new Map(), failedBefore: new Map(), ...options };
  return planReading(releases, all).map(({ uuid }) => uuid);
}

const listed = (...releases: Release[]) => new Map(releases.map((each) => [releaseSubject(each), each]));
const failed = (...subjects: string[]) =>
  new Map(
    subjects.map((subject): [string, Finding] => [
      subject,
      { code: 'read_failed', source: 'gitea', subject, detail: '' },
    ]),
  );

describe('planReading', () => {
  test('takes the shown version of every extension, then the newest of each, the second newest, and so on', () => {
    const subjects = ['a/a@1.0.0', 'a/a@1.2.0', 'a/a@1.10.0', 'a/a@2.0.0-rc.1', 'a/b@0.1.0', 'a/b@0.2.0'];
    expect(plan(subjects.map((each) => unread(each)))).toEqual([
      'a/a@1.10.0',
      'a/b@0.2.0',
      'a/a@2.0.0-rc.1',
      'a/b@0.1.0',
      'a/a@1.2.0',
      'a/a@1.0.0',
    ]);
  });

  test('leaves out what is known, and layers', () => {
    const known = { 'a/a@1.0.0': { digest: digestOf('x') } };
    const releases = [unread('a/a@1.0.0'), unread('a/a@1.1.0'), releaseOf('a/b@1.0.0', [layerOf('y')])];
    expect(plan(releases, { attachments: known })).toEqual(['a/a@1.1.0']);
  });

  test('takes a uuid that is named as a property of every object for what it is', () => {
    const release = releaseOf('a/a@1.0.0', [attachmentOf(undefined, { uuid: 'constructor' })]);
    expect(plan([release])).toEqual(['constructor']);
  });

  test.each([
    ['latest', ['a/a@1.1.0', 'a/b@1.0.0']],
    ['sidecar', ['a/b@1.0.0']],
  ] as const)('in the mode %s takes %j', (mode, expected) => {
    const releases = [unread('a/a@1.0.0'), unread('a/a@1.1.0'), unread('a/b@1.0.0', 'plugin.tar.gz.sha256')];
    expect(plan(releases, { mode })).toEqual(expected);
  });

  test.each(['all', 'latest', 'sidecar'] as const)('in the mode %s takes first what was replaced', (mode) => {
    const releases = [unread('a/a@1.0.0'), unread('a/a@1.1.0')];
    const before = listed(releaseOf('a/a@1.0.0', [attachmentOf('old')]));
    expect(plan(releases, { mode, listed: before })[0]).toBe('a/a@1.0.0');
  });

  test('takes for replaced neither what is in its place, nor what nobody has read', () => {
    const releases = [unread('a/a@1.0.0'), unread('a/a@1.1.0'), unread('a/a@1.2.0')];
    const inPlace = releaseOf('a/a@1.0.0', [attachmentOf('old', { uuid: 'a/a@1.0.0' })]);
    const neverRead = releaseOf('a/a@1.1.0', [attachmentOf(undefined, { uuid: 'another' })]);
    expect(plan(releases, { mode: 'latest', listed: listed(inPlace, neverRead) })).toEqual(['a/a@1.2.0']);
  });

  test('takes last what could not be read before, though it was replaced', () => {
    const releases = [unread('a/a@1.0.0'), unread('a/a@1.1.0'), unread('a/a@1.2.0')];
    const before = listed(releaseOf('a/a@1.2.0', [attachmentOf('old')]));
    expect(plan(releases, { listed: before, failedBefore: failed('a/a@1.2.0') })).toEqual([
      'a/a@1.1.0',
      'a/a@1.0.0',
      'a/a@1.2.0',
    ]);
  });
});
