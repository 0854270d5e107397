import { describe, expect, test } from 'vitest';
import type { SourceOutcome } from '../../indexer/crawl/crawl-source.ts';
import { createOwnership } from '../../indexer/crawl/owners.ts';
import { remember } from '../../indexer/crawl/remember.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { emptyMemory, type Memory } from '../../indexer/model/memory.ts';
import type { Finding } from '../../indexer/model/problem.ts';
import type { Release } from '../../indexer/model/release.ts';
import { renderPointer, renderStatus } from '../../indexer/site/reports.ts';
import { attachmentOf, FIRST_CRAWL, layerOf, memoryOf, releaseOf, sourceMemory, THIS_CRAWL } from './releases.ts';

const AWS = 'provider/aws@1.0.0';
const counts = { requests: 0, retries: 0, assets_read: 0, bytes_read: 0, duration_ms: 0 };

function gave(name: string, releases: Release[], findings: Finding[] = []): SourceOutcome {
  return { name, kind: 'gitea', memory: sourceMemory(releases, { findings }), looks: {}, counts };
}

function failed(name: string, before: Memory): SourceOutcome {
  const failure = new RegistryError('unreachable', 'It is down.');
  return { name, kind: 'gitea', memory: before.sources[name] ?? sourceMemory([]), looks: {}, failure, counts };
}

function crawl(before: Memory, outcomes: SourceOutcome[], now = THIS_CRAWL) {
  return remember(before, outcomes, {
    preference: outcomes.map((each) => each.name),
    ownership: createOwnership([]),
    policy: [],
    now,
  });
}

const noAsset: Finding = { code: 'no_asset', source: 'gitea', subject: 'provider/aws@0.9.0', detail: 'It has none.' };

describe('the record of a version', () => {
  test('has the crawl that first listed it and the digests of then', () => {
    const assets = [attachmentOf('x'), attachmentOf('y', { name: 'docs.zip', primary: false })];
    expect(crawl(emptyMemory(), [gave('gitea', [releaseOf(AWS, assets)])]).memory.versions).toEqual({
      'provider/aws': {
        '1.0.0': {
          first_seen: THIS_CRAWL,
          checksum: digestOf('x'),
          digests: { 'docs.zip': digestOf('y'), 'plugin.tar.gz': digestOf('x') },
        },
      },
    });
  });

  test('keeps both for ever, and learns the digests of what is read or added later', () => {
    const before = memoryOf({}, { [AWS]: { digests: { 'a.zip': digestOf('a') } } });
    const assets = [attachmentOf('x'), attachmentOf('a', { name: 'a.zip', primary: false })];
    expect(crawl(before, [gave('gitea', [releaseOf(AWS, assets)])]).memory.versions['provider/aws']).toEqual({
      '1.0.0': {
        first_seen: FIRST_CRAWL,
        checksum: digestOf('x'),
        digests: { 'a.zip': digestOf('a'), 'plugin.tar.gz': digestOf('x') },
      },
    });
  });

  test('keeps the digests of assets that are gone', () => {
    const record = {
      first_seen: FIRST_CRAWL,
      checksum: digestOf('x'),
      digests: { 'README.md': digestOf('r'), 'plugin.tar.gz': digestOf('x') },
    };
    const before = memoryOf({}, { [AWS]: record });
    const readme = attachmentOf('r', { name: 'README.md', primary: false });
    const { memory } = crawl(before, [gave('gitea', [releaseOf(AWS, [readme])])]);
    expect(memory.versions['provider/aws']).toEqual({ '1.0.0': record });
  });

  test('is marked when the version is gone, once, and no longer when it is back', () => {
    const first = crawl(emptyMemory(), [gave('gitea', [releaseOf(AWS, [attachmentOf('x')])])], FIRST_CRAWL).memory;
    const gone = crawl(first, [gave('gitea', [])], THIS_CRAWL);
    const record = { first_seen: FIRST_CRAWL, checksum: digestOf('x'), digests: { 'plugin.tar.gz': digestOf('x') } };
    expect(gone.catalogue.extensions).toEqual([]);
    expect(gone.memory.versions['provider/aws']).toEqual({ '1.0.0': { ...record, gone: THIS_CRAWL } });
    const still = crawl(gone.memory, [gave('gitea', [])], '2026-07-01T00:00:00Z').memory;
    expect(still.versions).toEqual(gone.memory.versions);
    const back = crawl(still, [gave('gitea', [releaseOf(AWS, [attachmentOf('x')])])], '2026-08-01T00:00:00Z');
    expect(back.memory.versions['provider/aws']).toEqual({ '1.0.0': record });
    expect(back.catalogue.extensions[0]?.versions[0]?.firstSeen).toBe(FIRST_CRAWL);
  });

  test('keeps a version out that came back with other bytes', () => {
    const before = memoryOf(
      { gitea: [] },
      { [AWS]: { digests: { 'plugin.tar.gz': digestOf('x') }, gone: FIRST_CRAWL } },
    );
    const { catalogue, memory } = crawl(before, [gave('gitea', [releaseOf(AWS, [attachmentOf('other')])])]);
    expect(catalogue.extensions).toEqual([]);
    expect(catalogue.problems).toMatchObject([{ code: 'mutated', subject: AWS }]);
    expect(memory.versions['provider/aws']).toEqual({
      '1.0.0': { first_seen: FIRST_CRAWL, digests: { 'plugin.tar.gz': digestOf('x') } },
    });
  });

  test('is not marked while a failing source may still have the version', () => {
    const before = memoryOf({ gitea: [releaseOf(AWS, [attachmentOf('x')])] }, { [AWS]: {} });
    const { memory, catalogue } = crawl(before, [failed('gitea', before), gave('oci', [])]);
    expect(memory.versions['provider/aws']?.['1.0.0']).not.toHaveProperty('gone');
    expect(catalogue.extensions.map((each) => each.id)).toEqual(['provider/aws']);
    expect(memory.sources['gitea']).toEqual(before.sources['gitea']);
  });

  test('is not marked while another source has the version', () => {
    const before = memoryOf({ gitea: [releaseOf(AWS, [attachmentOf('x')])] }, { [AWS]: {} });
    const { memory } = crawl(before, [gave('gitea', []), gave('oci', [releaseOf(AWS, [layerOf('x')])])]);
    expect(memory.versions['provider/aws']?.['1.0.0']).not.toHaveProperty('gone');
  });
});

describe('a mutated version', () => {
  const first = () =>
    crawl(emptyMemory(), [
      gave('gitea', [releaseOf(AWS, [attachmentOf('x')])]),
      gave('oci', [releaseOf(AWS, [layerOf('x')])]),
    ]).memory;

  test('at one source keeps its first digest and both locations', () => {
    const { catalogue } = crawl(first(), [
      gave('gitea', [releaseOf(AWS, [attachmentOf('changed')])]),
      gave('oci', [releaseOf(AWS, [layerOf('x')])]),
    ]);
    expect(catalogue.problems).toMatchObject([{ code: 'mutated', source: 'gitea', subject: AWS }]);
    expect(catalogue.extensions[0]?.versions[0]?.assets).toMatchObject([
      {
        digest: digestOf('x'),
        locations: [
          { source: 'gitea', attachment: 'uuid-of-x' },
          { source: 'oci', digest: digestOf('x') },
        ],
      },
    ]);
  });

  test('at both sources alike keeps its first digest and both locations all the same', () => {
    const { catalogue } = crawl(first(), [
      gave('gitea', [releaseOf(AWS, [attachmentOf('changed')])]),
      gave('oci', [releaseOf(AWS, [layerOf('changed')])]),
    ]);
    expect(catalogue.problems.map(({ code, source }) => [code, source])).toEqual([
      ['mutated', 'gitea'],
      ['mutated', 'oci'],
    ]);
    expect(catalogue.extensions[0]?.versions[0]).toMatchObject({
      sources: ['gitea', 'oci'],
      assets: [{ digest: digestOf('x'), locations: [{ attachment: 'uuid-of-x' }, { digest: digestOf('x') }] }],
    });
  });

  test('is the same for ever after, until the first bytes are back', () => {
    const outcomes = [gave('gitea', [releaseOf(AWS, [attachmentOf('changed')])])];
    const once = crawl(first(), outcomes);
    const twice = crawl(once.memory, outcomes, '2026-07-01T00:00:00Z');
    expect(twice).toEqual(once);
    const healed = crawl(twice.memory, [gave('gitea', [releaseOf(AWS, [attachmentOf('x')])])]);
    expect(healed.catalogue.problems).toEqual([]);
  });
});

describe('a problem', () => {
  test('has its remedy and the crawl that first saw it, as long as it lasts', () => {
    const aws = [releaseOf(AWS, [attachmentOf('x')])];
    const first = crawl(emptyMemory(), [gave('gitea', aws, [noAsset])], FIRST_CRAWL).memory;
    const { catalogue, memory } = crawl(first, [gave('gitea', aws, [noAsset])]);
    const problem = {
      ...noAsset,
      remedy: 'Attach at least one file to the release, or delete it.',
      first_seen: FIRST_CRAWL,
    };
    expect(catalogue.problems).toEqual([problem]);
    expect(catalogue.extensions[0]?.problems).toEqual([problem]);
    expect(memory.problems).toEqual({ 'no_asset gitea provider/aws@0.9.0': FIRST_CRAWL });
    const over = crawl(memory, [gave('gitea', aws)]).memory;
    expect(over.problems).toEqual({});
    expect(crawl(over, [gave('gitea', aws, [noAsset])]).catalogue.problems[0]?.first_seen).toBe(THIS_CRAWL);
  });

  test('is one for each code, source and subject, its details told one after another', () => {
    const findings = [
      { ...noAsset, code: 'truncated_text', detail: 'The title is cut.' } as const,
      { ...noAsset, code: 'truncated_text', detail: 'The author is cut.' } as const,
      { ...noAsset, code: 'truncated_text', detail: 'The title is cut.' } as const,
      noAsset,
    ];
    const { problems } = crawl(emptyMemory(), [gave('gitea', [], findings)]).catalogue;
    expect(problems.map(({ code, detail }) => [code, detail])).toEqual([
      ['no_asset', 'It has none.'],
      ['truncated_text', 'The author is cut. The title is cut.'],
    ]);
  });

  test('stands in the order of its gravity, then of source and subject', () => {
    const at = (source: string, subject: string, code: Finding['code'] = 'no_asset'): Finding => ({
      ...noAsset,
      source,
      subject,
      code,
    });
    const { problems } = crawl(emptyMemory(), [
      gave('oci', [], [at('oci', 'a/a@1.0.0'), at('oci', 'z/z@1.0.0', 'sidecar_mismatch')]),
      gave('gitea', [], [at('gitea', 'b/b@1.0.0'), at('gitea', 'a/a@1.0.0'), at('gitea', 'a/a', 'too_large')]),
    ]).catalogue;
    expect(problems.map(({ source, subject }) => `${source} ${subject}`)).toEqual([
      'oci z/z@1.0.0',
      'gitea a/a@1.0.0',
      'gitea b/b@1.0.0',
      'oci a/a@1.0.0',
      'gitea a/a',
    ]);
  });

  test('of a mutated version is in the status document, however many lesser ones there are', () => {
    const before = memoryOf(
      { gitea: [releaseOf('provider/z@1.0.0', [attachmentOf('x')])] },
      { 'provider/z@1.0.0': { checksum: digestOf('x'), digests: { 'plugin.tar.gz': digestOf('x') } } },
    );
    const lesser = Array.from({ length: 1_001 }, (_, i): Finding => ({ ...noAsset, subject: `provider/a@0.0.${i}` }));
    const changed = releaseOf('provider/z@1.0.0', [attachmentOf('y')]);
    const { catalogue, memory } = crawl(before, [gave('gitea', [changed], lesser)]);
    const reference = { path: 'by-hash/x', digest: digestOf('x'), size: 1 };
    const time = { created: THIS_CRAWL, checkedAt: THIS_CRAWL };
    const parts = { generation: 1, ...time, manifest: reference, search: reference, sources: [] };
    const pointer = renderPointer(catalogue, parts);
    const { problems } = renderStatus({ catalogue, memory }, pointer, []);
    expect(problems.first[0]).toMatchObject({ code: 'mutated', subject: 'provider/z@1.0.0' });
    expect(problems).toMatchObject({ total: 1_002, by_code: { mutated: 1, no_asset: 1_001 } });
    expect(problems.first).toHaveLength(1_000);
  });
});

describe('remember', () => {
  test('gives the same bytes whatever the order of what the sources gave', () => {
    const releases = ['provider/b@1.0.0', 'provider/a@1.0.0', 'provider/a@1.1.0'].map((each) =>
      releaseOf(each, [attachmentOf(each, { name: 'z' }), attachmentOf(`${each} `, { name: 'a', primary: false })]),
    );
    const findings = [noAsset, { ...noAsset, subject: 'provider/a@0.1.0' }];
    const one = crawl(emptyMemory(), [gave('gitea', releases, findings)]);
    const other = crawl(emptyMemory(), [gave('gitea', releases.toReversed(), findings.toReversed())]);
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  test('finds nothing new in a memory of the same world', () => {
    const outcomes = [gave('gitea', [releaseOf(AWS, [attachmentOf('x')])], [noAsset])];
    const once = crawl(emptyMemory(), outcomes, FIRST_CRAWL);
    expect(JSON.stringify(crawl(once.memory, outcomes))).toBe(JSON.stringify(once));
  });

  test('forgets a source that the configuration no longer names', () => {
    const before = memoryOf({ old: [releaseOf(AWS, [attachmentOf('x')])] }, { [AWS]: {} });
    const { memory } = crawl(before, [gave('gitea', [])]);
    expect(Object.keys(memory.sources)).toEqual(['gitea']);
    expect(memory.versions['provider/aws']?.['1.0.0']?.gone).toBe(THIS_CRAWL);
  });
});
